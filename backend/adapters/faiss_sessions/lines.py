"""The API's side of attached connections: hands them to the child process and reads what they did."""

from __future__ import annotations

import socket
import struct
import time
from collections import Counter

from backend.adapters.faiss_sessions.table import LINES, Table
from backend.models.sessions import Joined, LineUse

ATTACHED = struct.Struct("<II")
"""Session and row of a connection; the request's id, which errors name, follows."""

_NOBODY = 0
"""Sessions count from 1."""


class Lines:
    """Connections that the child answers without the API. Not thread-safe: the event loop's."""

    def __init__(self, door: socket.socket, table: Table) -> None:
        door.setblocking(False)
        self._door = door
        self._table = table
        self._session_in: dict[int, int] = {}
        """Session of each row that is taken."""
        self._settled: Counter[int] = Counter()
        """Operations of each session over connections that have ended."""

    def attach(self, session: int, connection: int, request_id: str) -> bool:
        """Hand a connection over; False where that is not possible now, and nothing has happened then."""
        self._settle()
        free = next((slot for slot in range(LINES) if slot not in self._session_in), None)
        if free is None or not hasattr(socket, "send_fds"):
            return False
        self._table.open(free, time.monotonic())
        message = ATTACHED.pack(session, free) + request_id.encode("ascii", "replace")[:128]
        try:
            # The length first: the door is a stream, and messages may arrive together.
            socket.send_fds(self._door, [struct.pack("<H", len(message)) + message], [connection])
        except OSError:
            self._table.end(free)
            return False
        self._session_in[free] = session
        return True

    def use(self, session: int) -> LineUse:
        """What a session did over such connections."""
        self._settle()
        rows = [self._table.row(slot) for slot, each in self._session_in.items() if each == session]
        return LineUse(
            self._settled[session] + sum(row[1] for row in rows),
            max((row[2] for row in rows), default=0.0),
            sum(1 for row in rows if row[3]),
        )

    def joined(self) -> Joined:
        """Queries that the process answered in batches."""
        return Joined(*self._table.joined())

    def longest_s(self) -> float:
        """For how long the oldest call that is running has been."""
        began = [row[3] for row in map(self._table.row, self._session_in) if row[3]]
        return time.monotonic() - min(began) if began else 0.0

    def forget(self, session: int) -> None:
        """The session is closed, and its connections with it."""
        self._settle()
        self._settled.pop(session, None)
        for slot, each in self._session_in.items():
            if each == session:
                self._session_in[slot] = _NOBODY

    def _settle(self) -> None:
        for slot, session in list(self._session_in.items()):
            is_open, operations, _, _ = self._table.row(slot)
            if not is_open:
                self._settled[session] += operations
                del self._session_in[slot]

    def close(self) -> None:
        """No more of them."""
        self._door.close()
