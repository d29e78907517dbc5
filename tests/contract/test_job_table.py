from __future__ import annotations

import asyncio

import pytest

from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import MAX_TRIES, SqlJobTable
from backend.errors import JobNotFound
from backend.models.documents import JobState, Problem, Progress
from backend.ports.catalog import Catalog
from backend.ports.job_table import JobTable
from tests.support.documents import new_document


@pytest.fixture
def jobs(database: Database) -> JobTable:
    return SqlJobTable(database)


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return SqlCatalog(database)


async def test_jobs_are_taken_once_each_oldest_first(jobs: JobTable, catalog: Catalog) -> None:
    accepted = [await catalog.accept(new_document()) for _ in range(5)]
    claims = [await jobs.claim("me", 10) for _ in range(5)]
    assert [job.subject for job in claims if job] == [d.id for d in accepted]
    assert await jobs.claim("me", 10) is None


async def test_no_job_is_taken_twice_at_once(jobs: JobTable, catalog: Catalog) -> None:
    for _ in range(5):
        await catalog.accept(new_document())
    claims = await asyncio.gather(*(jobs.claim(f"worker {n}", 10) for n in range(20)))
    taken = [job.id for job in claims if job]
    assert len(taken) == len(set(taken)) == 5


async def test_an_expired_lease_is_taken_over_and_the_old_holder_is_refused(
    jobs: JobTable, catalog: Catalog
) -> None:
    await catalog.accept(new_document())
    old = await jobs.claim("old", 0.0)
    await asyncio.sleep(0.01)
    new = await jobs.claim("new", 10)
    assert old
    assert new
    assert new.attempt == old.attempt + 1
    assert not await jobs.renew(old, 10)
    assert not await jobs.report(old, Progress("embedding", 1, 2, 0.5), 64)
    await jobs.finish(old)
    assert (await jobs.job("default", new.id)).state is JobState.STARTED
    assert await jobs.report(new, Progress("embedding", 1, 2, 0.5), 64)
    await jobs.finish(new)
    assert (await jobs.job("default", new.id)).state is JobState.FINISHED


async def test_progress_and_checkpoint_survive_the_worker(jobs: JobTable, catalog: Catalog) -> None:
    await catalog.accept(new_document())
    first = await jobs.claim("one", 0.0)
    assert first
    await jobs.report(first, Progress("embedding", 3, 10, 0.3), 128)
    await asyncio.sleep(0.01)
    second = await jobs.claim("two", 10)
    assert second
    assert second.checkpoint == 128
    assert second.progress == Progress("embedding", 3, 10, 0.3)


async def test_a_job_that_kills_its_workers_is_given_up(jobs: JobTable, catalog: Catalog) -> None:
    document = await catalog.accept(new_document())
    for _ in range(MAX_TRIES):
        assert await jobs.claim("doomed", 0.0)
        await asyncio.sleep(0.01)
    assert await jobs.claim("next", 10) is None
    failed = await jobs.job("default", document.job_id)
    assert failed.state is JobState.FAILED
    assert failed.error
    assert failed.error.code == "gave_up"
    assert failed.ended_at


async def test_a_clean_shutdown_costs_no_attempt(jobs: JobTable, catalog: Catalog) -> None:
    await catalog.accept(new_document())
    for _ in range(MAX_TRIES + 2):
        job = await jobs.claim("restarting", 10)
        assert job
        await jobs.release(job, count_attempt=False)
    for _ in range(MAX_TRIES):
        job = await jobs.claim("broken", 10)
        assert job
        await jobs.release(job, count_attempt=True)
    assert await jobs.claim("next", 10) is None


async def test_a_failure_says_why(jobs: JobTable, catalog: Catalog) -> None:
    await catalog.accept(new_document())
    job = await jobs.claim("me", 10)
    assert job
    await jobs.fail(job, Problem("damaged_file", "The file is cut off."))
    seen = await jobs.job("default", job.id)
    assert (seen.state, seen.error) == (JobState.FAILED, Problem("damaged_file", "The file is cut off."))
    with pytest.raises(JobNotFound):
        await jobs.job("other tenant", job.id)


async def test_deleting_the_document_ends_the_lease(jobs: JobTable, catalog: Catalog) -> None:
    document = await catalog.accept(new_document())
    job = await jobs.claim("me", 10)
    assert job
    await catalog.delete("default", document.id)
    assert not await jobs.renew(job, 10)
