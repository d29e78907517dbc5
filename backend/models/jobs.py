"""A job: a row that says what is to be done, who does it, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backend.models.documents import JobState, Problem, Progress


@dataclass(frozen=True, slots=True)
class Job:
    """Work that survives the process that does it."""

    id: str
    tenant: str
    kind: str
    """Key of the table of job kinds (``services/jobs.py``)."""
    subject: str
    """Id of what the job is about, e.g. a document."""
    state: JobState
    created_at: datetime
    attempt: int = 0
    """How often a worker has taken it; also the fencing token of the current lease."""
    checkpoint: int = 0
    """How much is stored for good, in units of the job kind: a rerun starts there."""
    progress: Progress = field(default_factory=Progress)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: Problem | None = None
