"""What the tasks do: a turn at a queue, the look for missed rings, the maintenance that is due."""

from __future__ import annotations

import time
from collections.abc import Iterable

from backend.services.jobs import QUEUES
from celery_app.process import Open
from celery_app.schedule import Recurring, due_jobs

RINGS = 16
"""Most rings of one look at a queue; each job that ends rings for the next."""


SLICE_S = 0.5
"""Small jobs are done one after the other for so long before another queue has its turn."""


async def take_turn(opened: Open, queue: str) -> str:
    """Work on the jobs whose turn it is in ``queue``; where more is due and nobody rang for it, ring."""
    until, jobs = time.monotonic() + SLICE_S, 0
    while await opened.services.worker.turn([queue], rung=jobs == 0):
        jobs += 1
        if time.monotonic() > until:
            if await opened.services.jobs.due(1, queues=[queue]):
                opened.bell.nudge(queue)
            break
    return f"worked on {jobs} jobs" if jobs else "nothing was due"


async def reap(opened: Open) -> str:
    """Ring for jobs whose ring was lost or whose worker died."""
    found = 0
    for queue in QUEUES:
        due = await opened.services.jobs.due(RINGS, queues=[queue])
        if due:
            opened.bell.nudge(queue, len(due))
        found += len(due)
    return f"{found} due"


async def plan(opened: Open, recurring: Iterable[Recurring]) -> str:
    """Queue the maintenance of the current periods."""
    planned = 0
    for new in due_jobs(recurring, time.time()):
        job = await opened.services.jobs.add(new)
        await opened.bell.ring(job.queue, job.id)
        planned += 1
    return f"{planned} planned"
