"""What people do with jobs of any kind: look at them, stop them, have them done again."""

from __future__ import annotations

from backend.errors import JobNotFound
from backend.models.documents import JobState
from backend.models.jobs import Job
from backend.models.listing import Listing
from backend.ports.job_table import JobTable
from backend.ports.task_queue import TaskQueue
from backend.services.answer_jobs import AnswerJobs
from backend.services.ingestion import READ, Ingestion


class JobControl:
    """The jobs table for people. A part of a job stands for the whole: nobody can stop a part alone."""

    def __init__(
        self, *, jobs: JobTable, queue: TaskQueue, ingestion: Ingestion, answer_jobs: AnswerJobs
    ) -> None:
        self._jobs = jobs
        self._queue = queue
        self._ingestion = ingestion
        self._answer_jobs = answer_jobs

    async def job(self, tenant: str, job_id: str) -> Job:
        """One job; raises JobNotFound, also where its result has expired."""
        job = await self._jobs.job(tenant, job_id)
        if self._answer_jobs.has_expired(job):
            raise JobNotFound(f"The result of job {job_id!r} has expired. Ask again.")
        return job

    async def jobs(
        self, tenant: str, *, offset: int, limit: int, state: JobState | None = None
    ) -> Listing[Job]:
        """Newest first, parts of others left out; dead letters are those that failed."""
        return await self._jobs.jobs(tenant, offset=offset, limit=limit, state=state)

    async def stop(self, tenant: str, job_id: str) -> Job:
        """Stop a job for good and remove what it wrote; one that has ended stays as it is.

        Whoever works on it ends within a second or two. Raises JobNotFound.
        """
        job = await self._whole(tenant, job_id)
        if job.kind == READ:
            await self._ingestion.stop(tenant, job.subject)
            return await self._jobs.job(tenant, job.id)
        return await self._jobs.stop(tenant, job.id)

    async def retry(self, tenant: str, job_id: str) -> Job:
        """Do a failed or stopped job again from its beginning; raises JobNotFound, JobNotRetryable."""
        job = await self._whole(tenant, job_id)
        if job.kind == READ:
            await self._ingestion.retry(tenant, job.subject)
            return await self._jobs.job(tenant, job.id)
        queued = await self._jobs.retry(tenant, job.id)
        await self._queue.ring(queued.queue, queued.id)
        return queued

    async def _whole(self, tenant: str, job_id: str) -> Job:
        job = await self.job(tenant, job_id)
        return job if job.parent is None else await self._jobs.job(tenant, job.parent)
