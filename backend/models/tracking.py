"""Jobs as clients see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.models.documents import JobState
from backend.models.jobs import Job

StateName = Literal["queued", "started", "finished", "failed", "stopped"]

_ID = "7d1f5c2a9b3e4f60a1b2c3d4e5f60718"


class ChatAccepted(BaseModel):
    """Fixed: the job that answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"job_id": _ID, "status": "queued"}]})

    job_id: str
    status: Literal["queued"] = "queued"


class JobView(BaseModel):
    """Fixed in its first seven fields: a job and how far it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": _ID,
                    "status": "started",
                    "progress": 0.42,
                    "created_at": "2026-11-21T09:30:00.000000Z",
                    "started_at": "2026-11-21T09:30:00.002000Z",
                    "ended_at": None,
                    "error": None,
                    "error_code": None,
                    "kind": "ingest",
                    "subject": "0b8f6c0c5e3c4d0f8a4b6a0f5d3c2b1a",
                    "attempt": 1,
                    "stage": "embedding",
                    "done": 420,
                    "total": 1000,
                    "unit": "pages",
                    "rate": 70.0,
                    "seconds_left": 8.3,
                    "waiting": False,
                    "heartbeat_at": "2026-11-21T09:30:06.001000Z",
                }
            ]
        }
    )

    job_id: str
    status: StateName
    progress: float = Field(description="Share of the whole job, 0..1.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    error: str | None = Field(description="Why it failed, as a sentence for a person.")
    error_code: str | None = Field(description="The same as a stable name.")
    kind: str = Field(description="ingest, embed, answer ...")
    subject: str = Field(description="What it is about: the id of a document, or the job's own.")
    attempt: int = Field(description="How often a worker has taken it.")
    stage: str
    done: int
    total: int = Field(description="0 while unknown.")
    unit: str = Field(description="What done and total count.")
    rate: float | None = Field(description="Units done each second so far.")
    seconds_left: float | None = Field(description="At the speed so far; null while unknown.")
    waiting: bool = Field(description="No worker has it yet, or the one that had it is gone.")
    heartbeat_at: datetime | None = Field(description="When its worker was last heard of.")

    @classmethod
    def of(cls, job: Job) -> JobView:
        """The job as clients see it, with its pace where it was read with who works on it."""
        progress, error = job.progress, job.error
        started = job.state is JobState.STARTED
        work = None if job.state.ended else job.work
        rate, left = work.pace(progress.done, progress.fraction) if work else (None, None)
        return cls(
            job_id=job.id,
            status=job.state.value,
            progress=round(min(max(progress.fraction, 0.0), 1.0), 4),
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            error=error.message if error else None,
            error_code=error.code if error else None,
            kind=job.kind,
            subject=job.subject,
            attempt=job.attempt,
            stage="working" if started and progress.stage == "waiting" else progress.stage,
            done=progress.done,
            total=progress.total,
            unit=progress.unit,
            rate=rate,
            seconds_left=left,
            waiting=work.rests if work else job.state is JobState.QUEUED,
            heartbeat_at=job.heartbeat_at,
        )


class JobResult(BaseModel):
    """Fixed: what a job came to; ``result`` is null until it has finished."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "job_id": _ID,
                    "status": "finished",
                    "result": {"answer": "Chlorophyll absorbs red and blue light. [1]", "sources": []},
                }
            ]
        }
    )

    job_id: str
    status: StateName
    result: Mapping[str, Any] | None = Field(description="Of an answer: the body that /api/ask answers with.")


class JobList(BaseModel):
    """One page of the jobs, newest first, parts of others left out."""

    items: list[JobView]
    total: int
    offset: int
    limit: int
