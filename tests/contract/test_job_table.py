from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from backend.adapters.sql import tables
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import MAX_BREAKS, MAX_LOST, SqlJobTable
from backend.adapters.sql.job_turns import SUSPECT
from backend.errors import JobNotFound, JobNotRetryable
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job, NewJob, Priority
from backend.ports.catalog import Catalog
from backend.ports.job_table import JobTable
from tests.support.documents import accept, new_document


@pytest.fixture
def jobs(database: Database) -> JobTable:
    return SqlJobTable(database)


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return SqlCatalog(database)


async def test_jobs_are_taken_once_each_oldest_first(jobs: JobTable, catalog: Catalog) -> None:
    accepted = [await accept(catalog, new_document()) for _ in range(5)]
    claims = [await jobs.claim("me", 10) for _ in range(5)]
    assert [job.subject for job in claims if job] == [d.id for d in accepted]
    assert await jobs.claim("me", 10) is None


async def test_no_job_is_taken_twice_at_once(jobs: JobTable, catalog: Catalog) -> None:
    for _ in range(5):
        await accept(catalog, new_document())
    claims = await asyncio.gather(*(jobs.claim(f"worker {n}", 10) for n in range(20)))
    taken = [job.id for job in claims if job]
    assert len(taken) == len(set(taken)) == 5


async def test_an_expired_lease_is_taken_over_and_the_old_holder_is_refused(
    jobs: JobTable, catalog: Catalog
) -> None:
    await accept(catalog, new_document())
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
    await accept(catalog, new_document())
    first = await jobs.claim("one", 0.0)
    assert first
    await jobs.report(first, Progress("embedding", 3, 10, 0.3), 128)
    await asyncio.sleep(0.01)
    second = await jobs.claim("two", 10)
    assert second
    assert second.checkpoint == 128
    assert second.progress == Progress("embedding", 3, 10, 0.3)


async def test_a_job_that_kills_its_workers_is_given_up(jobs: JobTable, catalog: Catalog) -> None:
    document = await accept(catalog, new_document())
    for _ in range(MAX_LOST):
        assert await jobs.claim("doomed", 0.0)
        await asyncio.sleep(0.01)
    assert await jobs.claim("next", 10) is None
    failed = await jobs.job("default", document.job_id)
    assert failed.state is JobState.FAILED
    assert failed.error
    assert failed.error.code == "gave_up"
    assert failed.ended_at


