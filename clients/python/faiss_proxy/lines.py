"""Connections that the process with a session's objects answers itself, without a hop through the API."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Sequence

from faiss_proxy.connection import Address, Connection
from faiss_proxy.errors import NotReachable, ServiceError

_LENGTH = struct.Struct("<Q")
_ANSWER = struct.Struct("<QQ")
_SMALL = 65_536
_LONGEST_S = 240.0
"""The server ends a connection after five minutes, and asks for the key of the next one."""
_MOST_IDLE = 64
_AGAIN_S = 5.0
_SWITCHED = 101
_NEVER = frozenset({400, 404, 405, 426, 501})
"""Answers of a server, or of a proxy before it, that hands no connection over."""


class Line:
    """One connection. After any failure, also an interrupt, it must be closed and not used again."""

    def __init__(self, upgraded: socket.socket) -> None:
        self._socket = upgraded
        self._buffer = bytearray(_SMALL)
        self.until = time.monotonic() + _LONGEST_S

    def exchange(self, pieces: Sequence[bytes | memoryview]) -> tuple[int, bytearray]:
        """Send a frame and read the answer: status and body. Raises OSError."""
        length = sum(map(len, pieces))
        if length < _SMALL:
            self._socket.sendall(b"".join([_LENGTH.pack(length), *pieces]))
        else:
            self._socket.sendall(_LENGTH.pack(length))
            for piece in pieces:
                self._socket.sendall(piece)
        return self._answer()

    def _answer(self) -> tuple[int, bytearray]:
        got = self._more(memoryview(self._buffer))
        while got < _ANSWER.size:
            got += self._more(memoryview(self._buffer)[got:])
        status, length = _ANSWER.unpack_from(self._buffer)
        begun = self._buffer[_ANSWER.size : got]
        if len(begun) == length:
            return status, begun
        body = bytearray(length)
        at = len(begun)
        body[:at] = begun
        view = memoryview(body)
        while at < length:
            at += self._more(view[at:])
        return status, body

    def _more(self, into: memoryview) -> int:
        got = self._socket.recv_into(into)
        if not got:
            raise ConnectionResetError("the connection ended in the middle of an answer")
        return got

    def close(self) -> None:
        """End it."""
        self._socket.close()


class Lines:
    """Such connections of one session, as many as there are calls at a time. Thread-safe."""

    def __init__(self, address: Address, timeout: float, request: bytes) -> None:
        self._address = address
        self._timeout = timeout
        self._request = request
        self._idle: deque[Line] = deque()
        self._not_before = 0.0

    def exchange(self, pieces: Sequence[bytes | memoryview]) -> tuple[int, bytearray] | None:
        """One frame; None where it has to go the plain way.

        That is also so where a connection ended instead of an answer: the plain way says why. A change that
        was done by then is not done twice, because it carries an id.
        """
        line = self._take()
        if line is None:
            return None
        try:
            answer = line.exchange(pieces)
        except TimeoutError:
            line.close()
            raise
        except OSError:
            line.close()
            return None
        except BaseException:
            # Whatever is left of this exchange must not become the answer to another one.
            line.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(line)
        else:
            line.close()
        return answer

    def _take(self) -> Line | None:
        now = time.monotonic()
        with contextlib.suppress(IndexError):
            while True:
                line = self._idle.pop()
                if now < line.until:
                    return line
                line.close()
        return self._attached() if now >= self._not_before else None

    def _attached(self) -> Line | None:
        connection = Connection(self._address, self._timeout)
        try:
            status, _ = connection.exchange(self._request, [])
            if status == _SWITCHED:
                return Line(connection.upgraded())
        except (OSError, ServiceError, ValueError) as error:
            if isinstance(error, NotReachable):
                raise
            status = 0
        connection.close()
        self._not_before = float("inf") if status in _NEVER else time.monotonic() + _AGAIN_S
        return None

    def close(self) -> None:
        """End every connection that waits."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()
