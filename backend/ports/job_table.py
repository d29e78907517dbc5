"""The jobs table: the truth about all work that outlives a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job, NewJob
from backend.models.listing import Listing

READING_SHARE = 0.2
"""Of a job with children, the share of its work that is done when it begins to wait for them."""


class JobTable(Protocol):
    """Leases on jobs. Every write of a worker carries the job as claimed, and so its fencing token."""

    async def add(self, new: NewJob) -> Job:
        """Queue a job, durably; one whose id is there already is left as it is."""

    async def claim(
        self,
        owner: str,
        lease_s: float,
        *,
        queues: Sequence[str] | None = None,
        most_long: int = 1_000_000,
        rung: bool = False,
    ) -> Job | None:
        """Take the job whose turn it is among those queued or whose lease ran out; None where none is.

        Short jobs first, then tenants with fewer running jobs, then older jobs; no long one while
        ``most_long`` of them run. A job whose attempts are used up is failed on the way. ``rung`` says that
        work is expected, which is then taken a little sooner.
        """

    async def renew(self, job: Job, lease_s: float) -> bool:
        """Hold the lease longer; False where it is lost, the job was stopped or is gone."""

    async def report(self, job: Job, progress: Progress, checkpoint: int) -> bool:
        """Keep how far it is; False as for ``renew``."""

    async def spawn(self, job: Job, children: Sequence[NewJob]) -> bool:
        """Queue parts of a job; those whose ids are there already are left as they are. False as above."""

    async def wait(self, job: Job, phase: str, total: int) -> bool:
        """Give the job back until its children have finished, then to be taken again in ``phase``.

        ``total`` units are the whole; what its unfinished children will do is still missing from them.
        False as above.
        """

    async def finish(self, job: Job, result: Mapping[str, Any] | None = None) -> Job | None:
        """Record success; returns the parent where that was its last child, now queued again."""

    async def fail(self, job: Job, problem: Problem) -> None:
        """Record a failure that trying again would not mend; it is the parent's failure too."""

    async def release(self, job: Job, *, count_attempt: bool) -> None:
        """Give an unfinished job back to the queue, e.g. when the worker shuts down."""

    async def release_lost(self, is_gone: Callable[[str], bool]) -> int:
        """Let the leases run out at once whose owner is known to be gone; returns how many."""

    async def stop(self, tenant: str, job_id: str) -> Job:
        """Stop a job and its children for good; one that has ended stays as it is.

        Raises JobNotFound.
        """

    async def retry(self, tenant: str, job_id: str) -> Job:
        """Queue a failed or stopped job again from its beginning; raises JobNotFound, JobNotRetryable."""

    async def job(self, tenant: str, job_id: str) -> Job:
        """One job; raises JobNotFound."""

    async def jobs(
        self, tenant: str, *, offset: int, limit: int, state: JobState | None = None
    ) -> Listing[Job]:
        """Newest first, parts of others left out."""

    async def due(self, limit: int, *, queues: Sequence[str] | None = None) -> list[Job]:
        """Jobs that a worker could take now, for a doorbell that may have been missed."""

    async def expire(self, kinds: Sequence[str], older_than_s: float) -> int:
        """Forget ended jobs of these kinds that ended that long ago; returns how many."""
