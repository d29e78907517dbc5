"""What a child process has done, in memory that it shares with the API.

A row belongs to one connection. The API fills it when it hands the connection over, the child counts in it,
so that a call over such a connection wakes nobody up to be counted.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile

LINES = 64
"""Connections that a child process takes at a time."""
_ROW = struct.Struct("<QQdd")
"""Whether it is open, operations, when it was last used, when its call began or 0 (``time.monotonic``)."""
_NUMBER = struct.Struct("<Q")
_TIME = struct.Struct("<d")
_OPERATIONS, _USED, _BEGAN = 8, 16, 24

_JOINED = struct.Struct("<QQ")
"""Behind the rows: queries that were answered in a batch, and how many batches that were."""

TABLE_BYTES = LINES * _ROW.size + _JOINED.size
Row = tuple[int, int, float, float]


def new_table() -> int:
    """A file descriptor of a table without connections; it has no name in any folder."""
    with tempfile.TemporaryFile() as file:
        file.truncate(TABLE_BYTES)
        return os.dup(file.fileno())


class Table:
    """The rows, as one of the two processes sees them. It keeps its own view; ``fd`` may be closed after."""

    def __init__(self, fd: int) -> None:
        self._memory = mmap.mmap(fd, TABLE_BYTES)

    def row(self, slot: int) -> Row:
        """Whether the connection is open, its operations, its last use, and since when it is in a call."""
        found: Row = _ROW.unpack_from(self._memory, slot * _ROW.size)
        return found

    def open(self, slot: int, now: float) -> None:
        """A new connection in this row."""
        _ROW.pack_into(self._memory, slot * _ROW.size, 1, 0, now, 0.0)

    def end(self, slot: int) -> None:
        """The connection is no more; its operations stay until the row is opened again."""
        _TIME.pack_into(self._memory, slot * _ROW.size + _BEGAN, 0.0)
        _NUMBER.pack_into(self._memory, slot * _ROW.size, 0)

    def begin(self, slot: int, operations: int, now: float) -> None:
        """A call of the connection begins, its ``operations``-th."""
        _NUMBER.pack_into(self._memory, slot * _ROW.size + _OPERATIONS, operations)
        _TIME.pack_into(self._memory, slot * _ROW.size + _USED, now)
        _TIME.pack_into(self._memory, slot * _ROW.size + _BEGAN, now)

    def finish(self, slot: int, now: float) -> None:
        """It is answered."""
        _TIME.pack_into(self._memory, slot * _ROW.size + _USED, now)
        _TIME.pack_into(self._memory, slot * _ROW.size + _BEGAN, 0.0)

    def count_joined(self, queries: int) -> None:
        """One more batch, of so many queries. One thread at a time."""
        before, batches = self.joined()
        _JOINED.pack_into(self._memory, LINES * _ROW.size, before + queries, batches + 1)

    def joined(self) -> tuple[int, int]:
        """Queries that were answered in a batch with others, and batches."""
        queries, batches = _JOINED.unpack_from(self._memory, LINES * _ROW.size)
        return queries, batches

    def close(self) -> None:
        """Give the view back."""
        self._memory.close()
