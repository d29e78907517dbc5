"""Requests and answers as bytes: ``FXP1``, header length, JSON header, arrays at multiples of 16 bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faiss_proxy.errors import ServiceError

Array = NDArray[Any]
MAGIC = b"FXP1"
_ALIGN = 16
_KINDS = "biuf"
_written = json.JSONEncoder(separators=(",", ":")).encode


def encode(header: dict[str, Any], arrays: Sequence[Array]) -> list[bytes | memoryview]:
    """The pieces of a request; arrays that are contiguous are not copied."""
    plain = [_plain(array) for array in arrays]
    if plain:
        header["arrays"] = [[a.dtype.str, a.shape] for a in plain]
    text = _written(header).encode()
    pieces: list[bytes | memoryview] = [MAGIC + struct.pack("<I", len(text)) + text]
    at = 8 + len(text)
    for array in plain:
        if pad := -at % _ALIGN:
            pieces.append(bytes(pad))
        if array.nbytes:
            pieces.append(array.data.cast("B"))
        at += pad + array.nbytes
    return pieces


def _plain(array: Array) -> Array:
    """In C order and this machine's byte order. Raises TypeError for what is not made of numbers."""
    if array.dtype.kind not in _KINDS:
        raise TypeError(f"an array of {array.dtype} is not made of numbers")
    shape = array.shape
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(shape)


def decode(body: bytearray) -> tuple[dict[str, Any], list[Array]]:
    """Header and arrays of an answer; the arrays own no memory but may be written to."""
    if body[:4] != MAGIC:
        raise ServiceError("The service answered with something that is no frame.")
    (length,) = struct.unpack_from("<I", body, 4)
    header: dict[str, Any] = json.loads(body[8 : 8 + length].decode())
    arrays: list[Array] = []
    at = 8 + length
    for name, shape in header.get("arrays", ()):
        dtype = np.dtype(name)
        at += -at % _ALIGN
        count = 1
        for n in shape:
            count *= n
        arrays.append(np.frombuffer(body, dtype, count, at if count else 0).reshape(shape))
        at += count * dtype.itemsize
    return header, arrays
