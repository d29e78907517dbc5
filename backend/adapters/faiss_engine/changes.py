"""Changes of an index, and the bytes they are in the log."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine.spec import IndexSpec

Ids: TypeAlias = npt.NDArray[np.int64]
Rows2d: TypeAlias = npt.NDArray[Any]
Part: TypeAlias = "bytes | memoryview"

NOTHING = b""
"""Metadata of a vector that has none."""

_COPIED = 1 << 16
"""Bytes whose copy costs less than another view of them."""
_HEADER = struct.Struct("<B7xQQQ")
_PUT, _REMOVE, _RESET, _NOTE, _REPLACE = range(1, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Put:
    """Add vectors, (n, columns) float32 or uint8; with ``replace``, ids that are there get the new vector.

    ``metadata`` is JSON per vector, NOTHING for none; no item at all where no vector has any.
    """

    ids: Ids
    vectors: Rows2d
    metadata: Sequence[bytes]
    replace: bool = False

    @property
    def bytes(self) -> int:
        """As it was handed in: vectors and metadata."""
        return self.vectors.nbytes + (sum(map(len, self.metadata)) if self.metadata else 0)


@dataclass(frozen=True, slots=True, eq=False)
class Remove:
    """Take ids away; those that are not there are passed over."""

    ids: Ids


@dataclass(frozen=True, slots=True)
class Reset:
    """Take all vectors away; what was trained stays."""


@dataclass(frozen=True, slots=True)
class Note:
    """Bytes that its caller keeps with the index; each takes the place of the one before."""

    content: bytes


Change: TypeAlias = Put | Remove | Reset | Note


def encode(changes: Sequence[Change]) -> list[Part]:
    """Pieces to write behind each other; many vectors are not copied."""
    parts: list[Part] = []
    for change in changes:
        match change:
            case Put():
                kind = _REPLACE if change.replace else _PUT
                blob = b"".join(change.metadata)
                parts.append(_HEADER.pack(kind, len(change.ids), change.vectors.nbytes, len(blob)))
                parts += [_raw(change.ids), _raw(change.vectors)]
                if blob:
                    lengths = np.fromiter(map(len, change.metadata), np.uint32, len(change.ids))
                    parts += [lengths.tobytes(), blob]
            case Remove():
                parts += [_HEADER.pack(_REMOVE, len(change.ids), 0, 0), _raw(change.ids)]
            case Reset():
                parts.append(_HEADER.pack(_RESET, 0, 0, 0))
            case Note():
                parts += [_HEADER.pack(_NOTE, 0, 0, len(change.content)), change.content]
    return parts


def decode(payload: memoryview, spec: IndexSpec) -> Iterator[Change]:
    """What ``encode`` wrote; the vectors are views of ``payload``."""
    at = 0
    while at < len(payload):
        kind, count, vectors, blob = _HEADER.unpack_from(payload, at)
        at += _HEADER.size
        if kind == _RESET:
            yield Reset()
            continue
        if kind == _NOTE:
            yield Note(bytes(payload[at : at + blob]))
            at += blob
            continue
        ids = np.frombuffer(payload, np.int64, count, at)
        at += 8 * count
        if kind == _REMOVE:
            yield Remove(ids)
            continue
        dtype = np.uint8 if spec.binary else np.float32
        rows = np.frombuffer(payload[at : at + vectors], dtype).reshape(count, spec.columns)
        at += vectors
        metadata, at = _metadata(payload, at, count, blob)
        yield Put(ids, rows, metadata, kind == _REPLACE)


def _metadata(payload: memoryview, at: int, count: int, blob: int) -> tuple[Sequence[bytes], int]:
    if not blob:
        return (), at
    lengths = np.frombuffer(payload, np.uint32, count, at).tolist()
    at += 4 * count
    found = []
    for length in lengths:
        found.append(bytes(payload[at : at + length]))
        at += length
    return found, at


def _raw(array: npt.NDArray[Any]) -> Part:
    return array.tobytes() if array.nbytes <= _COPIED else array.reshape(-1).view(np.uint8).data
