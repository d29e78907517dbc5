"""The SessionWorkers port: a child process for each tenant, asked over a socket pair."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from backend.adapters.faiss_sessions.desk import ANSWERED, ASKED, FORGET
from backend.adapters.faiss_sessions.lines import Lines
from backend.adapters.faiss_sessions.table import Table, new_table
from backend.errors import CallTooLong, SessionLost
from backend.models.sessions import Joined, LineUse, Reply, SessionLimits
from backend.utils.processes import kill

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds the ``backend`` package, installed or not."""
_FORGETTING_S = 30.0
_LOOK_S = 1.0
"""How often the calls of connections that were handed over are looked at."""


class FaissProcesses:
    """Starts child processes under the limits."""

    def __init__(self, limits: SessionLimits) -> None:
        self._limits = limits

    async def start(self) -> FaissProcess:
        """A new process without objects; it answers as soon as it has loaded FAISS."""
        ours, theirs = socket.socketpair()
        door, inside = socket.socketpair()
        table = new_table()
        with theirs, inside:
            limits = self._limits
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "backend.adapters.faiss_sessions.child"),
                *("--line", str(theirs.fileno()), "--parent", str(os.getpid())),
                *("--door", str(inside.fileno()), "--table", str(table)),
                *("--memory-bytes", str(limits.memory_bytes), "--max-body", str(limits.max_body_bytes)),
                *("--max-handles", str(limits.max_handles)),
                *(["--uploads"] if limits.uploads else []),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno(), inside.fileno(), table],
                cwd=_ROOT,
                env=_environment(),
            )
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, sock=ours)
        lines = Lines(door, Table(table))
        os.close(table)
        return FaissProcess(process, line, lines, limits.call_timeout_s)


_KEPT = ("PATH", "LANG", "LD_LIBRARY_PATH")
_TUNED = ("OPENBLAS_", "MKL_", "OMP_", "BLIS_")
"""How whoever runs the server has set up matrix products: without it they may take twice as long."""


def _environment() -> dict[str, str]:
    """No secrets, and threads that wait without burning a core."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_TUNED)}
    return kept | {
        "OMP_WAIT_POLICY": "passive",
        "PYTHONSAFEPATH": "",
        # Every arena reserves 64 MB or more of the address space that the process may have.
        "MALLOC_ARENA_MAX": "8",
    }


class _Line(asyncio.BufferedProtocol):
    """Questions out and answers in, each with its number; a body is received where it will stay."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[Reply]] = {}
        self.transport: asyncio.WriteTransport | None = None
        self._last = 0
        self._begin(ANSWERED.size)
        self._head: tuple[int, int] | None = None

    def _begin(self, length: int) -> None:
        self._body = bytearray(length)
        self._filled = 0

    async def ask(self, session: int, length: int, frame: Sequence[bytes]) -> Reply:
        """Send and wait. Raises ConnectionError where the line ends first."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError
        self._last = number = (self._last + 1) & 0xFFFF_FFFF
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        self.transport.writelines([ASKED.pack(number, session, length), *frame])
        try:
            return await answer
        finally:
            self.waiting.pop(number, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio."""
        # uvloop's transports are no subclass of asyncio's for writing, but write.
        self.transport = cast(asyncio.WriteTransport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Asyncio."""
        return memoryview(self._body)[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Asyncio."""
        self._filled += nbytes
        if self._filled < len(self._body):
            return
        if self._head is None:
            number, status, length = ANSWERED.unpack(self._body)
            self._head = (number, status)
            self._begin(length)
            if length:
                return
        number, status = self._head
        body, self._head = self._body, None
        self._begin(ANSWERED.size)
        waiting = self.waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(Reply(status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Asyncio."""
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError(str(exc or "closed")))


class FaissProcess:
    """One child process; see the port."""

    def __init__(
        self, process: asyncio.subprocess.Process, line: _Line, lines: Lines, timeout: float
    ) -> None:
        self._process = process
        self._line = line
        self._lines = lines
        self._timeout = timeout
        self._too_long = False
        self._watching: asyncio.Task[None] | None = None

    async def ask(self, session: int, frame: Sequence[bytes]) -> Reply:
        """One frame; see the port."""
        length = sum(map(len, frame))
        try:
            async with asyncio.timeout(self._timeout):
                return await self._line.ask(session, length, frame)
        except TimeoutError:
            await self.close()
            raise self._call_too_long() from None
        except ConnectionError:
            if self._too_long:
                raise self._call_too_long() from None
            raise SessionLost(await self._last_words()) from None

    def attach(self, session: int, connection: int, request_id: str) -> bool:
        """Hand a connection over; see the port."""
        if not self.alive() or not self._lines.attach(session, connection, request_id):
            return False
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return True

    def use(self, session: int) -> LineUse:
        """See the port."""
        return self._lines.use(session)

    def joined(self) -> Joined:
        """See the port."""
        return self._lines.joined()

    async def _watch(self) -> None:
        """End the process where a call over a connection that was handed over takes too long."""
        while self.alive():
            await asyncio.sleep(min(_LOOK_S, self._timeout / 4))
            if self._lines.longest_s() > self._timeout:
                self._too_long = True
                await self._end()

    def _call_too_long(self) -> CallTooLong:
        return CallTooLong(
            f"A call took longer than {self._timeout:g} s (SESSION_CALL_TIMEOUT_S), so the process that "
            "held this tenant's FAISS objects was ended. Open a new session."
        )

    async def forget(self, session: int) -> None:
        """Free a session; see the port."""
        self._lines.forget(session)
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_FORGETTING_S):
                await self._line.ask(session, FORGET, [])

    def alive(self) -> bool:
        """See the port."""
        line = self._line.transport
        return self._process.returncode is None and line is not None and not line.is_closing()

    def resident_bytes(self) -> int:
        """See the port."""
        statm = Path(f"/proc/{self._process.pid}/statm")
        try:
            return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, IndexError):
            return 0

    async def close(self) -> None:
        """See the port."""
        if self._watching is not None:
            self._watching.cancel()
        await self._end()
        self._lines.close()

    async def _end(self) -> None:
        if self._line.transport is not None:
            self._line.transport.abort()
        kill(self._process)
        await self._process.wait()

    async def _last_words(self) -> str:
        await self.close()
        code = self._process.returncode or 0
        name = signal.Signals(-code).name if code < 0 else f"status {code}"
        _LOG.warning("a process of FAISS sessions ended (%s)", name)
        return (
            f"The process that held this tenant's FAISS objects ended ({name}) during a call: out of memory, "
            "or an object whose fields contradict each other. Its objects are gone; open a new session."
        )
