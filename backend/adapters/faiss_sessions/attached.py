"""The child's side of attached connections: a client's own socket, read and answered by a thread of its own.

No other process is woken up by a call. A request is the length of a frame (u64) and the frame; an answer is
an HTTP status and a length (both u64), then a frame where the status is 200, else JSON about the error.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from backend.adapters.faiss_sessions.lines import ATTACHED
from backend.adapters.faiss_sessions.table import LINES, Table

_LENGTH = struct.Struct("<Q")
_ANSWER = struct.Struct("<QQ")
_AT_ONCE = 65_536
_LONGEST_S = 300.0
"""A connection ends then, and the next one is asked for its key again: a key that was revoked stops there."""
_STUCK_S = 60
"""A client that takes no answer for so long is gone."""
UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: faiss-session\r\n"
    b"X-Request-ID: %s\r\n\r\n"
)

Answer = Callable[[int, Sequence[bytes]], None]
Take = Callable[[int, bytearray, Answer], None]


@dataclass
class Attached:
    """One connection; ``serve`` returns when it has ended."""

    line: socket.socket
    session: int
    slot: int
    request_id: bytes
    table: Table
    max_body: int
    take: Take
    _operations: int = 0

    def serve(self) -> None:
        """Read calls and pass each on with the way to answer it; whoever has the answer sends it."""
        ends = time.monotonic() + _LONGEST_S
        with contextlib.suppress(OSError):
            self._prepare()
            self.line.sendall(UPGRADED % self.request_id)
            while (frame := self._read()) is not None:
                self._operations += 1
                self.table.begin(self.slot, self._operations, time.monotonic())
                self.take(self.session, frame, self.answer)
                if time.monotonic() > ends:
                    break

    def _prepare(self) -> None:
        self.line.setblocking(True)
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _STUCK_S, 0))

    def _read(self) -> bytearray | None:
        """The next frame; None where there is none, or what came is no frame of an allowed size."""
        begun = self.line.recv(_AT_ONCE)
        while 0 < len(begun) < _LENGTH.size:
            more = self.line.recv(_AT_ONCE)
            begun = begun + more if more else b""
        if not begun:
            return None
        (length,) = _LENGTH.unpack_from(begun)
        if length > self.max_body:
            self._refuse()
            return None
        frame = bytearray(length)
        at = len(begun) - _LENGTH.size
        if at > length:
            return None
        frame[:at] = begun[_LENGTH.size :]
        view = memoryview(frame)
        while at < length:
            got = self.line.recv_into(view[at:])
            if not got:
                return None
            at += got
        return frame

    def _refuse(self) -> None:
        message = (
            f"The request is larger than {self.max_body / 1e6:g} MB (SESSION_MAX_BODY_MB). "
            "Send the vectors in several calls."
        )
        self.answer(413, [json.dumps({"message": message, "code": "too_large"}).encode()])
        self.line.shutdown(socket.SHUT_WR)
        while self.line.recv(_AT_ONCE):  # closed while data still come, the answer would be lost
            pass

    def answer(self, status: int, pieces: Sequence[bytes]) -> None:
        """Send the answer of the call that is open; a client that is gone gets none."""
        self.table.finish(self.slot, time.monotonic())
        head = _ANSWER.pack(status, sum(map(len, pieces)))
        try:
            self.line.sendall(b"".join([head, *pieces]))
        except OSError:
            with contextlib.suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


@dataclass
class Door:
    """Receives connections from the API, gives each a thread, and its number back when it ends.

    The process may open no file: every number below its limit is taken, by spares. A connection takes the
    number of a spare while ``files`` is held, which whoever reads an index holds, too; at its end a spare
    takes its place in one step.
    """

    door: socket.socket
    table: Table
    max_body: int
    take: Take
    files: threading.Lock
    spares: list[int]
    _open: dict[int, Attached] = field(default_factory=dict)
    _mutex: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> None:
        """Until the API closes its end."""
        while True:
            select.select([self.door], [], [])
            with self.files:
                message, fd = self._receive()
            if not message:
                return
            session, slot = ATTACHED.unpack_from(message)
            if fd is None:
                self.table.end(slot)
                continue
            line = Attached(
                socket.socket(fileno=fd),
                session,
                slot,
                message[ATTACHED.size :],
                self.table,
                self.max_body,
                self.take,
            )
            with self._mutex:
                self._open[slot] = line
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _receive(self) -> tuple[bytes, int | None]:
        spare = self.spares.pop() if len(self.spares) > 1 else None  # the first is never given away
        if spare is not None:
            os.close(spare)
        head, fds, _, _ = socket.recv_fds(self.door, 2, 1)
        if spare is not None and not fds:
            self.spares.append(os.open(os.devnull, os.O_RDONLY))
        message = b""
        if head:
            (length,) = struct.unpack("<H", head)
            while len(message) < length:
                message += self.door.recv(length - len(message))
        return message, fds[0] if fds else None

    def _serve(self, line: Attached) -> None:
        try:
            line.serve()
        finally:
            with self._mutex:
                self._open.pop(line.slot, None)
                fd = line.line.detach()
                os.dup2(self.spares[0], fd, inheritable=False)
                self.spares.append(fd)
            self.table.end(line.slot)

    def forget(self, session: int) -> None:
        """End the connections of a session."""
        with self._mutex:
            lines = [each for each in self._open.values() if each.session == session]
        for each in lines:
            with contextlib.suppress(OSError):
                each.line.shutdown(socket.SHUT_RDWR)


def taken_numbers() -> list[int]:
    """Spares for as many connections as there may be; none where connections cannot be handed over."""
    if sys.platform == "win32":
        return []
    return [os.open(os.devnull, os.O_RDONLY) for _ in range(LINES + 1)]
