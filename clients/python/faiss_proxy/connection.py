"""HTTP/1.1 over sockets that are kept: as little as the service needs, so that a search costs little."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from faiss_proxy.errors import NotReachable, ServiceError

_LONGEST_HEAD = 65_536
_CHECKED_AFTER_S = 0.5
_MOST_IDLE = 16
_SMALL = 65_536


@dataclass(frozen=True)
class Address:
    """Where the service is."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Parse ``http://host:port/path`` or https. Raises ValueError."""
        parts = urlsplit(url if "//" in url else f"http://{url}")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"api_url must look like http://host:port, not {url!r}")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname, port, parts.path.rstrip("/"))


class Stale(ConnectionError):
    """A kept connection ended before any of the answer had come."""


class Connection:
    """One socket. After any failure, also an interrupt, it must be closed and not used again."""

    def __init__(self, address: Address, timeout: float) -> None:
        try:
            self._socket = socket.create_connection((address.host, address.port), timeout)
        except OSError as error:
            raise NotReachable(
                f"No service answers at {address.scheme}://{address.host}:{address.port} ({error})."
            ) from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if address.scheme == "https":
            self._socket = ssl.create_default_context().wrap_socket(
                self._socket, server_hostname=address.host
            )
        self.used = time.monotonic()
        self.answers = 0
        self.reusable = True

    def exchange(self, head: bytes, pieces: Sequence[bytes | memoryview]) -> tuple[int, bytearray]:
        """Send a request and read the whole answer: status and body. Raises Stale, OSError."""
        try:
            self._send(head, pieces)
            buffer = bytearray(self._more())
        except (BrokenPipeError, ConnectionResetError) as error:
            if self.answers:
                raise Stale(str(error)) from error
            raise
        answer = self._read(buffer)
        self.answers += 1
        self.used = time.monotonic()
        return answer

    def _send(self, head: bytes, pieces: Sequence[bytes | memoryview]) -> None:
        if sum(map(len, pieces)) < _SMALL:
            self._socket.sendall(b"".join([head, *pieces]))
            return
        self._socket.sendall(head)
        for piece in pieces:
            self._socket.sendall(piece)

    def _read(self, buffer: bytearray) -> tuple[int, bytearray]:
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            if len(buffer) > _LONGEST_HEAD:
                raise ServiceError("The answer has no end of its head.")
            buffer += self._more()
        first, *lines = bytes(buffer[:end]).split(b"\r\n")
        fields = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
        }
        del buffer[: end + 4]
        status = int(first.split(b" ", 2)[1])
        self.reusable = fields.get(b"connection", b"").lower() != b"close"
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            return status, self._chunked(buffer)
        return status, self._sized(buffer, int(fields.get(b"content-length", b"0")))

    def _sized(self, begun: bytearray, length: int) -> bytearray:
        if len(begun) == length:
            return begun
        body = bytearray(length)
        at = len(begun)
        body[:at] = begun
        view = memoryview(body)
        while at < length:
            got = self._socket.recv_into(view[at:])
            if not got:
                raise ConnectionResetError("the connection ended in the middle of an answer")
            at += got
        return body

    def _chunked(self, buffer: bytearray) -> bytearray:
        body = bytearray()
        while True:
            while (end := buffer.find(b"\r\n")) < 0:
                buffer += self._more()
            size = int(bytes(buffer[:end]).split(b";")[0], 16)
            while len(buffer) < end + 2 + size + 2:
                buffer += self._more()
            body += buffer[end + 2 : end + 2 + size]
            del buffer[: end + 2 + size + 2]
            if not size:
                return body

    def _more(self) -> bytes:
        got = self._socket.recv(1 << 20)
        if not got:
            raise ConnectionResetError("the connection ended in the middle of an answer")
        return got

    def upgraded(self) -> socket.socket:
        """The socket, after an answer that leaves it to another protocol."""
        return self._socket

    def ended(self) -> bool:
        """Whether the other side has closed it, or said something that nobody asked for."""
        if time.monotonic() - self.used < _CHECKED_AFTER_S:
            return False
        return bool(select.select([self._socket], [], [], 0)[0])

    def close(self) -> None:
        """End it."""
        self._socket.close()


class Pool:
    """Connections that wait for their next request; the last one used goes first. Thread-safe."""

    def __init__(self, address: Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._idle: deque[Connection] = deque()
        self._lock = threading.Lock()

    def exchange(self, head: bytes, pieces: Sequence[bytes | memoryview]) -> tuple[int, bytearray]:
        """One request, sent again on a new connection where a kept one turns out to have ended.

        Callers give changes a request id, so that the server does none of them twice.
        """
        while True:
            connection = self._take()
            try:
                answer = connection.exchange(head, pieces)
            except Stale:
                connection.close()
                continue
            except BaseException:
                # Whatever is left of this exchange must not become the answer to another one.
                connection.close()
                raise
            self._give_back(connection)
            return answer

    def _take(self) -> Connection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return Connection(self._address, self._timeout)
            if not connection.ended():
                return connection
            connection.close()

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if connection.reusable and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def forget(self) -> None:
        """After a fork: the connections are the parent's, and so are the threads that may hold the lock."""
        idle, self._idle, self._lock = self._idle, deque(), threading.Lock()
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """End every connection that waits."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()
