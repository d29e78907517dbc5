"""The jobs table: the truth about all work that outlives a request."""

from __future__ import annotations

from typing import Protocol

from backend.models.documents import Problem, Progress
from backend.models.jobs import Job


class JobTable(Protocol):
    """Leases on jobs. Every write of a worker carries the job as claimed, and so its fencing token."""

    async def claim(self, owner: str, lease_s: float) -> Job | None:
        """Take the oldest job that is queued or whose lease ran out; None where there is none.

        A job whose attempts are used up is failed on the way and not returned.
        """

    async def renew(self, job: Job, lease_s: float) -> bool:
        """Hold the lease longer; False where it is lost, the job was stopped or is gone."""

    async def report(self, job: Job, progress: Progress, checkpoint: int) -> bool:
        """Keep how far it is; False as for ``renew``."""

    async def finish(self, job: Job) -> None:
        """Record success."""

    async def fail(self, job: Job, problem: Problem) -> None:
        """Record a failure that trying again would not mend."""

    async def release(self, job: Job, *, count_attempt: bool) -> None:
        """Give an unfinished job back to the queue, e.g. when the worker shuts down."""

    async def job(self, tenant: str, job_id: str) -> Job:
        """One job; raises JobNotFound."""
