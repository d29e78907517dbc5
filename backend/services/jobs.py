"""The table of job kinds: what each worker runs, whoever rings the bell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.models.jobs import Job
from backend.services.answer_jobs import ANSWER, QUERY_QUEUE, AnswerJobs
from backend.services.ingestion import EMBED, EMBEDDING_QUEUE, INGESTION_QUEUE, READ, Ingestion
from backend.services.maintenance import EXPIRE, MAINTENANCE_QUEUE, OPTIMISE, SETTLE, SWEEP, WARM, Maintenance
from backend.services.migration import MIGRATE, Migration
from backend.services.mining import MINE, Mining

QUEUES = (QUERY_QUEUE, INGESTION_QUEUE, EMBEDDING_QUEUE, MAINTENANCE_QUEUE)
"""Every queue that a job kind may name."""

Result = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class JobKind:
    """Which queue rings for it, and what is run. ``run`` may be called again for the same job.

    What it returns is kept as the job's result.
    """

    queue: str
    run: Callable[[Job], Awaitable[Result]]
    expires: bool = False
    """Whether an ended job is forgotten after a time (RESULT_TTL_S), for those whose result is fetched."""


PERIODS: Mapping[str, int] = {OPTIMISE: 86_400, SETTLE: 3_600, SWEEP: 3_600, EXPIRE: 3_600}
"""Seconds from one job of a kind to the next, for the schedule."""


def job_kinds(ingestion: Ingestion, answer_jobs: AnswerJobs) -> dict[str, JobKind]:
    """Every kind of job that somebody asks for, by the name that the jobs table holds."""
    return {
        READ: JobKind(INGESTION_QUEUE, ingestion.read),
        EMBED: JobKind(EMBEDDING_QUEUE, ingestion.embed),
        ANSWER: JobKind(QUERY_QUEUE, answer_jobs.run, expires=True),
    }


def migration_kinds(migration: Migration) -> dict[str, JobKind]:
    """What takes over stores of other products."""
    return {MIGRATE: JobKind(MAINTENANCE_QUEUE, migration.run)}


def mining_kinds(mining: Mining) -> dict[str, JobKind]:
    """The kind of job that prepares questions."""
    return {MINE: JobKind(INGESTION_QUEUE, mining.run)}


def maintenance_kinds(maintenance: Maintenance) -> dict[str, JobKind]:
    """Every kind of job that keeps the store in order."""
    runs = {
        OPTIMISE: maintenance.optimise,
        SETTLE: maintenance.settle,
        SWEEP: maintenance.sweep,
        EXPIRE: maintenance.expire,
        WARM: maintenance.warm,
    }
    return {name: JobKind(MAINTENANCE_QUEUE, run) for name, run in runs.items()}
