"""The doorbell of the jobs table."""

from __future__ import annotations

from typing import Protocol


class TaskQueue(Protocol):
    """Tells workers that there is work. A lost or doubled ring costs nothing."""

    async def ring(self, queue: str, job_id: str) -> None:
        """Ring for a job of that queue; never fails the caller."""
