"""What happens by the clock: the look for missed rings, and maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from backend.models.jobs import NewJob, Priority
from backend.services.jobs import PERIODS
from backend.services.maintenance import MAINTENANCE_QUEUE, SYSTEM

REAP = "quaestio.reap"
PLAN = "quaestio.plan"

REAP_EVERY_S = 3.0
PLAN_EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Recurring:
    """A kind of job that is due once in every ``every_s`` seconds, for ``tenant``."""

    kind: str
    every_s: float
    tenant: str = SYSTEM


MAINTENANCE = tuple(Recurring(kind, every_s) for kind, every_s in PERIODS.items())
"""Kinds of the table of job kinds that recur."""


def due_jobs(recurring: Iterable[Recurring], now_s: float) -> Iterator[NewJob]:
    """The jobs of the current periods. Their ids name the period, so adding one twice adds it once."""
    for each in recurring:
        period = int(now_s // each.every_s)
        yield NewJob(
            tenant=each.tenant,
            kind=each.kind,
            subject=each.tenant,
            queue=MAINTENANCE_QUEUE,
            priority=Priority.BATCH,
            id=f"{each.kind}-{each.tenant}-{period}",
        )


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Celery beat's entries. A message that nobody took before the next one is worth nothing."""
    return {name: _entry(name, every_s) for name, every_s in ((REAP, REAP_EVERY_S), (PLAN, PLAN_EVERY_S))}


def _entry(task: str, every_s: float) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": every_s,
        "options": {"queue": MAINTENANCE_QUEUE, "expires": every_s},
    }
