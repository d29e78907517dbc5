"""The binary body: ``FXP1``, length of the header (u32), JSON header, then arrays, little-endian.

Every array begins at a multiple of 16 bytes; the header's ``arrays`` lists ``[dtype, shape]`` in their
order. Nothing in a frame is code, and nothing in it is larger than it says.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from backend.errors import InvalidRequest

Array = npt.NDArray[Any]

MEDIA_TYPE = "application/x-faiss-frame"

_MAGIC = b"FXP1"
_FRONT = 8
"""Bytes of the mark and of the length."""
_ALIGN = 16
_MOST_ARRAYS = 8
_MOST_COUNT = 1 << 48
_MOST_DIMENSIONS = 2
_DTYPES = {name: np.dtype(name) for name in ("<f4", "<f8", "<i4", "<i8", "|u1")}


@dataclass(frozen=True, slots=True)
class Frame:
    """A header and the arrays behind it."""

    header: Mapping[str, Any]
    arrays: Sequence[Array]


def decode(body: bytes) -> Frame:
    """Read a frame; its arrays are read-only views of ``body``. Raises InvalidRequest."""
    if len(body) < _FRONT or body[:4] != _MAGIC:
        raise InvalidRequest("The body is no frame: it does not begin with FXP1 and the header's length.")
    (length,) = struct.unpack_from("<I", body, 4)
    if length > len(body) - _FRONT:
        raise InvalidRequest(
            f"The frame's header should have {length} bytes; {len(body) - _FRONT} are there."
        )
    try:
        header = orjson.loads(body[_FRONT : _FRONT + length])
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The frame's header is no JSON: {error}.") from error
    if not isinstance(header, dict):
        raise InvalidRequest("The frame's header is a JSON object.")
    return Frame(header, list(_arrays(header.get("arrays", []), body, _FRONT + length)))


def _arrays(described: object, body: bytes, at: int) -> Iterator[Array]:
    if not isinstance(described, list) or len(described) > _MOST_ARRAYS:
        raise InvalidRequest(f"A frame's arrays are a list of at most {_MOST_ARRAYS} descriptions.")
    for each in described:
        dtype, shape = _description(each)
        at += -at % _ALIGN
        count = prod(shape)
        if at + count * dtype.itemsize > len(body):
            raise InvalidRequest("The frame ends before the arrays that its header describes.")
        yield np.frombuffer(body, dtype, count, at if count else 0).reshape(shape)
        at += count * dtype.itemsize
    if at < len(body):
        raise InvalidRequest(f"Behind the frame's arrays are {len(body) - at} bytes too many.")


def _description(each: object) -> tuple[np.dtype[Any], tuple[int, ...]]:
    match each:
        case [str(name), list(sizes)] if name in _DTYPES and 1 <= len(sizes) <= _MOST_DIMENSIONS:
            shape = tuple(one for one in sizes if isinstance(one, int) and 0 <= one < _MOST_COUNT)
            if len(shape) == len(sizes) and prod(shape) < _MOST_COUNT:
                return _DTYPES[name], shape
    raise InvalidRequest(
        "An array of a frame is described as [dtype, shape], e.g. ['<f4', [10, 384]], of one or two "
        f"dimensions and one of {', '.join(_DTYPES)}."
    )


def encode(header: Mapping[str, Any], arrays: Sequence[Array]) -> bytes:
    """A frame as one body."""
    little = [np.ascontiguousarray(a, a.dtype.newbyteorder("<")) for a in arrays]
    text = orjson.dumps({**header, "arrays": [[a.dtype.str, a.shape] for a in little]})
    at = _FRONT + len(text)
    pieces: list[bytes | memoryview] = [_MAGIC + struct.pack("<I", len(text)), text]
    for array in little:
        pad = -at % _ALIGN
        pieces += [bytes(pad), array.tobytes()]
        at += pad + array.nbytes
    return b"".join(pieces)
