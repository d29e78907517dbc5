"""Files with a strong checksum per block, written once and mapped afterwards."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xxhash

from backend.adapters.faiss_engine.disk import Disk
from backend.errors import DamagedIndex

BLOCK = 1 << 20
"""Bytes under one checksum (XXH3, 128 bits)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a file must be: its size and the checksum of each block, hexadecimal."""

    size: int
    blocks: tuple[str, ...]


class BlockFile:
    """A new file under ``path``, made durable when the ``with`` block ends well; ``sums`` are ready then.

    ``write`` raises OSError; ``error`` keeps it for callers that FAISS stands between.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        self._disk = disk
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._pending = bytearray()
        self._size = 0
        self._blocks: list[str] = []
        self.error: OSError | None = None

    @property
    def sums(self) -> Sums:
        """Of what was written."""
        return Sums(self._size, tuple(self._blocks))

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        view = memoryview(data).cast("B")
        while view:
            if not self._pending and len(view) >= BLOCK:
                self._put(view[:BLOCK])
                view = view[BLOCK:]
                continue
            taken = view[: BLOCK - len(self._pending)]
            self._pending += taken
            view = view[len(taken) :]
            if len(self._pending) == BLOCK:
                self._put(bytes(self._pending))
                self._pending.clear()

    def _put(self, block: bytes | memoryview) -> None:
        try:
            self._size = self._disk.write(self._descriptor, [block], self._size)
        except OSError as error:
            self.error = error
            raise
        self._blocks.append(xxhash.xxh3_128_hexdigest(block))

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the last block and make the file durable."""
        try:
            if kind is None:
                if self._pending:
                    self._put(bytes(self._pending))
                self._disk.sync(self._descriptor)
        finally:
            os.close(self._descriptor)


class Mapped:
    """A file of a generation, mapped read-only. Raises DamagedIndex where its size is not the one told."""

    def __init__(self, path: Path, sums: Sums) -> None:
        self.path, self.sums = path, sums
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size != sums.size:
                raise DamagedIndex(f"{path.name} has {size} bytes where {sums.size} were written.")
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

    def array(self, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """The whole file as numbers, unread until touched."""
        return np.frombuffer(self._map, dtype=dtype)

    def bytes_between(self, start: int, end: int) -> bytes:
        """A piece of the file."""
        return bytes(self._map[start:end])

    def check(self, blocks: Iterable[int]) -> None:
        """Compare some blocks with their checksums; raises DamagedIndex with the first that differs."""
        view = memoryview(self._map)
        for number in blocks:
            found = xxhash.xxh3_128_hexdigest(view[number * BLOCK : (number + 1) * BLOCK])
            if found != self.sums.blocks[number]:
                raise DamagedIndex(f"Block {number} of {self.path.name} is damaged.")

    def check_all(self) -> None:
        """Every block."""
        self.check(range(len(self.sums.blocks)))


def write_arrays(path: Path, arrays: Sequence[npt.NDArray[Any]], disk: Disk) -> Sums:
    """A durable file of some arrays behind each other."""
    with BlockFile(path, disk) as file:
        for array in arrays:
            if array.nbytes:
                file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return file.sums
