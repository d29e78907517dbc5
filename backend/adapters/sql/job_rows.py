"""Rows of the jobs table, as both the catalog and the job table read and write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert

from backend.adapters.sql.tables import jobs
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job


def insert_job(
    connection: Connection, job_id: str, tenant: str, kind: str, subject: str, created_at: datetime
) -> None:
    """Add a queued job."""
    connection.execute(
        insert(jobs).values(
            id=job_id,
            tenant=tenant,
            kind=kind,
            subject=subject,
            state=JobState.QUEUED.value,
            created_at=created_at.astimezone(UTC).replace(tzinfo=None),
        )
    )


def job(row: Row[Any]) -> Job:
    """A whole row."""
    return Job(
        id=row.id,
        tenant=row.tenant,
        kind=row.kind,
        subject=row.subject,
        state=JobState(row.state),
        created_at=row.created_at.replace(tzinfo=UTC),
        attempt=row.attempt,
        checkpoint=row.checkpoint,
        progress=progress(row),
        started_at=_aware(row.started_at),
        ended_at=_aware(row.ended_at),
        error=problem(row),
    )


def progress(row: Row[Any], prefix: str = "") -> Progress:
    """How far it is, from columns whose names begin with ``prefix``."""
    return Progress(*(getattr(row, prefix + name) for name in ("stage", "done", "total", "fraction")))


def problem(row: Row[Any], prefix: str = "") -> Problem | None:
    """Why it failed, if it did."""
    code = getattr(row, f"{prefix}error_code")
    return None if code is None else Problem(code, getattr(row, f"{prefix}error_message"))


def _aware(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
