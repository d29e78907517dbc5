from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.adapters.extractive import ExtractiveWriter
from backend.adapters.sql.candidates import SqlCandidates
from backend.errors import Stopped
from backend.models.documents import Chunk, Document, JobState, Passage
from backend.models.jobs import Job, mine_job_id
from backend.models.questions import Candidate, Mode, Order
from backend.services import mining
from backend.services.generation import QuestionGeneration, QuestionRequest
from backend.services.ingestion import INGESTION_QUEUE
from backend.services.mined_questions import MinedQuestions
from backend.services.mining import Mining, mine_job
from tests.support.house import TENANT, House

SAMPLE = (
    Path(__file__).resolve().parents[2] / "backend" / "samples" / "how-plants-make-food.txt"
).read_text()


class CountingMiner:
    """The real miner, and how often it was asked."""

    def __init__(self) -> None:
        self.writer = ExtractiveWriter()
        self.calls = 0

    async def mine(self, passages: Sequence[Passage], mode: Mode) -> list[Candidate]:
        self.calls += 1
        return await self.writer.mine(passages, mode)


class Mine:
    """A library with its candidates."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.miner = CountingMiner()
        self.store = SqlCandidates(house.database)
        self.mining = Mining(
            catalog=house.catalog,
            jobs=house.jobs,
            miner=self.miner,
            candidates=self.store,
            embedder=house.embedder,
            vectors=house.vectors,
        )

    async def document(self, text: str = SAMPLE) -> Document:
        return await self.house.catalog.document(TENANT, (await self.house.add(text)).id)

    async def claimed(self, document: Document) -> Job:
        await self.house.jobs.add(mine_job(document, INGESTION_QUEUE))
        job = await self.house.jobs.claim("miner", 60)
        assert job is not None
        return job

    async def all(self, document: Document, mode: Mode) -> list[Candidate]:
        return await self.store.best(TENANT, mode, [document], 1_000_000)


@pytest.fixture
def mine(house: House) -> Mine:
    return Mine(house)


@pytest.mark.slow
@pytest.mark.parametrize("mode", Mode)
async def test_a_mined_document_answers_by_selection(mine: Mine, mode: Mode) -> None:
    document = await mine.document()
    job = await mine.claimed(document)
    assert await mine.store.unmined(TENANT, [document]) == [document]
    assert await MinedQuestions(mine.store).spread(TENANT, [document], Order(mode, 10)) is None
    await mine.mining.run(job)
    assert await mine.store.unmined(TENANT, [document]) == []
    questions = await MinedQuestions(mine.store).spread(TENANT, [document], Order(mode, 15))
    assert questions is not None
    assert len(questions) == 15
    assert all(q.answer in q.source.quote for q in questions)
    assert all(q.bloom in {"remember", "understand", "analyze"} for q in questions)
    if mode is Mode.PRACTICE:
        assert all(q.rubric and all(point in q.answer for point in q.rubric) for q in questions)


@pytest.mark.slow
async def test_mining_again_changes_nothing(mine: Mine) -> None:
    document = await mine.document()
    job = await mine.claimed(document)
    await mine.mining.run(job)
    first = [await mine.all(document, m) for m in Mode]
    await mine.mining.run(job)
    assert [await mine.all(document, m) for m in Mode] == first


@pytest.mark.slow
async def test_an_interrupted_job_goes_on_behind_its_checkpoint(
    mine: Mine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mining, "PART", 10)
    document = await mine.document()
    job = await mine.claimed(document)
    await mine.mining.run(job)
    whole = mine.miner.calls
    known = [await mine.all(document, m) for m in Mode]
    await mine.house.jobs.release(job, count_attempt=False)
    again = await mine.house.jobs.claim("other", 60)
    assert again is not None
    assert again.checkpoint == document.chunks
    await mine.mining.run(again)
    assert mine.miner.calls == whole
    assert [await mine.all(document, m) for m in Mode] == known


@pytest.mark.slow
async def test_a_lost_job_writes_nothing_more(mine: Mine) -> None:
    document = await mine.document()
    job = await mine.claimed(document)
    await mine.house.jobs.stop(TENANT, job.id)
    with pytest.raises(Stopped):
        await mine.mining.run(job)
    assert await mine.store.unmined(TENANT, [document]) == [document]


@pytest.mark.slow
async def test_candidates_and_their_job_go_with_the_document(mine: Mine) -> None:
    document = await mine.document()
    await mine.mining.run(await mine.claimed(document))
    await mine.house.ingestion.delete(TENANT, document.id)
    assert await mine.all(document, Mode.QUIZ) == []
    count = "SELECT count(*) FROM question_candidates"
    assert await mine.house.database.read(lambda c: c.exec_driver_sql(count).scalar_one()) == 0
    jobs = await mine.house.jobs.jobs(TENANT, offset=0, limit=10)
    assert mine_job_id(document) not in {j.id for j in jobs.items}


@pytest.mark.slow
async def test_another_tenant_sees_no_candidate(mine: Mine) -> None:
    document = await mine.document()
    await mine.mining.run(await mine.claimed(document))
    assert await mine.store.best("other", Mode.QUIZ, [document], 100) == []
    keys = [c.chunk for c in await mine.all(document, Mode.QUIZ)]
    assert await mine.store.of_chunks("other", Mode.QUIZ, keys) == []
    assert await mine.store.of_chunks(TENANT, Mode.QUIZ, keys) != []


@pytest.mark.slow
async def test_a_topic_takes_candidates_of_the_passages_found(mine: Mine) -> None:
    document = await mine.document()
    await mine.mining.run(await mine.claimed(document))
    generation = QuestionGeneration(
        catalog=mine.house.catalog,
        retriever=mine.house.retriever,
        writer=ExtractiveWriter(),
        least_relevance=0.2,
        mined=MinedQuestions(mine.store),
    )
    made = await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 3, topic="phloem sugar"))
    assert made.questions
    stored = {c.question.stem for c in await mine.all(document, Mode.PRACTICE)}
    assert {q.stem for q in made.questions} <= stored
    assert any("phloem" in (q.stem + q.source.quote).lower() for q in made.questions)


async def test_ingestion_asks_for_mining_once_published(mine: Mine) -> None:
    mine.house.ingestion._follow_up = lambda document: mine_job(document, INGESTION_QUEUE)
    accepted = await mine.house.ingestion.accept(TENANT, "a.txt", _content(b"Roots drink water."))
    job = await mine.house.jobs.claim("reader", 60)
    assert job is not None
    await mine.house.ingestion.read(job)
    following = await mine.house.jobs.job(TENANT, mine_job_id(accepted.document))
    assert (following.kind, following.state) == ("mine", JobState.QUEUED)


async def test_a_text_without_sentences_is_mined_to_nothing(mine: Mine) -> None:
    document = await mine.document("1 2 3 4 | 5 6 7 8\n\n9 10 11 12 | 13 14")
    await mine.mining.run(await mine.claimed(document))
    assert await MinedQuestions(mine.store).spread(TENANT, [document], Order(Mode.QUIZ, 5)) == []


async def _content(text: bytes):  # noqa: ANN202 - an async generator of bytes
    yield text


def test_a_part_ends_where_a_chapter_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mining, "PART", 4)

    def chunks(*headings: str) -> list[Chunk]:
        return [Chunk(i, "d", i, "text", 5 * i, 5 * i + 4, heading=h) for i, h in enumerate(headings)]

    goes_on = chunks("One", "One > A", "One > A", "One > B", "One > Glossary", "Two", "Two", "Two")
    assert mining.part_of(goes_on, ends=False) == 5
    assert mining.part_of(chunks(*["One"] * 8), ends=False) == 4
    assert mining.part_of(chunks(*["One"] * 7), ends=True) == 7
    assert mining.part_of(chunks("One", "Two"), ends=True) == 2
