"""The table of job kinds: what each worker runs, whoever rings the bell."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.models.jobs import Job
from backend.services.answer_jobs import ANSWER, QUERY_QUEUE, AnswerJobs
from backend.services.ingestion import EMBED, EMBEDDING_QUEUE, INGESTION_QUEUE, READ, Ingestion

MAINTENANCE_QUEUE = "maintenance"
QUERIES_QUEUE = "rag_queries"
QUEUES = (QUERIES_QUEUE, INGESTION_QUEUE, EMBEDDING_QUEUE, MAINTENANCE_QUEUE)
"""Every queue that a job kind may name."""

Result = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class JobKind:
    """Which queue rings for it, and what is run. ``run`` may be called again for the same job.

    What it returns is kept as the job's result.
    """

    queue: str
    run: Callable[[Job], Awaitable[Result]]


def job_kinds(ingestion: Ingestion, answer_jobs: AnswerJobs) -> Mapping[str, JobKind]:
    """Every kind of job, by the name that the jobs table holds."""
    return {
        READ: JobKind(INGESTION_QUEUE, ingestion.read),
        EMBED: JobKind(EMBEDDING_QUEUE, ingestion.embed),
        ANSWER: JobKind(QUERY_QUEUE, answer_jobs.run),
    }
