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


class Health:
    """Collects pings."""

    def __init__(self, pings: Mapping[str, Ping]) -> None:
        self._pings = pings

    async def check(self) -> list[ComponentHealth]:
        """Ask every component at once; one that does not answer in 2 s is down."""
        return list(await asyncio.gather(*(_ask(name, ping) for name, ping in self._pings.items())))


async def _ask(name: str, ping: Ping) -> ComponentHealth:
    started = time.perf_counter()
    try:
        await asyncio.wait_for(ping(), _PATIENCE_S)
    except TimeoutError:
        return ComponentHealth(name, ok=False, latency_ms=_PATIENCE_S * 1000, detail="does not answer")
    except Exception as error:  # noqa: BLE001 - any failure of a ping means the component is down
        elapsed = (time.perf_counter() - started) * 1000
        # The kind alone: messages of drivers may hold addresses and paths.
        return ComponentHealth(name, ok=False, latency_ms=elapsed, detail=type(error).__name__)
    return ComponentHealth(name, ok=True, latency_ms=(time.perf_counter() - started) * 1000)
