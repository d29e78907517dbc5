"""The worker: takes jobs from the table, holds their lease while it works, records how they end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from backend.errors import DocumentNotFound, QuaestioError, Stopped, StorageFull, Unavailable
from backend.models.documents import Problem
from backend.models.jobs import Job
from backend.ports.job_table import JobTable
from backend.ports.task_queue import TaskQueue
from backend.services.ingestion import Waiting
from backend.services.jobs import JobKind, Result

logger = logging.getLogger(__name__)

LEASE_S = 15.0
"""After a crash a job is taken again this long after its last renewal."""

BEAT_S = 1.0
"""How often a lease is renewed, and so how soon a stopped job is noticed."""

IDLE_S = 1.0
"""How often to look for work that another process left, when nobody rings."""

BACK_OFF_S = 1.0
"""Wait before a job that broke unforeseen is queued again."""

_RETRY_S = 5.0


class Worker:
    """Runs up to ``concurrency`` jobs at a time until it is cancelled."""

    def __init__(
        self,
        *,
        owner: str,
        jobs: JobTable,
        kinds: Mapping[str, JobKind],
        queue: TaskQueue,
        wait: Callable[[float], Awaitable[bool]],
        concurrency: int,
    ) -> None:
        self._owner = owner
        self._jobs = jobs
        self._kinds = kinds
        self.queue = queue
        self.wait = wait
        self._concurrency = concurrency

    async def run(self) -> None:
        """Work until cancelled; unfinished jobs then go back to the queue."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._serve())

    async def turn(self, queues: Sequence[str] | None = None, *, rung: bool = False) -> bool:
        """Take the job whose turn it is and work on it to its end; False where none is due.

        ``rung`` says that there is likely one.
        """
        # One worker is always left for what is short.
        most_long = max(1, self._concurrency - 1)
        job = await self._jobs.claim(self._owner, LEASE_S, queues=queues, most_long=most_long, rung=rung)
        if job is None:
            return False
        await self._work(job)
        return True

    async def _serve(self) -> None:
        rung = False
        while True:
            try:
                worked = await self.turn(rung=rung)
            except Exception:
                # The table itself failed (a full disk, say). Working on would spin; giving up would
                # strand every later upload.
                logger.exception("the jobs table could not be used; trying again in %s s", _RETRY_S)
                await asyncio.sleep(_RETRY_S)
                continue
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # the work ended at the same moment and took no notice
            rung = not worked and await self.wait(IDLE_S)

    async def _work(self, job: Job) -> None:
        logger.info("job %s (%s %s) attempt %d starts", job.id, job.kind, job.subject, job.attempt)
        work = asyncio.ensure_future(self._kinds[job.kind].run(job))
        beat = asyncio.create_task(self._hold(job, work))
        try:
            await self._finished(job, await work)
        except asyncio.CancelledError:
            await self._cancelled(job)
        except Exception as error:  # noqa: BLE001 - whatever a job raises must end as a state of its row
            await self._failed(job, error)
        finally:
            beat.cancel()
            # Not awaited itself: its cancellation and ours could not be told apart.
            await asyncio.wait([beat])

    async def _finished(self, job: Job, result: Result) -> None:
        woken = await self._jobs.finish(job, result)
        logger.info("job %s finished", job.id)
        if woken is not None:
            await self.queue.ring(woken.queue, woken.id)

    async def _hold(self, job: Job, work: asyncio.Future[Result]) -> None:
        """Renew the lease; a lost one (stopped, deleted, taken over) cancels the work."""
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                held = await self._jobs.renew(job, LEASE_S)
            except Exception:  # noqa: BLE001 - e.g. a full disk; the lease lasts for several more beats
                logger.warning("the lease of job %s could not be renewed", job.id)
                continue
            if not held:
                work.cancel()
                return

    async def _cancelled(self, job: Job) -> None:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # The worker shuts down: the job goes on elsewhere or after the restart, at once.
            await self._jobs.release(job, count_attempt=False)
            raise asyncio.CancelledError
        logger.info("job %s was stopped or deleted", job.id)

    async def _failed(self, job: Job, error: Exception) -> None:
        if isinstance(error, Waiting):
            logger.info("job %s waits for its parts", job.id)
        elif isinstance(error, Stopped | DocumentNotFound):
            logger.info("job %s ended: %s", job.id, error)
        elif isinstance(error, StorageFull | Unavailable) and error.retryable:
            logger.error("job %s waits %s s: %s", job.id, _RETRY_S, error)
            await self._postpone(job)
        elif isinstance(error, QuaestioError) and not error.retryable:
            logger.info("job %s failed: %s %s", job.id, error.code, error)
            await self._jobs.fail(job, Problem(error.code, error.message))
        else:
            # Unforeseen: try again later, up to the table's cap.
            logger.error("job %s broke and is queued again", job.id, exc_info=error)
            await asyncio.sleep(BACK_OFF_S)
            await self._jobs.release(job, count_attempt=True)

    async def _postpone(self, job: Job) -> None:
        """Queue a job again that is not to blame, e.g. for a full disk: it costs no attempt."""
        while True:
            await asyncio.sleep(_RETRY_S)
            try:
                await self._jobs.release(job, count_attempt=False)
            except StorageFull:
                continue
            return
