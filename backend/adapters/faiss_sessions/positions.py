"""Positions of vectors that a call names, where FAISS would read behind its memory or end the process."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions.frames import Array
from backend.adapters.faiss_sessions.values import Pointed

_BY_ID = (faiss.IndexIDMap, faiss.IndexBinaryIDMap)
_CHECKED = (faiss.IndexIVF, faiss.IndexBinaryIVF)
"""They look a key up, and say where there is none."""
_NAMES = frozenset({"reconstruct", "reconstruct_n", "reconstruct_batch", "compute_distance_subset"})


def check_positions(
    owner: Any,  # noqa: ANN401 - any FAISS object
    call: Callable[..., Any],
    name: str,
    args: Sequence[Any],
    given: Mapping[str, Any],
) -> None:
    """Raise RuntimeError, as FAISS does, for a vector that is not there."""
    if name not in _NAMES or not isinstance(owner, faiss.Index | faiss.IndexBinary):
        return
    named = {**dict(zip(inspect.signature(call).parameters, args, strict=False)), **given}
    wanted = _wanted(owner, name, named)
    while isinstance(owner, faiss.IndexPreTransform):
        owner = faiss.downcast_index(owner.index)
    if not wanted.size or isinstance(owner, _CHECKED):
        return
    missing = _missing(owner, name, wanted)
    if missing.size:
        raise RuntimeError(
            f"Error in {type(owner).__name__}.{name}: 'key >= 0 && key < ntotal' failed: key {missing[0]} "
            f"out of range (ntotal={owner.ntotal})"
        )


def _missing(owner: Any, name: str, wanted: Array) -> Array:  # noqa: ANN401 - any index
    if isinstance(owner, _BY_ID):
        # A key alone is looked up; one of many that is missing would end the process.
        alone = name == "reconstruct"
        return wanted[:0] if alone else wanted[~np.isin(wanted, faiss.vector_to_array(owner.id_map))]
    # A flat index says itself that a key is too large.
    least = np.iinfo(np.int64).min if name == "compute_distance_subset" else 0  # which passes over those
    most = (
        np.iinfo(np.int64).max
        if name == "reconstruct" and isinstance(owner, faiss.IndexFlat)
        else owner.ntotal
    )
    outside: Array = wanted[(wanted < least) | (wanted >= most)]
    return outside


def _wanted(owner: Any, name: str, named: Mapping[str, Any]) -> Array:  # noqa: ANN401 - any index
    """The positions or ids that are named; of a range its ends, or all of it where ids may be missing."""
    if name == "reconstruct_n":
        first, count = named.get("n0", 0), named.get("ni", -1)
        if not isinstance(first, int) or not isinstance(count, int):
            return np.empty(0, np.int64)
        last = first + count if count >= 0 else max(first, owner.ntotal)
        if last <= first:
            return np.array([first]) if first < 0 else np.empty(0, np.int64)
        whole = isinstance(owner, _BY_ID) and last - first <= owner.ntotal
        return np.arange(first, last) if whole else np.array([first, last - 1])
    keys = named.get("labels" if name == "compute_distance_subset" else "key")
    if isinstance(keys, Pointed):
        keys = keys.array
    found = np.atleast_1d(np.asarray(int(keys) if isinstance(keys, bool) else keys))
    return found if found.dtype.kind in "iu" else np.empty(0, np.int64)
