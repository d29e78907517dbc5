"""The body of a request and of an answer: ``FXP1``, header length (u32), JSON header, then arrays.

Every array begins at a multiple of 16 bytes; the header's ``arrays`` lists ``[dtype, shape]`` in their
order. Nothing in a frame is code, and nothing in it is larger than it says.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC = b"FXP1"
_ALIGN = 16
_LONGEST_HEADER = 4_000_000
_MOST_ARRAYS = 64
_MOST_DIMENSIONS = 8
_FRONT = 8
"""Bytes of the mark and of the length."""
_DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
}

_written = json.JSONEncoder(separators=(",", ":")).encode

Array = NDArray[Any]


class BrokenFrame(ValueError):
    """Bytes that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A header and the arrays behind it."""

    header: dict[str, Any]
    arrays: list[Array]


def decode(body: bytearray) -> Frame:
    """Read a frame; its arrays are views of ``body``. Raises BrokenFrame."""
    if len(body) < _FRONT or body[:4] != MAGIC:
        raise BrokenFrame("The body does not begin as a frame does (FXP1 and the length of the header).")
    (length,) = struct.unpack_from("<I", body, 4)
    if length > min(_LONGEST_HEADER, len(body) - 8):
        raise BrokenFrame(f"The header says that it has {length} bytes; there are {len(body) - 8}.")
    try:
        header = json.loads(body[8 : 8 + length].decode())
    except (ValueError, RecursionError) as error:
        raise BrokenFrame(f"The header is no JSON: {error}.") from None
    if not isinstance(header, dict):
        raise BrokenFrame("The header is no JSON object.")
    return Frame(header, list(_arrays(header.get("arrays", []), body, 8 + length)))


def _arrays(described: object, body: bytearray, at: int) -> Iterator[Array]:
    if not isinstance(described, list) or len(described) > _MOST_ARRAYS:
        raise BrokenFrame(f"arrays must be a list of at most {_MOST_ARRAYS} descriptions.")
    for each in described:
        dtype, shape = _description(each)
        at += -at % _ALIGN
        count = prod(shape)
        if at + count * dtype.itemsize > len(body):
            raise BrokenFrame("The body ends before the arrays that its header describes.")
        yield np.frombuffer(body, dtype, count, at if count else 0).reshape(shape)
        at += count * dtype.itemsize


def _description(each: object) -> tuple[np.dtype[Any], tuple[int, ...]]:
    match each:
        case [str(name), list(shape)] if (
            name in _DTYPES
            and len(shape) <= _MOST_DIMENSIONS
            and all(isinstance(n, int) and 0 <= n < 1 << 48 for n in shape)
        ):
            return _DTYPES[name], tuple(shape)
    raise BrokenFrame("An array is described as [dtype, shape], e.g. ['<f4', [10, 384]].")


def encode(header: dict[str, Any], arrays: Sequence[Array]) -> list[memoryview | bytes]:
    """The pieces of a frame, arrays not copied where they are contiguous."""
    header["arrays"] = [[a.dtype.str, a.shape] for a in arrays]
    text = _written(header).encode()
    at = 8 + len(text)
    pieces: list[memoryview | bytes] = [MAGIC + struct.pack("<I", len(text)) + text]
    for array in arrays:
        if pad := -at % _ALIGN:
            pieces.append(bytes(pad))
        if array.nbytes:
            pieces.append(np.ascontiguousarray(array).data.cast("B"))
        at += pad + array.nbytes
    return pieces
