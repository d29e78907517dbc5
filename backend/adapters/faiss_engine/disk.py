"""What the engine does to the disk, in one place that a test can replace."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from backend.adapters.disk import FULL, is_full
from backend.errors import StorageFull, Unavailable

PIECE = 1 << 20
"""Shorter writes are joined, since one call is cheaper than many short pieces; longer ones go in pieces of
this size, each of which is on its way to the disk while the next is written."""


class Disk:
    """Durable writes. ``reached`` is told each step by name, so that a test can break off there."""

    def write(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> int:
        """Write all parts at ``offset``; returns the offset behind them. Raises OSError."""
        if len(parts) > 1 and sum(map(len, parts)) <= PIECE:
            parts = [b"".join(parts)]
        for part in parts:
            rest = memoryview(part)
            while rest:
                written = os.pwrite(descriptor, rest[:PIECE], offset)
                if written == PIECE:
                    _begin_to_store(descriptor, offset, written)
                offset += written
                rest = rest[written:]
        return offset

    def sync(self, descriptor: int) -> None:
        """Make a file's content durable."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Make the names in a folder durable."""
        if os.name == "nt":  # pragma: no cover - names are durable there with the file
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def cut(self, descriptor: int, size: int) -> None:
        """End a file at ``size``."""
        os.ftruncate(descriptor, size)

    def reached(self, point: str) -> None:
        """Called between steps."""


def _begin_to_store(descriptor: int, offset: int, size: int) -> None:
    """Let the disk begin with what a later sync waits for.

    Linux does so where it is told that nobody needs the pages; those that are not stored yet it keeps.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # no more than advice
            os.posix_fadvise(descriptor, offset, size, os.POSIX_FADV_DONTNEED)


@contextmanager
def storing() -> Iterator[None]:
    """OSError as StorageFull or Unavailable, also from inside FAISS."""
    try:
        yield
    except OSError as error:
        if is_full(error):
            raise StorageFull(FULL) from error
        raise Unavailable(f"The disk refused to store the change: {error.strerror or error}.") from error
