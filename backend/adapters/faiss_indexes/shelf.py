"""Open indexes: as many as are in use, and of the idle ones the latest few."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from backend.adapters.faiss_engine import Engine, EngineIndex
from backend.utils.freed_memory import give_back

Key = tuple[str, str]
"""Tenant and name."""
Run = Callable[[Callable[[], object]], Awaitable[object]]


_GIVE_BACK_EVERY = 32
"""Indexes closed, after which their memory goes back to the system."""


@dataclass(slots=True)
class _Held:
    index: EngineIndex
    users: int = 0
    used: float = 0.0
    unused: asyncio.Event = field(default_factory=asyncio.Event)


class Shelf:
    """Opens an index when it is first used and closes the one that was used longest ago. For one event loop.

    ``closed`` is told of each index just before it is closed.
    """

    def __init__(
        self, engine: Engine, most: int, idle_s: float, closed: Callable[[Key, EngineIndex], None]
    ) -> None:
        self._engine, self._most, self._idle_s, self._told = engine, most, idle_s, closed
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._locks: dict[Key, asyncio.Lock] = {}
        self._closing: dict[Key, asyncio.Task[None]] = {}
        self._closed = 0

    def __len__(self) -> int:
        """Indexes that are open."""
        return len(self._held)

    def peek(self, key: Key) -> EngineIndex | None:
        """An index if it is open; only to look at."""
        held = self._held.get(key)
        return None if held is None else held.index

    @asynccontextmanager
    async def use(self, key: Key) -> AsyncIterator[EngineIndex]:
        """An index that stays open meanwhile. Raises what ``Engine.open`` does."""
        held = self._held.get(key)
        if held is None:
            held = await self._open(key)
        held.users += 1
        held.unused.clear()
        held.used = time.monotonic()
        self._held.move_to_end(key)
        try:
            yield held.index
        finally:
            held.users -= 1
            if not held.users:
                held.unused.set()
            self._trim()

    async def _open(self, key: Key) -> _Held:
        async with self._lock(key):
            if key in self._held:
                return self._held[key]
            if (closing := self._closing.get(key)) is not None:
                await asyncio.shield(closing)
            index = await asyncio.to_thread(self._engine.open, *key, writable=True)
            held = self._held[key] = _Held(index, used=time.monotonic())
            return held

    def _lock(self, key: Key) -> asyncio.Lock:
        if len(self._locks) > 2 * self._most + 64:
            self._locks = {k: lock for k, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(key, asyncio.Lock())

    def _trim(self) -> None:
        """Close what is idle: over the number that may be open, or unused for long."""
        stale = time.monotonic() - self._idle_s
        for key in list(self._held):
            held = self._held[key]
            if len(self._held) <= self._most and held.used > stale:
                return
            if not held.users:
                self._close(key, held)

    def _close(self, key: Key, held: _Held) -> None:
        del self._held[key]
        self._told(key, held.index)
        task = self._closing[key] = asyncio.create_task(self._shut(held.index))
        task.add_done_callback(lambda _: self._closing.pop(key, None))

    async def _shut(self, index: EngineIndex) -> None:
        await asyncio.to_thread(index.close)
        self._closed += 1
        if not self._closed % _GIVE_BACK_EVERY:
            await asyncio.to_thread(give_back)

    @asynccontextmanager
    async def away(self, key: Key) -> AsyncIterator[None]:
        """An index is closed and nobody opens it meanwhile; waits for those who use it."""
        async with self._lock(key):
            if (held := self._held.pop(key, None)) is not None:
                if held.users:
                    await held.unused.wait()
                await asyncio.to_thread(held.index.close)
            if (closing := self._closing.get(key)) is not None:
                await asyncio.shield(closing)
            yield

    async def aclose(self) -> None:
        """Close every index."""
        for key, held in list(self._held.items()):
            self._close(key, held)
        await asyncio.gather(*self._closing.values(), return_exceptions=True)
