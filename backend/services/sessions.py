"""Sessions of FAISS objects: who holds which, how many, and for how long."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from backend.errors import QuotaExceeded, SessionLost, SessionNotFound, TooLarge
from backend.models.sessions import Joined, Reply, SessionLimits
from backend.ports.session_workers import SessionWorker, SessionWorkers

_SWEEP_S = 15.0


@dataclass
class _Session:
    number: int
    used: float
    operations: int = 0
    running: int = 0


@dataclass
class _Tenant:
    worker: SessionWorker
    sessions: dict[str, _Session] = field(default_factory=dict)
    operations: int = 0


class Sessions:
    """Opens, serves and forgets sessions. Those of another tenant answer like ones that never existed."""

    def __init__(self, workers: SessionWorkers, limits: SessionLimits) -> None:
        self.limits = limits
        self._workers = workers
        self._tenants: dict[str, _Tenant] = {}
        self._starting: dict[str, asyncio.Lock] = {}
        self._numbers = itertools.count(1)
        self._sweeper: asyncio.Task[None] | None = None

    async def open(self, tenant: str) -> str:
        """A new session. Raises QuotaExceeded."""
        async with self._starting.setdefault(tenant, asyncio.Lock()):
            home = await self._home(tenant)
            if len(home.sessions) >= self.limits.max_sessions:
                raise QuotaExceeded(
                    f"This tenant has {len(home.sessions)} sessions open, the most that it may "
                    "(SESSION_MAX_PER_TENANT). Close one, or wait until an idle one ends."
                )
            name = secrets.token_urlsafe(18)
            home.sessions[name] = _Session(next(self._numbers), time.monotonic())
        if self._sweeper is None:
            self._sweeper = asyncio.create_task(self._sweep())
        return name

    async def ask(self, tenant: str, name: str, frame: Sequence[bytes]) -> Reply:
        """Answer one frame. Raises SessionNotFound, SessionLost, CallTooLong."""
        home, session = self._of(tenant, name)
        session.used = time.monotonic()
        session.operations += 1
        home.operations += 1
        session.running += 1
        try:
            return await home.worker.ask(session.number, frame)
        except SessionLost:
            self._tenants.pop(tenant, None)
            raise
        finally:
            session.running -= 1
            session.used = time.monotonic()

    def attach(self, tenant: str, name: str, connection: int, request_id: str) -> bool:
        """Let a connection be answered by the session's process alone, until either ends it.

        What comes over it counts as every other operation. False where that is not possible now: the plain
        way is open then. Raises SessionNotFound.
        """
        home, session = self._of(tenant, name)
        session.used = time.monotonic()
        return home.worker.attach(session.number, connection, request_id)

    async def close(self, tenant: str, name: str) -> None:
        """Free everything in a session, and end its connections. Raises SessionNotFound."""
        home, _ = self._of(tenant, name)
        await self._forget(home, name)

    @staticmethod
    async def _forget(home: _Tenant, name: str) -> None:
        session = home.sessions.pop(name)
        home.operations += home.worker.use(session.number).operations
        await home.worker.forget(session.number)

    def describe(self, tenant: str) -> dict[str, object]:
        """Sessions of a tenant, what its process has done since it started, and the memory that it holds."""
        home = self._tenants.get(tenant)
        if home is None:
            return {"operations": 0, "joined": asdict(Joined()), "resident_bytes": 0, "sessions": []}
        now = time.monotonic()
        uses = [(each, home.worker.use(each.number)) for each in home.sessions.values()]
        return {
            "operations": home.operations + sum(use.operations for _, use in uses),
            "joined": asdict(home.worker.joined()),
            "resident_bytes": home.worker.resident_bytes(),
            "sessions": [
                {
                    "operations": each.operations + use.operations,
                    "idle_s": round(now - max(each.used, use.used), 1),
                }
                for each, use in uses
            ],
        }

    def check_size(self, size: int) -> None:
        """Raise TooLarge for a body over the limit."""
        if size > self.limits.max_body_bytes:
            raise TooLarge(
                f"The request is larger than {self.limits.max_body_bytes / 1e6:g} MB (SESSION_MAX_BODY_MB). "
                "Send the vectors in several calls."
            )

    async def aclose(self) -> None:
        """End every process."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        homes, self._tenants = list(self._tenants.values()), {}
        await asyncio.gather(*(home.worker.close() for home in homes))

    async def _home(self, tenant: str) -> _Tenant:
        home = self._tenants.get(tenant)
        if home is None or not home.worker.alive():
            if tenant not in self._tenants and len(self._tenants) >= self.limits.max_tenants:
                raise QuotaExceeded(
                    f"{len(self._tenants)} tenants have sessions open, the most that this server holds "
                    "(SESSION_MAX_TENANTS). Try again later."
                )
            home = self._tenants[tenant] = _Tenant(await self._workers.start())
        return home

    def _of(self, tenant: str, name: str) -> tuple[_Tenant, _Session]:
        home = self._tenants.get(tenant)
        session = home.sessions.get(name) if home else None
        if home is None or session is None:
            raise SessionNotFound(
                "There is no such session: it was closed, was idle for too long, or never existed."
            )
        return home, session

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(min(_SWEEP_S, self.limits.idle_s))
            await self.sweep()

    async def sweep(self) -> None:
        """Close idle sessions, and the process of a tenant that has none left."""
        oldest = time.monotonic() - self.limits.idle_s
        for tenant, home in list(self._tenants.items()):
            for name in [name for name, each in home.sessions.items() if _idle(home, each, oldest)]:
                await self._forget(home, name)
            if not home.sessions and not self._starting[tenant].locked():
                self._tenants.pop(tenant, None)
                await home.worker.close()


def _idle(home: _Tenant, session: _Session, oldest: float) -> bool:
    use = home.worker.use(session.number)
    return not session.running and not use.running and max(session.used, use.used) < oldest
