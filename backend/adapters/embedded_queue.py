"""The doorbell inside one process."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_MOST_RINGS = 64
"""Rings kept while everybody works; beyond, whoever ends a job looks for the next one anyway."""


class EmbeddedQueue:
    """Implements the TaskQueue port for the worker of the same process.

    One ring wakes one waiter: two that look for the same job would only be in each other's way.
    """

    def __init__(self) -> None:
        self._rings: asyncio.Queue[None] = asyncio.Queue(_MOST_RINGS)

    async def ring(self, queue: str, job_id: str) -> None:  # noqa: ARG002 - one worker serves every queue
        """See the port."""
        with suppress(asyncio.QueueFull):
            self._rings.put_nowait(None)

    async def wait(self, timeout_s: float) -> bool:
        """True at the next ring, False after ``timeout_s``: other processes cannot ring here."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):  # wait_for may swallow a cancellation in Python 3.11
                await self._rings.get()
                return True
        return False
