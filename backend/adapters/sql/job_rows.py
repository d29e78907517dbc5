"""Rows of the jobs table, as both the catalog and the job table read and write them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, and_, func, select

from backend.adapters.sql.tables import jobs
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job, NewJob
from backend.models.work import Work

_INSERT = (
    "INSERT INTO jobs (id, tenant, kind, subject, queue, priority, payload, parent, units, "
    "state, created_at, phase, attempt, tries, breaks, checkpoint, stage, "
    "done, total, unit, fraction, pace_done, pace_fraction) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
    "'queued', (julianday('now') - 2440587.5) * 86400.0, '', 0, 0, 0, 0, 'waiting', "
    "0, 0, '', 0.0, 0, 0.0) ON CONFLICT (id) DO NOTHING"
)


def now() -> ColumnElement[float]:
    """Unix time by the database's clock, so that workers on several machines agree."""
    return (func.julianday("now") - 2440587.5) * 86400.0


def fence(job: Job) -> ColumnElement[bool]:
    """Whether the job is still leased as it was claimed."""
    return held(job.id, job.attempt)


def held(job_id: str | BindParameter[Any], token: int | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether a job is leased by the holder of this fencing token."""
    return and_(jobs.c.id == job_id, jobs.c.attempt == token, jobs.c.state == JobState.STARTED.value)


def is_held(connection: Connection, job: Job) -> bool:
    """Whether the job is still leased as it was claimed."""
    return connection.execute(select(jobs.c.number).where(fence(job))).first() is not None


def insert_job(connection: Connection, new: NewJob, parent: str | None = None) -> None:
    """Add a queued job unless its id is there."""
    payload = json.dumps(dict(new.payload), ensure_ascii=False)
    named = (
        new.id,
        new.tenant,
        new.kind,
        new.subject,
        new.queue,
        int(new.priority),
        payload,
        parent,
        new.units,
    )
    connection.exec_driver_sql(_INSERT, named)


def job(row: Row[Any]) -> Job:
    """A whole row."""
    created_at = as_time(row.created_at)
    return Job(
        id=row.id,
        tenant=row.tenant,
        kind=row.kind,
        subject=row.subject,
        queue=row.queue,
        state=JobState(row.state),
        created_at=created_at or datetime.now(UTC),
        phase=row.phase,
        payload=json.loads(row.payload),
        parent=row.parent,
        attempt=row.attempt,
        tries=row.tries,
        checkpoint=row.checkpoint,
        progress=progress(row),
        result=None if row.result is None else json.loads(row.result),
        owner=row.owner,
        heartbeat_at=as_time(row.heartbeat_at),
        started_at=as_time(row.started_at),
        ended_at=as_time(row.ended_at),
        error=problem(row),
        work=work(row) if hasattr(row, "as_of") else None,
    )


def progress(row: Row[Any], prefix: str = "") -> Progress:
    """How far it is, from columns whose names begin with ``prefix``."""
    return Progress(*(getattr(row, prefix + name) for name in ("stage", "done", "total", "fraction", "unit")))


def work(row: Row[Any], prefix: str = "") -> Work:
    """Who works on it and how fast; the row also holds the database's clock as ``as_of``."""
    return Work(
        held=getattr(row, f"{prefix}owner") is not None,
        heartbeat_at=as_time(getattr(row, f"{prefix}heartbeat_at")),
        as_of=datetime.fromtimestamp(row.as_of, UTC),
        pace_at=as_time(getattr(row, f"{prefix}pace_at")),
        pace_done=getattr(row, f"{prefix}pace_done"),
        pace_fraction=getattr(row, f"{prefix}pace_fraction"),
    )


def problem(row: Row[Any], prefix: str = "") -> Problem | None:
    """Why it failed, if it did."""
    code = getattr(row, f"{prefix}error_code")
    return None if code is None else Problem(code, getattr(row, f"{prefix}error_message"))


def as_time(seconds: float | None) -> datetime | None:
    """A column of Unix time as an aware time in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
