"""The doorbell inside one process."""

from __future__ import annotations

import asyncio


class EmbeddedQueue:
    """Implements the TaskQueue port for the worker of the same process."""

    def __init__(self) -> None:
        self._bell = asyncio.Event()

    async def ring(self, queue: str, job_id: str) -> None:  # noqa: ARG002 - one worker serves every queue
        """See the port."""
        self._bell.set()

    async def wait(self, timeout_s: float) -> None:
        """Return at the next ring, or after ``timeout_s``: other processes cannot ring here."""
        try:
            async with asyncio.timeout(timeout_s):  # wait_for may swallow a cancellation in Python 3.11
                await self._bell.wait()
        except TimeoutError:
            return
        self._bell.clear()
