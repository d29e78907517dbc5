"""The table of job kinds: what each worker runs, whoever rings the bell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backend.models.jobs import Job
from backend.services.ingestion import INGESTION_QUEUE, Ingestion


@dataclass(frozen=True, slots=True)
class JobKind:
    """Which queue rings for it, and what is run. ``run`` may be called again for the same job."""

    queue: str
    run: Callable[[Job], Awaitable[None]]


def job_kinds(ingestion: Ingestion) -> Mapping[str, JobKind]:
    """Every kind of job, by the name that the jobs table holds."""
    return {"ingest": JobKind(INGESTION_QUEUE, ingestion.run)}
