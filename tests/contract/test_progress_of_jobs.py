"""What the store says of the pace of a job, and of answers that are given again."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection

from backend.adapters.sql.answers import SqlAnswers
from backend.adapters.sql.database import Database
from backend.errors import Stopped
from backend.models.documents import Document, Progress
from backend.models.jobs import Job, NewJob
from backend.models.library import DocumentView
from backend.models.tracking import JobView
from backend.models.work import Work
from backend.ports.answers import Claim
from backend.services.idempotency import Idempotency
from tests.support.documents import accept, chunks_of, new_document
from tests.support.house import TENANT, House


async def taken(house: House) -> tuple[Document, Job]:
    document = await accept(house.catalog, new_document())
    job = await house.jobs.claim("worker", 60)
    assert job
    return document, job


async def work_of(house: House, document: Document) -> Work:
    work = (await house.catalog.document(TENANT, document.id)).work
    assert work
    return work


async def test_a_document_waits_until_it_is_taken(house: House) -> None:
    document = await accept(house.catalog, new_document())
    assert (document.waiting, (await work_of(house, document)).pace_at) == (True, None)
    assert await house.jobs.claim("worker", 60)
    held = await house.catalog.document(TENANT, document.id)
    assert not held.waiting
    assert held.work
    assert held.work.held
    assert held.work.pace_at


async def test_the_pace_of_a_job_taken_again_begins_where_it_was(house: House) -> None:
    document, job = await taken(house)
    assert await house.jobs.report(job, Progress("embedding", 30, 100, 0.3, "pages"), 64)
    await house.jobs.release(job, count_attempt=False)
    again = await house.jobs.claim("another", 60)
    assert again
    work = await work_of(house, document)
    assert (work.pace_done, work.pace_fraction) == (30, 0.3)
    assert await house.jobs.report(again, Progress("extracting", 0, 100, 0.0, "pages"), 64)
    progress = (await house.catalog.document(TENANT, document.id)).progress
    assert (progress.done, progress.fraction) == (0, 0.3), "the share of the whole never falls"


async def test_a_job_that_waits_for_its_parts_is_heard_of_through_them(house: House) -> None:
    document, job = await taken(house)
    parts = [NewJob(TENANT, "embed", document.id, "embedding", id=f"part-{n}", units=40) for n in (1, 2)]
    assert await house.jobs.spawn(job, parts)
    assert await house.jobs.wait(job, "publish", 100)
    before = await work_of(house, document)
    assert (before.held, before.pace_done) == (False, 20)
    silent = "UPDATE jobs SET heartbeat_at = heartbeat_at - 100, pace_at = pace_at - 100 WHERE parent IS NULL"
    await house.database.write(lambda c: c.exec_driver_sql(silent).rowcount)
    assert (await house.catalog.document(TENANT, document.id)).waiting
    part = await house.jobs.claim("worker", 60)
    assert part
    after = await house.catalog.document(TENANT, document.id)
    assert not after.waiting
    assert after.work
    assert before.pace_at
    assert after.work.pace_at
    assert after.work.pace_at >= before.pace_at, "a rest does not count"
    await house.database.write(lambda c: c.exec_driver_sql(silent).rowcount)
    await house.jobs.finish(part)
    assert not (await house.catalog.document(TENANT, document.id)).waiting


async def test_a_stopped_document_is_never_published_and_leaves_no_words(house: House) -> None:
    document, job = await taken(house)
    await house.catalog.add_chunks(document, chunks_of(document, ["Roots drink water."]), job)
    await house.keywords.add(document)
    await house.ingestion.stop(TENANT, document.id)
    with pytest.raises(Stopped):
        await house.catalog.publish(document)
    count = "SELECT (SELECT count(*) FROM chunks) + (SELECT count(*) FROM chunk_terms)"
    assert await house.database.read(lambda c: c.exec_driver_sql(count).scalar()) == 0


async def test_the_first_answer_of_a_key_holds(database: Database) -> None:
    claim = partial(SqlAnswers(database).claim, keep_s=60, held_s=15)
    answers = SqlAnswers(database)
    assert await claim("a", "key", "one") == Claim("one", None, ours=True)
    assert await claim("a", "key", "one") == Claim("one", None, ours=False)
    assert await claim("a", "key", "two") == Claim("one", None, ours=False)
    assert await answers.keep("a", "key", "first") == "first"
    assert await answers.keep("a", "key", "second") == "first"
    await answers.release("a", "key")
    assert await claim("a", "key", "one", held_s=-1) == Claim("one", "first", ours=False)
    assert await claim("b", "key", "two") == Claim("two", None, ours=True), "keys are a tenant's own"
    assert await claim("a", "key", "two", keep_s=-1) == Claim("two", None, ours=True), "it was forgotten"


async def test_a_key_whose_holder_is_silent_is_taken_over_by_one(database: Database) -> None:
    answers = SqlAnswers(database)
    assert (await answers.claim("a", "key", "one", keep_s=60, held_s=15)).ours
    await database.write(lambda c: c.exec_driver_sql("UPDATE answers SET created_at = created_at - 20"))
    await answers.hold("a", "key")
    assert not (await answers.claim("a", "key", "one", keep_s=60, held_s=15)).ours, "its work goes on"
    await database.write(lambda c: c.exec_driver_sql("UPDATE answers SET created_at = created_at - 20"))
    assert not (await answers.claim("a", "key", "two", keep_s=60, held_s=15)).ours, "another request"
    asked = [answers.claim("a", "key", "one", keep_s=60, held_s=15) for _ in range(5)]
    assert [claim.ours for claim in await asyncio.gather(*asked)] == [True, False, False, False, False]


async def test_two_processes_with_one_key_work_once(house: House, tmp_path: Path) -> None:
    worked = []
    other = Database(tmp_path / "quaestio.db")
    assert await house.database.read(_file) == await other.read(_file)

    async def work() -> str:
        worked.append(1)
        await asyncio.sleep(0.3)
        return f"answer {len(worked)}"

    try:
        two = [Idempotency(SqlAnswers(each)) for each in (house.database, other)]
        given = await asyncio.gather(*(each.once(TENANT, "key", "print", work) for each in two * 3))
    finally:
        other.close()
    assert (given, worked) == (["answer 1"] * 6, [1])


async def test_every_view_of_a_job_says_the_same_pace(house: House) -> None:
    document, job = await taken(house)
    await house.jobs.report(job, Progress("embedding", 30, 100, 0.3, "pages"), 64)
    back = "UPDATE jobs SET pace_at = pace_at - 7, started_at = started_at - 900"
    await house.database.write(lambda c: c.exec_driver_sql(back))
    of_job = JobView.of(await house.jobs.job(TENANT, job.id))
    of_document = DocumentView.of(await house.catalog.document(TENANT, document.id))
    assert of_job.rate
    assert of_job.rate == pytest.approx(of_document.rate, rel=0.05)
    assert of_job.seconds_left == pytest.approx(of_document.seconds_left, abs=1)
    assert (of_job.waiting, of_job.stage) == (of_document.waiting, of_document.stage)


def _file(connection: Connection) -> object:
    return connection.exec_driver_sql("PRAGMA database_list").one()[2]
