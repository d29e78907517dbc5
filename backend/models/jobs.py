"""A job: a row that says what is to be done, who does it, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from backend.models.documents import Document, JobState, Problem, Progress
from backend.models.work import Work
from backend.utils.ids import new_id


class Priority(IntEnum):
    """Which jobs go first; within one, tenants with fewer running jobs, then older jobs."""

    SHORT = 0
    """A person waits: a small file, an answer."""
    BATCH = 1
    """A piece of something large."""
    LONG = 2
    """Minutes of work in one go; never takes every worker."""
    LATER = 3
    """Nobody waits for it; never takes every worker."""


def mine_job_id(document: Document) -> str:
    """The job that mines a document for questions: one for each, found without a search."""
    return f"{document.job_id}-mine"


@dataclass(frozen=True, slots=True)
class NewJob:
    """Work to be queued."""

    tenant: str
    kind: str
    """Key of the table of job kinds (``services/jobs.py``)."""
    subject: str
    """Id of what the job is about, e.g. a document."""
    queue: str
    priority: Priority = Priority.SHORT
    payload: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    units: int = 0
    """How much of its parent's total it does."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that survives the process that does it."""

    id: str
    tenant: str
    kind: str
    subject: str
    queue: str
    state: JobState
    created_at: datetime
    phase: str = ""
    """Where the job kind goes on when it is taken again, e.g. after its children have finished."""
    payload: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    attempt: int = 0
    """How often a worker has taken it; also the fencing token of the current lease."""
    tries: int = 1
    """Workers that have taken it since its last checkpoint, this one included."""
    checkpoint: int = 0
    """How much is stored for good, in units of the job kind: a rerun starts there."""
    progress: Progress = field(default_factory=Progress)
    result: Mapping[str, Any] | None = None
    owner: str | None = None
    """The worker that holds the lease; None while the job waits for one."""
    heartbeat_at: datetime | None = None
    """When its worker, or that of one of its children, was last heard of."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: Problem | None = None
    work: Work | None = field(default=None, compare=False)
    """Who works on it and how fast; None where it was not asked for."""
