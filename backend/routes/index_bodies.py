"""Bodies of the vector routes, JSON or frames (``models/frames.py``), read and written past pydantic."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import orjson
from fastapi import Request, Response

from backend.errors import InvalidRequest
from backend.models import frames
from backend.models.vector_index import Neighbours, Numbers, Rows, Stored
from backend.services.vector_ids import told
from backend.services.vector_indexes import Batch

T = TypeVar("T")

_BINARY = (frames.MEDIA_TYPE, "application/octet-stream")
_LARGE = 1 << 16
"""Bytes of a body that is read off the event loop."""
_DEFAULT_K = 10
_MANY = 10_000
"""Results that are written off the event loop."""
_MOST_IN_JSON = 1_000_000


@dataclass(frozen=True, slots=True)
class Query:
    """A search as it was asked for. ``single``: one vector, so one list of results."""

    vectors: Rows
    single: bool
    k: int
    filter: Mapping[str, Any] | None
    options: Mapping[str, Any] | None
    more: Mapping[str, Any]
    """All of the body or the frame's header."""


def is_frame(request: Request) -> bool:
    """Whether the body is binary, and so the answer is."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() in _BINARY


async def read(request: Request, from_json: Callable[[Any], T], from_frame: Callable[[frames.Frame], T]) -> T:
    """The body as its content type says. Raises InvalidRequest."""
    body = await request.body()
    if is_frame(request):
        return await read_frame(body, from_frame)
    return await _parsed(body, lambda: from_json(_json(body)))


async def read_frame(body: bytes, from_frame: Callable[[frames.Frame], T]) -> T:
    """A binary body. Raises InvalidRequest."""
    return await _parsed(body, lambda: from_frame(frames.decode(body)))


async def _parsed(body: bytes, parse: Callable[[], T]) -> T:
    return parse() if len(body) < _LARGE else await asyncio.to_thread(parse)


def _json(body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise InvalidRequest("The body is a JSON object.")
    return found


def matrix(values: object) -> Rows:
    """Rows of numbers from JSON. Raises InvalidRequest."""
    try:
        rows = np.array(values)
    except ValueError as error:
        raise InvalidRequest("All vectors of a request have the same number of values.") from error
    if rows.size and rows.dtype.kind not in "iuf":
        raise InvalidRequest("A vector is a list of finite numbers.")
    if rows.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise InvalidRequest("A vector is a flat list of numbers.")
    if rows.dtype.kind == "f":
        with np.errstate(over="ignore"):  # what becomes infinite is refused as such
            return rows.astype(np.float32)
    return rows


def batch_of_json(body: Mapping[str, Any]) -> Batch:
    """``{vectors: [{id, values, metadata}]}``."""
    vectors = body.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise InvalidRequest("vectors is a list of at least one {id, values, metadata}.")
    if not all(isinstance(one, dict) and "id" in one and "values" in one for one in vectors):
        raise InvalidRequest("Each of the vectors is an object with id and values.")
    metadata = [one.get("metadata") for one in vectors]
    ids = [one["id"] for one in vectors]
    rows = matrix([one["values"] for one in vectors])
    return Batch(ids, rows, metadata if any(one is not None for one in metadata) else None)


def batch_of_frame(frame: frames.Frame) -> Batch:
    """Arrays: vectors, and ids unless the header has ``ids``; the header may have ``metadata``."""
    metadata = _list_or_none(frame.header, "metadata")
    ids = _list_or_none(frame.header, "ids")
    if len(frame.arrays) != (2 if ids is None else 1) or frame.arrays[0].ndim != 2:  # noqa: PLR2004
        raise InvalidRequest(
            "A frame of vectors has an array of rows, then one of ids (or the header's ids)."
        )
    if ids is not None:
        return Batch(ids, _rows(frame.arrays[0]), metadata)
    numbers = frame.arrays[1]
    if numbers.ndim != 1 or numbers.dtype != np.int64:
        raise InvalidRequest("The ids of a frame are one row of <i8.")
    return Batch(numbers, _rows(frame.arrays[0]), metadata)


def _list_or_none(header: Mapping[str, Any], name: str) -> list[Any] | None:
    found = header.get(name)
    if found is not None and not isinstance(found, list):
        raise InvalidRequest(f"{name} of a frame's header is a list.")
    return found


def _rows(array: Rows) -> Rows:
    if array.dtype not in {np.dtype(np.float32), np.dtype(np.uint8)}:
        raise InvalidRequest("Vectors of a frame are <f4, or |u1 for a binary index.")
    return array


def examples_of_json(body: Mapping[str, Any]) -> Rows:
    """``{vectors: [[...], ...]}``, or objects with ``values``."""
    vectors = body.get("vectors")
    if not isinstance(vectors, list) or not vectors:
        raise InvalidRequest("vectors is a list of at least one vector.")
    return matrix([one.get("values") if isinstance(one, dict) else one for one in vectors])


def examples_of_frame(frame: frames.Frame) -> Rows:
    """One array of rows."""
    if len(frame.arrays) != 1 or frame.arrays[0].ndim != 2:  # noqa: PLR2004 - rows and columns
        raise InvalidRequest("A frame of examples or queries has one array of rows.")
    return _rows(frame.arrays[0])


def query_of_json(body: Mapping[str, Any]) -> Query:
    """``{vector | vectors, k, filter, params}``."""
    single = "vector" in body
    if single == ("vectors" in body):
        raise InvalidRequest("A search has a vector, or vectors; one of both.")
    rows = matrix([body["vector"]]) if single else examples_of_json(body)
    return _query(rows, body, single=single)


def body_of_link(vector: str, k: int, filter_: str | None, params: str | None) -> dict[str, Any]:
    """The body that the parts of an address stand for."""
    text = vector if vector.lstrip().startswith("[") else f"[{vector}]"
    body: dict[str, Any] = {"k": k}
    for name, part in (("vector", text), ("filter", filter_), ("params", params)):
        if part is None:
            continue
        try:
            body[name] = orjson.loads(part)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"{name} is no JSON: {error}.") from error
    return body


def query_of_frame(frame: frames.Frame) -> Query:
    """One array of rows; the header has ``k``, ``filter``, ``params``."""
    return _query(examples_of_frame(frame), frame.header, single=False)


def _query(rows: Rows, told_: Mapping[str, Any], *, single: bool) -> Query:
    k, filter_, options = told_.get("k", _DEFAULT_K), told_.get("filter"), told_.get("params")
    if isinstance(k, bool) or not isinstance(k, int):
        raise InvalidRequest(f"k is a whole number, not {str(k)[:40]!r}.")
    for name, one in (("filter", filter_), ("params", options)):
        if one is not None and not isinstance(one, dict):
            raise InvalidRequest(f"{name} is an object.")
    return Query(rows, single, k, filter_, options, told_)


async def off_loop(count: int, make: Callable[[], T]) -> T:
    """What ``make`` makes of so many results; of many in a thread, so that others are answered meanwhile."""
    return make() if count < _MANY else await asyncio.to_thread(make)


def check_json(count: int) -> None:
    """Raise InvalidRequest for more results than are good to read as JSON."""
    if count > _MOST_IN_JSON:
        raise InvalidRequest(f"{count} results are too many for JSON; ask for fewer, or send a frame.")


async def results_response(
    found: Sequence[Neighbours],
    *,
    single: bool,
    more: Mapping[str, Any] | None = None,
    values: Mapping[int, Rows] | None = None,
) -> Response:
    """The results of each query, or of the ``single`` one, and what there is ``more`` to say."""
    count = sum(one.numbers.size for one in found)
    check_json(count)

    def text() -> bytes:
        rows = [orjson.dumps(results(one, row, values)) for one in found for row in range(len(one.scores))]
        told_ = rows[0] if single else b"[%b]" % b",".join(rows)
        return b'{"results":%b%b' % (told_, orjson.dumps(more).replace(b"{", b",", 1) if more else b"}")

    return Response(await off_loop(count, text), media_type="application/json")


def results(found: Neighbours, row: int, values: Mapping[int, Rows] | None = None) -> list[dict[str, Any]]:
    """What was found for one query, as JSON."""
    made = []
    texts = found.metadata[row]
    numbers, scores = found.numbers[row].tolist(), found.scores[row].tolist()
    for number, score, text in zip(numbers, scores, texts, strict=True):
        if number == -1:
            continue  # there is no further one
        one, metadata = told(number, text)
        entry: dict[str, Any] = {"id": one, "score": score, "metadata": orjson.Fragment(metadata)}
        if values is not None:
            entry["values"] = values[number].tolist() if number in values else None
        made.append(entry)
    return made


def frame_response(frame: bytes) -> Response:
    """A binary answer."""
    return Response(frame, media_type=frames.MEDIA_TYPE)


def frame_of(found: Neighbours, *, metadata: bool) -> bytes:
    """Scores and numbers (-1: none); the header has ``ids`` where some are texts, and ``metadata``."""
    header: dict[str, Any] = {"ids": None, "metadata": None}
    if any(text for row in found.metadata for text in row):
        both = [
            [told(number, text) for number, text in zip(row.tolist(), texts, strict=True)]
            for row, texts in zip(found.numbers, found.metadata, strict=True)
        ]
        if any(isinstance(one, str) for row in both for one, _ in row):
            header["ids"] = [[one for one, _ in row] for row in both]
        if metadata:
            header["metadata"] = [[orjson.Fragment(text) for _, text in row] for row in both]
    return frames.encode(header, [found.scores, found.numbers])


def vector_of(stored: Stored) -> dict[str, Any]:
    """One vector as JSON."""
    one, metadata = told(stored.number, stored.metadata)
    made: dict[str, Any] = {"id": one, "metadata": orjson.Fragment(metadata)}
    if stored.values is not None:
        made["values"] = stored.values.tolist()
    return made


def json_response(content: Mapping[str, Any] | Sequence[Any]) -> Response:
    """Past pydantic."""
    return Response(orjson.dumps(content), media_type="application/json")


def external(numbers: Numbers, texts: Sequence[bytes]) -> list[int | str]:
    """Ids as they were handed in; none for the number -1."""
    pairs = zip(numbers.tolist(), texts, strict=True)
    return [told(number, text)[0] for number, text in pairs if number != -1]
