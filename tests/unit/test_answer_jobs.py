from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.errors import JobNotFound, JobNotRetryable
from backend.models.documents import JobState, Problem, Progress
from backend.models.jobs import Job, NewJob
from backend.models.tracking import JobView
from backend.services import answer_jobs, tasks
from backend.services.answer_jobs import AnswerJobs
from backend.services.job_control import JobControl
from tests.support.house import TENANT, House, stream, working

TEXT = "Chlorophyll is the pigment that makes leaves green. Roots drink water from the soil."


def control_of(house: House, asked: AnswerJobs | None = None) -> JobControl:
    return JobControl(
        jobs=house.jobs,
        queue=house.queue,
        ingestion=house.ingestion,
        answer_jobs=asked or house.answer_jobs,
    )


def jobs_kept(house: House, seconds: float) -> AnswerJobs:
    return AnswerJobs(answers=house.answers, jobs=house.jobs, queue=house.queue, result_ttl_s=seconds, k=4)


async def ended(house: House, job: Job) -> Job:
    async with asyncio.timeout(10):
        while not (seen := await house.jobs.job(TENANT, job.id)).state.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return seen


async def test_a_job_answers_as_the_answer_service_does(house: House) -> None:
    await house.add(TEXT)
    async with working(house.worker()):
        job = await ended(house, await house.answer_jobs.submit(TENANT, "Which pigment makes leaves green?"))
    answer = await house.answers.answer(TENANT, "Which pigment makes leaves green?", 4)
    assert job.state is JobState.FINISHED
    assert job.result
    assert job.result["answer"] == answer.text
    assert job.result["sources"][0]["chunk_id"] == answer.sources[0].chunk.id
    assert {"answer", "sources", "citations", "model", "cached", "timings"} <= set(job.result)


async def test_a_ring_starts_it_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "IDLE_S", 60.0)
    await house.add(TEXT)
    async with working(house.worker()):
        await asyncio.sleep(0.1)
        await ended(house, await house.answer_jobs.submit(TENANT, "Which pigment?"))


async def test_an_empty_library_fails_the_job_with_its_error(house: House) -> None:
    async with working(house.worker()):
        job = await ended(house, await house.answer_jobs.submit(TENANT, "Which pigment?"))
    assert job.error
    assert job.error.code == "empty_library"


async def test_a_result_expires_and_is_removed_by_a_later_job(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.add(TEXT)
    asked = jobs_kept(house, 0.05)
    control = control_of(house, asked)
    async with working(house.worker()):
        first = await ended(house, await asked.submit(TENANT, "Which pigment?"))
    await asyncio.sleep(0.06)
    for look in (control.job, control.stop, control.retry):
        with pytest.raises(JobNotFound, match="expired"):
            await look(TENANT, first.id)
    second = await asked.submit(TENANT, "Which pigment?")
    held = await house.jobs.claim("me", 60)
    assert held
    await asked.run(held)
    assert await house.jobs.job(TENANT, first.id)  # a minute has not passed
    monkeypatch.setattr(answer_jobs, "SWEEP_S", 0.0)
    await asked.run(held)
    with pytest.raises(JobNotFound):
        await house.jobs.job(TENANT, first.id)
    assert (await house.jobs.job(TENANT, second.id)).state is JobState.STARTED


async def test_only_old_answers_expire(house: House) -> None:
    document = await house.add(TEXT)
    asked = jobs_kept(house, 3600)
    async with working(house.worker()):
        job = await ended(house, await asked.submit(TENANT, "Which pigment?"))
    assert await asked.expire() == 0
    assert await jobs_kept(house, -1).expire() == 1
    with pytest.raises(JobNotFound):
        await house.jobs.job(TENANT, job.id)
    kept = await control_of(house, jobs_kept(house, -1)).job(TENANT, document.job_id)
    assert kept.kind == "ingest"


async def test_a_question_is_stopped_and_asked_again(house: House) -> None:
    await house.add(TEXT)
    control = control_of(house)
    job = await house.answer_jobs.submit(TENANT, "Which pigment makes leaves green?")
    assert (await control.stop(TENANT, job.id)).state is JobState.STOPPED
    assert (await control.stop(TENANT, job.id)).state is JobState.STOPPED
    assert (await control.retry(TENANT, job.id)).state is JobState.QUEUED
    async with working(house.worker()):
        assert (await ended(house, job)).state is JobState.FINISHED
    with pytest.raises(JobNotRetryable):
        await control.retry(TENANT, job.id)
    for change in (control.stop, control.retry):
        with pytest.raises(JobNotFound):
            await change("other", job.id)


@pytest.mark.slow
async def test_stopping_an_ingestion_removes_what_it_wrote(house: House) -> None:
    house.extractor.hold.clear()
    accepted = await house.ingestion.accept(TENANT, "notes.txt", stream(b"One page.\fAnother page."))
    control = control_of(house)
    async with working(house.worker()):
        async with asyncio.timeout(10):
            while not house.extractor.extractions:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        job = await control.stop(TENANT, accepted.document.job_id)
    assert job.state is JobState.STOPPED
    assert await house.catalog.chunk_range(accepted.document, 0, 9) == []
    house.extractor.hold.set()
    assert (await control.retry(TENANT, job.id)).state is JobState.QUEUED
    async with working(house.worker()):
        assert (await ended(house, job)).state is JobState.FINISHED
    assert await house.catalog.published(TENANT)


async def test_a_part_stands_for_the_whole(house: House) -> None:
    await house.ingestion.accept(TENANT, "notes.txt", stream(b"One page."))
    whole = await house.jobs.claim("me", 60)
    assert whole
    part = NewJob(TENANT, "embed", whole.subject, "embedding", id=f"{whole.id}-0")
    assert await house.jobs.spawn(whole, [part])
    assert (await control_of(house).stop(TENANT, part.id)).id == whole.id
    assert (await house.jobs.job(TENANT, whole.id)).state is JobState.STOPPED


def later(job: Job, seconds: float) -> Job:
    """The job as it is seen so much later, if nobody is heard of meanwhile."""
    assert job.work
    return replace(job, work=replace(job.work, as_of=job.work.as_of + timedelta(seconds=seconds)))


async def test_a_waiting_job_is_told_from_a_running_and_from_a_lost_one(house: House) -> None:
    job = await house.answer_jobs.submit(TENANT, "Which pigment?")
    queued = JobView.of(job)
    assert (queued.status, queued.waiting, queued.stage, queued.progress) == ("queued", True, "waiting", 0)
    taken = await house.jobs.claim("me", 60)
    assert taken
    held = await house.jobs.job(TENANT, job.id)
    running = JobView.of(held)
    assert (running.status, running.waiting, running.stage) == ("started", False, "working")
    assert JobView.of(later(held, 60)).waiting
    await house.jobs.report(taken, Progress("embedding", 30, 120, 0.25, "pages"), 0)
    moving = JobView.of(later(await house.jobs.job(TENANT, job.id), 10))
    assert moving.rate == pytest.approx(3.0, rel=0.05)
    assert moving.seconds_left == pytest.approx(30.0, rel=0.05)
    assert (moving.progress, moving.unit) == (0.25, "pages")
    await house.jobs.fail(taken, Problem("gave_up", "It broke."))
    failed = JobView.of(await house.jobs.job(TENANT, job.id))
    assert (failed.status, failed.error, failed.error_code) == ("failed", "It broke.", "gave_up")
    assert (failed.waiting, failed.rate, failed.seconds_left) == (False, None, None)
