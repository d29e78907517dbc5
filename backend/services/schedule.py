"""Jobs by the clock, for a product without a scheduler of its own."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from backend.models.jobs import NewJob, Priority
from backend.ports.job_table import JobTable
from backend.ports.task_queue import TaskQueue
from backend.services.maintenance import MAINTENANCE_QUEUE, SYSTEM

logger = logging.getLogger(__name__)

LOOK_S = 60.0
"""How often to look whether a period has begun; also how long a start is left in peace."""


class Schedule:
    """Adds a job of each kind once a period, however many processes do so.

    ``periods`` is in seconds by kind. The id of a job follows from its period, and the table takes an
    id once; a clock that is set back adds nothing twice.
    """

    def __init__(self, *, jobs: JobTable, queue: TaskQueue, periods: Mapping[str, int]) -> None:
        self._jobs = jobs
        self._queue = queue
        self._periods = periods
        self._added: set[str] = set()

    async def run(self) -> None:
        """Add what is due until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look(time.time())
            except Exception:
                logger.exception("maintenance could not be scheduled; trying again in %s s", LOOK_S)

    async def look(self, now: float) -> None:
        """Add the jobs of the periods that ``now``, in Unix time, falls into."""
        current = {f"{kind}-{SYSTEM}-{int(now // period)}": kind for kind, period in self._periods.items()}
        for job_id, kind in current.items():
            if job_id not in self._added:
                await self._jobs.add(
                    NewJob(SYSTEM, kind, SYSTEM, MAINTENANCE_QUEUE, Priority.BATCH, id=job_id)
                )
                await self._queue.ring(MAINTENANCE_QUEUE, job_id)
        self._added = set(current)
