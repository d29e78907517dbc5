from __future__ import annotations

import asyncio

import pytest

from backend.errors import DamagedFile, QuaestioError, StorageFull, Unavailable
from backend.models.documents import JobState
from backend.models.jobs import Job
from backend.services import tasks
from backend.services.jobs import JobKind
from backend.services.tasks import Worker
from tests.support.documents import accept, new_document
from tests.support.house import TENANT, House, working


def worker_for(house: House, run: object, concurrency: int = 2) -> Worker:
    kinds = {"ingest": JobKind("ingestion", run)}  # type: ignore[arg-type] - each test's own coroutine function
    return Worker(
        owner="w",
        jobs=house.jobs,
        kinds=kinds,
        queue=house.queue,
        wait=house.queue.wait,
        concurrency=concurrency,
    )


async def until(house: House, job_id: str, state: JobState) -> Job:
    async with asyncio.timeout(10):
        while (job := await house.jobs.job(TENANT, job_id)).state is not state:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return job


async def test_a_failure_of_the_file_is_final(house: House) -> None:
    runs = []

    async def run(job: Job) -> None:
        runs.append(job.id)
        raise DamagedFile("The file is cut off. Upload it again.")

    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run)):
        failed = await until(house, document.job_id, JobState.FAILED)
    assert failed.error
    assert failed.error.message == "The file is cut off. Upload it again."
    assert runs == [document.job_id]


async def test_an_unforeseen_failure_is_tried_again_and_then_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BACK_OFF_S", 0.0)
    runs = []

    async def run(job: Job) -> None:
        runs.append(job.attempt)
        raise RuntimeError("a bug")

    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run, concurrency=1)):
        failed = await until(house, document.job_id, JobState.FAILED)
    assert runs == [1, 2, 3]
    assert failed.error
    assert "3 times" in failed.error.message


async def test_one_bad_job_does_not_hold_up_the_others(house: House) -> None:
    async def run(job: Job) -> None:
        if job.subject == bad.id:
            raise DamagedFile("Broken.")

    bad = await accept(house.catalog, new_document())
    good = [await accept(house.catalog, new_document()) for _ in range(5)]
    async with working(worker_for(house, run)):
        for document in good:
            await until(house, document.job_id, JobState.FINISHED)


async def test_a_shutdown_gives_the_job_back(house: House) -> None:
    started = asyncio.Event()

    async def run(_job: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run)):
        await asyncio.wait_for(started.wait(), 5)
    job = await house.jobs.job(TENANT, document.job_id)
    assert job.state is JobState.QUEUED


async def test_deleting_the_document_cancels_the_work(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BEAT_S", 0.05)
    started, cancelled = asyncio.Event(), asyncio.Event()

    async def run(_job: Job) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run)):
        await asyncio.wait_for(started.wait(), 5)
        await house.catalog.delete(TENANT, document.id)
        await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_ring_wakes_an_idle_worker(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "IDLE_S", 60.0)
    done = asyncio.Event()

    async def run(_job: Job) -> None:
        done.set()

    async with working(worker_for(house, run)):
        await asyncio.sleep(0.1)
        document = await accept(house.catalog, new_document())
        await house.queue.ring("ingestion", document.job_id)
        await asyncio.wait_for(done.wait(), 5)


@pytest.mark.parametrize("error", [StorageFull("The disk is full."), Unavailable("Not yet.")])
async def test_a_job_that_is_not_to_blame_waits_and_loses_no_attempt(
    house: House, monkeypatch: pytest.MonkeyPatch, error: QuaestioError
) -> None:
    monkeypatch.setattr(tasks, "_RETRY_S", 0.0)
    runs = []

    async def run(job: Job) -> None:
        runs.append(job.attempt)
        if len(runs) < 20:
            raise error

    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run, concurrency=1)):
        await until(house, document.job_id, JobState.FINISHED)
    assert len(runs) == 20


async def test_a_lease_is_kept_when_it_cannot_be_renewed_for_a_moment(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BEAT_S", 0.02)
    renew, failures = house.jobs.renew, []

    async def renew_at_last(job: Job, lease_s: float) -> bool:
        if len(failures) < 3:
            failures.append(job.id)
            raise StorageFull("The disk is full.")
        return await renew(job, lease_s)

    async def run(_job: Job) -> None:
        await asyncio.sleep(0.3)

    monkeypatch.setattr(house.jobs, "renew", renew_at_last)
    document = await accept(house.catalog, new_document())
    async with working(worker_for(house, run)):
        await until(house, document.job_id, JobState.FINISHED)
    assert len(failures) == 3


@pytest.mark.parametrize("steps", range(8))
async def test_a_worker_that_is_cancelled_as_a_job_ends_ends_too(house: House, steps: int) -> None:
    """At every step of the event loop between the end of a job and the next claim."""
    finish, working = house.jobs.finish, asyncio.Event()

    async def run(_job: Job) -> None:
        await working.wait()  # so that the lease is being held when it ends

    async def finish_and_cancel(job: Job, result: object = None) -> Job | None:
        woken = await finish(job, result)  # type: ignore[arg-type] - handed through
        cancelling.append(asyncio.create_task(cancel_after(steps)))
        return woken

    async def cancel_after(count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)
        task.cancel()

    cancelling: list[asyncio.Task[None]] = []
    house.jobs.finish = finish_and_cancel  # type: ignore[method-assign, assignment] - a moment, not a fake
    await accept(house.catalog, new_document())
    task = asyncio.create_task(worker_for(house, run, concurrency=1).run())
    await asyncio.sleep(0.1)
    working.set()
    _, pending = await asyncio.wait([task], timeout=3)
    assert not pending
    assert task.cancelled()