async def test_a_clean_shutdown_costs_no_attempt(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    for _ in range(MAX_LOST + 2):
        job = await jobs.claim("restarting", 10)
        assert job
        await jobs.release(job, count_attempt=False)
    for _ in range(MAX_BREAKS):
        job = await jobs.claim("broken", 10)
        assert job
        await jobs.release(job, count_attempt=True)
    assert await jobs.claim("next", 10) is None


async def test_a_failure_says_why(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    job = await jobs.claim("me", 10)
    assert job
    await jobs.fail(job, Problem("damaged_file", "The file is cut off."))
    seen = await jobs.job("default", job.id)
    assert (seen.state, seen.error) == (JobState.FAILED, Problem("damaged_file", "The file is cut off."))
    with pytest.raises(JobNotFound):
        await jobs.job("other tenant", job.id)


async def test_deleting_the_document_ends_the_lease(jobs: JobTable, catalog: Catalog) -> None:
    document = await accept(catalog, new_document())
    job = await jobs.claim("me", 10)
    assert job
    await catalog.delete("default", document.id)
    assert not await jobs.renew(job, 10)


def part(job: Job, number: int, units: int = 10) -> NewJob:
    return NewJob(
        job.tenant, "embed", job.subject, "embedding", Priority.BATCH, id=f"{job.id}-{number}", units=units
    )


async def test_a_job_with_parts_is_taken_again_when_they_are_done(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    whole = await jobs.claim("me", 60)
    assert whole
    assert await jobs.spawn(whole, [part(whole, 0), part(whole, 1)])
    assert await jobs.spawn(whole, [part(whole, 1), part(whole, 2)])  # repeated after a crash
    early = await jobs.claim("me", 60)
    assert early
    assert await jobs.finish(early) is None
    assert await jobs.wait(whole, "publish", 50)
    seen = await jobs.job("default", whole.id)
    assert (seen.state, seen.owner, seen.progress.done, seen.progress.total) == (
        JobState.STARTED,
        None,
        30,
        50,
    )
    for last in (False, True):
        child = await jobs.claim("me", 60)
        assert child
        assert child.parent == whole.id
        woken = await jobs.finish(child)
        assert (woken is not None) is last
    again = await jobs.claim("me", 60)
    assert again
    assert (again.id, again.phase, again.progress.done) == (whole.id, "publish", 50)
    assert await jobs.claim("me", 60) is None


async def test_parts_that_are_done_before_the_whole_waits_wake_it(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    whole = await jobs.claim("me", 60)
    assert whole
    await jobs.spawn(whole, [part(whole, 0)])
    child = await jobs.claim("me", 60)
    assert child
    await jobs.finish(child)
    assert await jobs.wait(whole, "publish", 10)
    again = await jobs.claim("me", 60)
    assert again
    assert again.id == whole.id


async def test_a_part_that_fails_fails_the_whole_and_stops_the_others(
    jobs: JobTable, catalog: Catalog
) -> None:
    await accept(catalog, new_document())
    whole = await jobs.claim("me", 60)
    assert whole
    await jobs.spawn(whole, [part(whole, 0), part(whole, 1)])
    await jobs.wait(whole, "publish", 20)
    child = await jobs.claim("me", 60)
    assert child
    await jobs.fail(child, Problem("damaged_file", "Broken."))
    failed = await jobs.job("default", whole.id)
    assert (failed.state, failed.error) == (JobState.FAILED, Problem("damaged_file", "Broken."))
    assert await jobs.claim("me", 60) is None


async def test_stopping_ends_the_lease_of_a_job_and_of_its_parts(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    whole = await jobs.claim("me", 60)
    assert whole
    await jobs.spawn(whole, [part(whole, 0)])
    child = await jobs.claim("me", 60)
    assert child
    assert (await jobs.stop("default", whole.id)).state is JobState.STOPPED
    assert not await jobs.renew(whole, 60)
    assert not await jobs.renew(child, 60)
    assert not await jobs.spawn(whole, [part(whole, 1)])
    assert await jobs.claim("me", 60) is None
    with pytest.raises(JobNotFound):
        await jobs.stop("other tenant", whole.id)


async def test_only_what_failed_or_was_stopped_is_retried(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    job = await jobs.claim("me", 60)
    assert job
    with pytest.raises(JobNotRetryable):
        await jobs.retry("default", job.id)
    await jobs.report(job, Progress("embedding", 1, 2, 0.5), 64)
    await jobs.fail(job, Problem("gave_up", "It broke."))
    again = await jobs.retry("default", job.id)
    assert (again.state, again.error, again.checkpoint, again.ended_at) == (JobState.QUEUED, None, 0, None)
    taken = await jobs.claim("me", 60)
    assert taken
    assert taken.attempt == job.attempt + 1


async def test_short_jobs_go_first_and_tenants_take_turns(jobs: JobTable) -> None:
    def new(tenant: str, name: str, priority: Priority = Priority.SHORT) -> NewJob:
        return NewJob(tenant, "ingest", name, "ingestion", priority, id=name)

    for job in (
        new("a", "a-long", Priority.LONG),
        new("a", "a1"),
        new("a", "a2"),
        new("a", "a3"),
        new("b", "b1"),
    ):
        await jobs.add(job)
    claims = [await jobs.claim("me", 60) for _ in range(5)]
    assert [job.id for job in claims if job] == ["a1", "b1", "a2", "a3", "a-long"]


async def test_long_jobs_leave_room(jobs: JobTable) -> None:
    for number in range(3):
        await jobs.add(NewJob("a", "ingest", "x", "ingestion", Priority.LONG, id=f"long{number}"))
    first = await jobs.claim("me", 60, most_long=1)
    assert first
    assert await jobs.claim("me", 60, most_long=1) is None
    await jobs.add(NewJob("a", "ingest", "x", "ingestion", id="short"))
    second = await jobs.claim("me", 60, most_long=1)
    assert second
    assert second.id == "short"
    await jobs.finish(first)
    assert await jobs.claim("me", 60, most_long=1)


async def test_a_worker_takes_only_from_its_queues(jobs: JobTable) -> None:
    await jobs.add(NewJob("a", "answer", "x", "rag_queries", id="q"))
    assert await jobs.claim("me", 60, queues=["ingestion"]) is None
    assert await jobs.claim("me", 60, queues=["ingestion", "rag_queries"])


async def test_results_are_kept_and_expire(jobs: JobTable) -> None:
    await jobs.add(NewJob("a", "answer", "x", "rag_queries", payload={"query": "é"}, id="q"))
    job = await jobs.claim("me", 60)
    assert job
    assert job.payload == {"query": "é"}
    await jobs.finish(job, {"answer": "è"})
    done = await jobs.job("a", "q")
    assert (done.state, done.result) == (JobState.FINISHED, {"answer": "è"})
    assert await jobs.expire(["answer"], older_than_s=60) == 0
    assert await jobs.expire(["ingest"], older_than_s=-1) == 0
    assert await jobs.expire(["answer"], older_than_s=-1) == 1
    with pytest.raises(JobNotFound):
        await jobs.job("a", "q")


async def test_the_listing_of_jobs_is_paged_by_state_and_tenant(jobs: JobTable) -> None:
    for number in range(3):
        await jobs.add(NewJob("a", "answer", "x", "rag_queries", id=f"a{number}"))
    await jobs.add(NewJob("b", "answer", "x", "rag_queries", id="b"))
    job = await jobs.claim("me", 60)
    assert job
    await jobs.fail(job, Problem("gave_up", "No."))
    page = await jobs.jobs("a", offset=0, limit=2)
    assert ([j.id for j in page.items], page.total) == (["a2", "a1"], 3)
    assert [j.id for j in (await jobs.jobs("a", offset=0, limit=9, state=JobState.FAILED)).items] == [job.id]
    assert {j.id for j in await jobs.due(10)} == {"a0", "a1", "a2", "b"} - {job.id}


@pytest.mark.slow
async def test_a_job_that_gets_on_is_not_given_up(jobs: JobTable, catalog: Catalog) -> None:
    await accept(catalog, new_document())
    for checkpoint in range(1, 2 * MAX_LOST):
        job = await jobs.claim("killed", 0.0)
        assert job
        await jobs.report(job, Progress("embedding", 3, 10, 0.3), 64 * checkpoint)
        await asyncio.sleep(0.01)
    assert await jobs.claim("next", 10)


async def test_leases_of_the_dead_are_taken_over_at_once(jobs: JobTable, catalog: Catalog) -> None:
    for _ in range(2):
        await accept(catalog, new_document())
    lost, held = await jobs.claim("dead", 60), await jobs.claim("alive", 60)
    assert lost
    assert held
    assert await jobs.release_lost(lambda owner: owner == "dead") == 1
    again = await jobs.claim("next", 60)
    assert again
    assert again.id == lost.id
    assert not await jobs.renew(lost, 60)
    assert await jobs.renew(held, 60)
    assert await jobs.claim("next", 60) is None


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_clock_that_is_set_strands_no_job(
    jobs: JobTable, catalog: Catalog, database: Database, hours: int
) -> None:
    """The clock of the database cannot be set from here: what it wrote is moved the other way."""
    await accept(catalog, new_document())
    before = await jobs.claim("dead", 15)
    assert before
    moved = update(tables.jobs).values(lease_until=tables.jobs.c.lease_until - 3600 * hours)
    await database.write(lambda c: c.execute(moved))
    assert [job.id for job in await jobs.due(9)] == [before.id]
    after = await jobs.claim("next", 15)
    assert after
    assert not await jobs.renew(before, 15)
    assert await jobs.claim("other", 15) is None
    await jobs.finish(after)
    assert (await jobs.job("default", after.id)).state is JobState.FINISHED


async def test_a_living_worker_keeps_its_job_over_a_change_of_the_clock(
    jobs: JobTable, catalog: Catalog, database: Database
) -> None:
    await accept(catalog, new_document())
    job = await jobs.claim("me", 15)
    assert job
    moved = update(tables.jobs).values(lease_until=tables.jobs.c.lease_until + 7200)
    await database.write(lambda c: c.execute(moved))
    assert await jobs.renew(job, 15)
    assert await jobs.claim("other", 15) is None


async def test_what_was_interrupted_goes_on_before_all_that_came_meanwhile(jobs: JobTable) -> None:
    for priority in (Priority.BATCH, Priority.LATER):
        await jobs.add(NewJob("a", "x", f"lost {priority.name}", "q", priority))
        assert await jobs.claim("dead", -1)
    await jobs.add(NewJob("b", "x", "new", "q", Priority.SHORT))
    claims = [await jobs.claim("w", 60) for _ in range(3)]
    assert [job.subject for job in claims if job] == ["lost BATCH", "new", "lost LATER"]


async def test_a_job_over_which_workers_died_lets_others_go_first(jobs: JobTable, catalog: Catalog) -> None:
    suspect = await accept(catalog, new_document())
    for _ in range(SUSPECT):
        assert await jobs.claim("doomed", 0.0)
        await asyncio.sleep(0.01)
    other = await accept(catalog, new_document())
    claims = [await jobs.claim("next", 60) for _ in range(2)]
    assert [job.subject for job in claims if job] == [other.id, suspect.id]
