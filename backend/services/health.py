"""Whether the product can serve: every component that a request needs, and how fast it answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

_PATIENCE_S = 2.0

Ping = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """One component's answer."""

    name: str
    ok: bool
    latency_ms: float
    detail: str = ""
    needed: bool = True
    """Whether requests fail without it; without one that is not needed something only takes longer."""


class Health:
    """Collects pings: of components that requests need, and of ``helpful`` ones."""

    def __init__(self, needed: Mapping[str, Ping], helpful: Mapping[str, Ping] | None = None) -> None:
        self._needed = needed
        self._helpful = helpful or {}

    async def check(self) -> list[ComponentHealth]:
        """Ask every component at once; one that does not answer in 2 s is down."""
        asked = [_ask(name, ping, needed=True) for name, ping in self._needed.items()]
        asked += [_ask(name, ping, needed=False) for name, ping in self._helpful.items()]
        return list(await asyncio.gather(*asked))


async def _ask(name: str, ping: Ping, *, needed: bool) -> ComponentHealth:
    started = time.perf_counter()
    fault = ""
    try:
        await asyncio.wait_for(ping(), _PATIENCE_S)
    except TimeoutError:
        fault = "does not answer"
    except Exception as error:  # noqa: BLE001 - any failure of a ping means the component is down
        # The kind alone: messages of drivers may hold addresses and paths.
        fault = type(error).__name__
    elapsed_ms = (time.perf_counter() - started) * 1000
    return ComponentHealth(name, not fault, elapsed_ms, fault, needed)
