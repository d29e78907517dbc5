from __future__ import annotations

import pytest

from backend.adapters.sql.audit import SqlAudit
from backend.adapters.sql.question_store import SqlQuestionStore
from backend.adapters.sql.upkeep import SqlUpkeep
from backend.models.documents import JobState, Problem
from backend.models.jobs import NewJob
from backend.services.integrity import Integrity
from backend.services.jobs import PERIODS, job_kinds, maintenance_kinds
from backend.services.maintenance import SYSTEM, WARM, Maintenance
from backend.services.schedule import Schedule
from backend.services.tasks import Worker
from tests.support.fakes import DIMENSION
from tests.support.house import TENANT, House, stream

BOOK = "\f".join(
    f"Page {n} is about subject{n}. " + "It has several sentences of text. " * 30 for n in range(150)
)


@pytest.fixture
def worker(house: House) -> Worker:
    maintenance = Maintenance(
        upkeep=SqlUpkeep(house.database),
        audit=SqlAudit(house.database, DIMENSION),
        ingestion=house.ingestion,
        jobs=house.jobs,
        vectors=house.vectors,
        question_store=SqlQuestionStore(house.database),
        sets_kept_s=-1,
        expiring=["answer"],
        results_kept_s=-1,
    )
    return Worker(
        owner="w",
        jobs=house.jobs,
        kinds=job_kinds(house.ingestion, house.answer_jobs) | maintenance_kinds(maintenance),
        queue=house.queue,
        wait=house.queue.wait,
        concurrency=2,
    )


def schedule(house: House) -> Schedule:
    return Schedule(jobs=house.jobs, queue=house.queue, periods=PERIODS)


async def findings(house: House) -> list[str]:
    audit = SqlAudit(house.database, DIMENSION)
    check = Integrity(audit=audit, catalog=house.catalog, blobs=house.blobs, vectors=house.vectors)
    return [fault.sentence for fault in await check.check()]


async def test_every_kind_that_is_scheduled_runs_once_a_period(house: House, worker: Worker) -> None:
    await house.add(BOOK)
    one, other = schedule(house), schedule(house)
    for moment in (1e9, 1e9 + 10, 1e9 - 7200 + 7200):
        await one.look(moment)
        await other.look(moment)
    turns = 0
    while await worker.turn():
        turns += 1
    assert turns == len(PERIODS)
    page = await house.jobs.jobs(SYSTEM, offset=0, limit=99)
    assert {job.kind for job in page.items} == set(PERIODS)
    assert {job.state for job in page.items} == {JobState.FINISHED}
    await one.look(1e9 + 86_400)
    assert len(await house.jobs.due(99)) == len(PERIODS)
    assert (await house.jobs.jobs(TENANT, offset=0, limit=9)).total == 1


@pytest.mark.slow
async def test_optimising_changes_nothing_that_is_found(house: House, worker: Worker) -> None:
    documents = [await house.add(f"Number{n} is here.\f{BOOK[: 3000 * n]}", f"{n}.txt") for n in range(8)]
    for document in documents[::2]:
        await house.ingestion.delete(TENANT, document.id)
    segments = "SELECT count(DISTINCT segid) FROM chunk_terms_idx"
    before = await house.database.read(lambda c: c.exec_driver_sql(segments).scalar_one())
    await schedule(house).look(1e9)
    while await worker.turn():
        pass
    after = await house.database.read(lambda c: c.exec_driver_sql(segments).scalar_one())
    assert after < before
    assert after <= 1
    assert await findings(house) == []
    assert await house.keywords.search(TENANT, "number3", 5)
    assert not await house.keywords.search(TENANT, "number2", 5)
    assert (house.root / "quaestio.db-wal").stat().st_size < 1_000_000


async def test_the_sweep_removes_what_a_failed_ingestion_left(house: House, worker: Worker) -> None:
    kept = await house.add("Roots drink water.")
    book = await house.ingestion.accept(TENANT, "book.txt", stream(BOOK.encode()))
    assert await worker.turn()
    part = await house.jobs.claim("me", 60)
    assert part
    await house.jobs.fail(part, Problem("gave_up", "No."))
    assert await findings(house) != []
    await schedule(house).look(1e9)
    while await worker.turn():
        pass
    assert await findings(house) == []
    assert await house.catalog.chunk_range(book.document, 0, 9999) == []
    assert await house.vectors.warm(TENANT) == kept.chunks
    again = await house.ingestion.retry(TENANT, book.document.id)
    assert again.state is JobState.QUEUED
    while await worker.turn():
        pass
    assert (await house.catalog.document(TENANT, again.id)).state is JobState.FINISHED
    assert await findings(house) == []


async def test_results_expire_and_documents_do_not(house: House, worker: Worker) -> None:
    document = await house.add("Roots drink water.")
    await house.jobs.add(NewJob(TENANT, "answer", "x", "rag_queries", id="q"))
    job = await house.jobs.claim("me", 60)
    assert job
    await house.jobs.finish(job, {"answer": "é"})
    await schedule(house).look(1e9)
    while await worker.turn():
        pass
    page = await house.jobs.jobs(TENANT, offset=0, limit=9)
    assert [job.id for job in page.items] == [document.job_id]


async def test_indexes_are_opened_before_somebody_searches(house: House, worker: Worker) -> None:
    await house.add("Roots drink water.", tenant="other")
    assert not house.vectors._views
    await house.jobs.add(NewJob(SYSTEM, WARM, SYSTEM, "maintenance", id="warm"))
    assert await worker.turn()
    assert set(house.vectors._views) == {"other"}
