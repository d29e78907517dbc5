"""A session on the server: operations, one round trip each, and the handles that are no longer needed."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import threading
import uuid
import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any

from faiss_proxy import frames
from faiss_proxy.connection import Address, Pool
from faiss_proxy.errors import ServiceError, SessionLost, error_from
from faiss_proxy.frames import Array
from faiss_proxy.lines import Lines
from faiss_proxy.settings import Settings

_MOST_FREED = 2_000
_MOST_ON_A_LINE = 1_000_000
_sessions: weakref.WeakSet[Remote] = weakref.WeakSet()

_UPGRADE = b"Connection: Upgrade\r\nUpgrade: %s\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, eq=False)
class _Opened:
    """A session: its name, the head of its requests, and the connections that skip the API."""

    name: str
    head: bytes
    lines: Lines


class Remote:
    """One session; opened at its first operation. Thread-safe; a forked child shares it with its parent."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._address = Address.of(settings.api_url)
        self._pool = Pool(self._address, settings.timeout_s)
        self._opening = threading.Lock()
        self._opened: _Opened | None = None
        self._lines: weakref.WeakSet[Lines] = weakref.WeakSet()
        self._pid = os.getpid()
        self._freed: deque[int] = deque()
        self._mark = uuid.uuid4().hex[:12]
        self._numbers = itertools.count()
        self.shared = False
        """Whether another process, after a fork, may change the same objects."""
        self.changes = 0
        """Counts operations that may have changed an object."""
        _sessions.add(self)

    def ask(
        self, header: dict[str, Any], arrays: list[Array], *, changes: bool, epoch: str | None = None
    ) -> tuple[dict[str, Any], list[Array]]:
        """One operation. Raises what FAISS raised there, ServiceError and OSError."""
        session = self._opened or self._open()
        if epoch is not None and epoch != session.name:
            raise SessionLost("The session that held this object has ended: make it again.")
        if changes:
            self.changes += 1
            header["id"] = f"{self._mark}-{next(self._numbers)}"
        freed = self._take_freed()
        if freed:
            header["free"] = freed
        pieces = frames.encode(header, arrays)
        head = session.head + b"%d\r\n\r\n" % sum(map(len, pieces))
        try:
            status, body = session.lines.exchange(pieces) or self._pool.exchange(head, pieces)
        except BaseException:
            self._freed.extend(freed)
            raise
        if status != 200:  # noqa: PLR2004 - the only status with a frame
            error = error_from(status, body)
            if isinstance(error, SessionLost) and self._opened is session:
                self._opened = None
                session.lines.close()
            raise error
        return frames.decode(body)

    @property
    def epoch(self) -> str:
        """The session that handles belong to now."""
        return self._opened.name if self._opened else ""

    def release(self, handle: int, pid: int, epoch: str) -> None:
        """Free a handle with the next operation, unless it is the parent process's or of a lost session."""
        if pid == os.getpid() and epoch == self.epoch:
            self._freed.append(handle)

    def _take_freed(self) -> list[int]:
        freed: list[int] = []
        with contextlib.suppress(IndexError):
            while len(freed) < _MOST_FREED:
                freed.append(self._freed.popleft())
        return freed

    def _open(self) -> _Opened:
        with self._opening:
            if self._opened is None:
                name = str(self._simple("POST", "/v1/sessions")["session"])
                self._freed.clear()
                self._opened = _Opened(
                    name,
                    self._request("POST", f"/v1/sessions/{name}")
                    + b"Content-Type: application/x-faiss-frame\r\nContent-Length: ",
                    self.lines(f"/v1/sessions/{name}/attach", "faiss-session"),
                )
            return self._opened

    def lines(self, path: str, protocol: str) -> Lines:
        """Connections that are answered without HTTP around each call; opened as they are needed."""
        request = self._request("POST", path) + _UPGRADE % protocol.encode()
        made = Lines(self._address, self.settings.timeout_s, request)
        self._lines.add(made)
        return made

    def usage(self) -> dict[str, Any]:
        """What this tenant holds there: ``operations``, ``joined``, ``resident_bytes``, ``sessions``."""
        return self._simple("GET", "/v1/sessions")

    def _request(self, method: str, path: str) -> bytes:
        lines = [
            f"{method} {self._address.path}{path} HTTP/1.1",
            f"Host: {self._address.host}:{self._address.port}",
        ]
        if self.settings.api_key:
            lines.append(f"Authorization: Bearer {self.settings.api_key}")
        if self.settings.tenant_id:
            lines.append(f"X-Tenant-Id: {self.settings.tenant_id}")
        text = "".join(f"{line}\r\n" for line in lines)
        if text.count("\n") != len(lines):
            raise ValueError("api_url, api_key and tenant_id must be single lines")
        return text.encode("latin-1")

    def _simple(self, method: str, path: str) -> dict[str, Any]:
        status, body = self._pool.exchange(self._request(method, path) + b"Content-Length: 0\r\n\r\n", [])
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            raise error_from(status, body)
        answer: dict[str, Any] = json.loads(body) if body else {}
        return answer

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A request of JSON outside of any session. Raises ServiceError."""
        text = b"" if body is None else json.dumps(body).encode()
        head = self._request(method, path) + (
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text)
        )
        status, said = self._pool.exchange(head, [text])
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            raise error_from(status, said)
        answer: dict[str, Any] = json.loads(said)
        return answer

    def send(
        self, path: str, header: dict[str, Any], arrays: list[Array], lines: Lines | None = None
    ) -> tuple[dict[str, Any], list[Array]]:
        """A frame outside of any session, on a line where it is small. Raises ServiceError."""
        pieces = frames.encode(header, arrays)
        size = sum(map(len, pieces))
        answer = lines.exchange(pieces) if lines and size < _MOST_ON_A_LINE else None
        if answer is None:
            head = self._request("POST", path) + (
                b"Content-Type: application/x-faiss-frame\r\nContent-Length: %d\r\n\r\n" % size
            )
            answer = self._pool.exchange(head, pieces)
        status, said = answer
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            raise error_from(status, said)
        return frames.decode(said) if said[:4] == frames.MAGIC else (json.loads(said), [])

    def close(self) -> None:
        """Free everything on the server, in the process that opened the session."""
        session, self._opened = self._opened, None
        self._hang_up()
        if session and self._pid == os.getpid():
            with contextlib.suppress(OSError, ServiceError):
                self._simple("DELETE", f"/v1/sessions/{session.name}")
        self._pool.close()

    def _hang_up(self) -> None:
        for each in list(self._lines):
            each.close()

    def after_fork(self) -> None:
        """In the child: its own connections, the parent's objects."""
        self._pool.forget()
        self._hang_up()
        self._freed.clear()
        self._opening = threading.Lock()
        self._mark = uuid.uuid4().hex[:12]
        self.shared = True


def _after_fork() -> None:
    for each in list(_sessions):
        each.after_fork()


def _close_all() -> None:
    for each in list(_sessions):
        each.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_close_all)
