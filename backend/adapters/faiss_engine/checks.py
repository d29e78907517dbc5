"""What is handed in, made sure of: shapes, values, ids, metadata."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.changes import NOTHING
from backend.adapters.faiss_engine.spec import METRICS, IndexSpec, Limits
from backend.errors import InvalidRequest, TooLarge

MOST_RESULTS = 1 << 20
_NO_ID = -1


def ids_of(ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """(n,) int64, a copy only where needed. Raises InvalidRequest; -1 stands for "none" and is no id."""
    array = np.asarray(ids)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise InvalidRequest("Ids are a list of whole numbers.")
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise InvalidRequest("Ids fit into 63 bits.")
    numbers: npt.NDArray[np.int64] = np.ascontiguousarray(array, np.int64)
    # Ids that ascend are unique without being sorted.
    if len(numbers) > 1 and not (numbers[1:] > numbers[:-1]).all() and len(np.unique(numbers)) < len(numbers):
        raise InvalidRequest("An id occurs twice.")
    # One id is the usual case of many small changes, and a look at it costs a tenth of a look at an array.
    if (numbers[0] == _NO_ID) if len(numbers) == 1 else (_NO_ID in numbers):
        raise InvalidRequest("-1 stands for 'no result' and cannot be an id.")
    return numbers


def vectors_of(vectors: npt.ArrayLike, spec: IndexSpec, count: int | None) -> npt.NDArray[Any]:
    """(n, columns) in the type of the index, contiguous; one vector may come without its row."""
    binary = spec.binary
    wanted = np.uint8 if binary else np.float32
    given = np.asarray(vectors)
    try:
        rows = given if given.dtype == wanted and given.flags.c_contiguous else _made(given, wanted)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidRequest(f"Vectors are rows of {np.dtype(wanted).name}.") from error
    if rows.ndim == 1 and count in {None, 1}:
        rows = rows.reshape(1, -1)
    if rows.ndim != 2 or rows.shape[1] != spec.columns:  # noqa: PLR2004 - rows and columns
        unit = "bytes" if binary else "numbers"
        raise InvalidRequest(
            f"Vectors of this index have {spec.columns} {unit}; these have the shape {rows.shape}."
        )
    if count is not None and len(rows) != count:
        raise InvalidRequest(f"There are {len(rows)} vectors for {count} ids.")
    if binary:
        if given.dtype != wanted and not np.array_equal(rows.reshape(-1), given.reshape(-1)):
            raise InvalidRequest("A binary vector is a list of bytes: whole numbers from 0 to 255.")
    elif not _finite(rows.reshape(-1)):
        raise InvalidRequest("A vector holds a number that is not finite.")
    return rows


def _made(given: npt.NDArray[Any], wanted: type[np.generic]) -> npt.NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is refused below
        return np.ascontiguousarray(given, wanted)


def _finite(numbers: npt.NDArray[Any]) -> bool:
    """One sum tells it for all: NaN and infinity stay in it. Where it overflows, each is looked at."""
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(np.dot(numbers, numbers)) or bool(np.isfinite(numbers).all())


def metadata_of(
    metadata: Sequence[Mapping[str, Any] | None] | None, count: int, limits: Limits
) -> Sequence[bytes]:
    """JSON per vector, as in ``Put``; raises InvalidRequest, or TooLarge where one is too long."""
    if metadata is None:
        return ()
    if len(metadata) != count:
        raise InvalidRequest(f"There is metadata for {len(metadata)} of {count} vectors.")
    texts = [_json(one) for one in metadata]
    longest = max(map(len, texts), default=0)
    if longest > limits.metadata_bytes:
        raise TooLarge(f"Metadata of a vector may have {limits.metadata_bytes} bytes; this has {longest}.")
    return texts


def _json(one: Mapping[str, Any] | None) -> bytes:
    if one is None:
        return NOTHING
    if not isinstance(one, dict):
        raise InvalidRequest("Metadata of a vector is an object.")
    try:
        return orjson.dumps(one)
    except TypeError as error:
        raise InvalidRequest(f"Metadata must be JSON: {error}.") from error


def check_k(k: int) -> None:
    """Raise InvalidRequest unless ``k`` results can be asked for."""
    if not 1 <= k <= MOST_RESULTS:
        raise InvalidRequest(f"k must be from 1 to {MOST_RESULTS}, not {k}.")


def check_fits(raw: structure.Index, spec: IndexSpec, count: int) -> None:
    """Raise InvalidRequest unless a FAISS index measures as the spec says and holds so many vectors."""
    metric = structure.is_binary(raw) or raw.metric_type == METRICS[spec.metric]
    if raw.d != spec.dimension or structure.is_binary(raw) != spec.binary or not metric:
        raise InvalidRequest(
            f"This FAISS index does not fit one of {spec.dimension} dimensions by {spec.metric}."
        )
    if raw.ntotal != count:
        raise InvalidRequest(f"The FAISS index holds {raw.ntotal} vectors for {count} ids.")
