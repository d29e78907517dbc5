"""Questions that are answered by a job: asked at once, fetched later, forgotten in the end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from backend.models.answers import Inquiry
from backend.models.asking import AskResponse
from backend.models.jobs import Job, NewJob, Priority
from backend.ports.job_table import JobTable
from backend.ports.task_queue import TaskQueue
from backend.services.answers import Answers
from backend.utils.clock import utc_now
from backend.utils.ids import new_id

ANSWER = "answer"
QUERY_QUEUE = "rag_queries"

SWEEP_S = 60.0
"""How often, at most, old results are removed."""


class AnswerJobs:
    """Queues questions, answers them as jobs, and forgets results ``result_ttl_s`` after their end."""

    def __init__(
        self, *, answers: Answers, jobs: JobTable, queue: TaskQueue, result_ttl_s: float, k: int
    ) -> None:
        self._answers = answers
        self._jobs = jobs
        self._queue = queue
        self._result_ttl_s = result_ttl_s
        self._k = k
        self._swept_at = time.monotonic()

    async def submit(self, tenant: str, question: str) -> Job:
        """Queue a question, durably."""
        job_id = new_id()
        new = NewJob(
            tenant=tenant,
            kind=ANSWER,
            subject=job_id,
            queue=QUERY_QUEUE,
            priority=Priority.SHORT,
            payload={"query": question},
            id=job_id,
        )
        job = await self._jobs.add(new)
        await self._queue.ring(QUERY_QUEUE, job.id)
        return job

    async def run(self, job: Job) -> Mapping[str, Any]:
        """Job: answer the question of its payload; the result is what ``/api/ask`` would say."""
        if time.monotonic() - self._swept_at >= SWEEP_S:
            await self.expire()
        answer = await self._answers.answer_question(job.tenant, Inquiry(str(job.payload["query"]), self._k))
        return AskResponse.of(answer).model_dump(mode="json")

    async def expire(self) -> int:
        """Forget jobs that ended longer ago than results are kept; returns how many."""
        self._swept_at = time.monotonic()
        return await self._jobs.expire([ANSWER], self._result_ttl_s)

    def has_expired(self, job: Job) -> bool:
        """Whether a job's time is over although it has not been removed yet."""
        if job.kind != ANSWER or job.ended_at is None:
            return False
        return (utc_now() - job.ended_at).total_seconds() > self._result_ttl_s
