from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from backend.errors import EmptyLibrary, TopicNotFound
from backend.models.documents import Passage
from backend.models.questions import Mode, Order, Question, QuestionSet, Source
from backend.services.generation import QuestionGeneration, QuestionRequest, _windows, merged
from tests.support.house import TENANT, House, stream, working


class EchoWriter:
    """One question for each passage, and a record of what was asked."""

    names = ("echo",)

    def __init__(self) -> None:
        self.passages: list[Passage] = []

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        return [item async for item in self.stream(passages, order)]

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        self.passages = list(passages)
        for item in [question(p.found.text, order.mode) for p in passages][: order.count]:
            yield item


def question(text: str, mode: Mode = Mode.PRACTICE) -> Question:
    options = (text, "b", "c", "d") if mode is Mode.QUIZ else ()
    return Question(
        f"What about {text[:20]}?", text, Source("d", "f.txt", "1", text), "echo", options=options
    )


@pytest.fixture
def writer() -> EchoWriter:
    return EchoWriter()


@pytest.fixture
def generation(house: House, writer: EchoWriter) -> QuestionGeneration:
    return QuestionGeneration(
        catalog=house.catalog, retriever=house.retriever, writer=writer, least_relevance=0.6
    )


BOOK = "\f".join(
    f"Part {n} tells of topic{n}. " + f"Filler{n} follows filler{n} here. " * 60 for n in range(10)
)


async def test_an_empty_library_says_to_upload(generation: QuestionGeneration) -> None:
    with pytest.raises(EmptyLibrary, match="Upload"):
        await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 5))


async def test_a_request_waits_for_the_first_document(house: House, generation: QuestionGeneration) -> None:
    await house.ingestion.accept(TENANT, "plants.txt", stream(b"Roots drink water from the soil."))
    asking = asyncio.create_task(generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 1)))
    await asyncio.sleep(0.15)
    assert not asking.done()
    async with working(house.worker()):
        assert (await asking).questions


async def test_a_document_that_cannot_be_read_is_not_waited_for(
    house: House, generation: QuestionGeneration
) -> None:
    await house.ingestion.accept(TENANT, "blank.txt", stream(b" "))
    async with working(house.worker()):
        with pytest.raises(EmptyLibrary):
            await asyncio.wait_for(generation.generate(TENANT, QuestionRequest(Mode.QUIZ, 1)), 5)


async def test_without_a_topic_every_part_is_read(
    house: House, generation: QuestionGeneration, writer: EchoWriter
) -> None:
    await house.add(BOOK)
    await house.add("A short note about something.", "note.txt")
    made = await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 500))
    text = " ".join(p.text for p in writer.passages)
    assert all(f"topic{n}" in text for n in range(10))
    assert "short note" in text
    assert made.shortfall
    assert f"{len(made.questions)} of 500" in made.shortfall


async def test_a_topic_reads_what_is_about_it(
    house: House, generation: QuestionGeneration, writer: EchoWriter
) -> None:
    await house.add(BOOK)
    await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 1, topic="  topic4 "))
    assert "topic4" in writer.passages[0].text
    keys = [c.key for p in writer.passages for c in p.chunks]
    assert len(keys) == len(set(keys))


async def test_a_stream_gives_each_question_and_then_the_set(
    house: House, generation: QuestionGeneration
) -> None:
    await house.add(BOOK)
    request = QuestionRequest(Mode.PRACTICE, 3)
    *items, made = [item async for item in generation.stream(TENANT, request)]
    assert made == await generation.generate(TENANT, request)
    assert isinstance(made, QuestionSet)
    assert tuple(items) == made.questions
    assert made.model == "echo"
    assert not made.fallback_used


async def test_a_set_names_every_generator_that_wrote_it(house: House) -> None:
    class Mixed(EchoWriter):
        names = ("a:first", "echo")

        async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
            labels = ["a:first", "echo"]
            async for item in super().stream(passages, order):
                yield replace(item, model=labels.pop(0) if labels else "")

    await house.add(BOOK)
    generation = QuestionGeneration(
        catalog=house.catalog, retriever=house.retriever, writer=Mixed(), least_relevance=0.6
    )
    for count, model, fallback in ((1, "a:first", False), (3, "a:first + echo", True), (0, "echo", True)):
        made = await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, count))
        assert (made.model, made.fallback_used) == (model, fallback)


async def test_an_unknown_topic_is_said(house: House, generation: QuestionGeneration) -> None:
    await house.add(BOOK)
    with pytest.raises(TopicNotFound, match="quasar"):
        await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 1, topic="quasar"))


async def test_only_the_named_documents_are_read(
    house: House, generation: QuestionGeneration, writer: EchoWriter
) -> None:
    one = await house.add("Leaves are green.", "one.txt")
    await house.add("Leaves are brown.", "two.txt")
    for topic in (None, "leaves"):
        await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 5, topic, (one.id,)))
        assert {p.document_id for p in writer.passages} == {one.id}
    with pytest.raises(EmptyLibrary):
        await generation.generate("other tenant", QuestionRequest(Mode.PRACTICE, 5, None, (one.id,)))


@pytest.mark.parametrize(
    ("chunks", "allowed"), [(1, 1.0), (12, 12.0), (13, 500.0), (5000, 700.0), (5000, 0.1)]
)
def test_windows_are_spread_and_do_not_overlap(chunks: int, allowed: float) -> None:
    windows = _windows(chunks, allowed)
    positions = [p for first, last in windows for p in range(first, last + 1)]
    assert len(positions) == len(set(positions))
    assert 0 <= min(positions) <= max(positions) < chunks
    assert len(positions) <= max(allowed, 12) + 12
    if allowed >= chunks:
        assert len(positions) == chunks
    elif len(windows) > 1:
        assert windows[-1][0] > chunks * 0.8


async def test_overlapping_passages_become_one(house: House) -> None:
    document = await house.add(BOOK)
    chunks = await house.catalog.chunk_range(document, 0, 9)
    one = Passage(document.id, "f", tuple(chunks[0:4]), score=0.2, hit=1)
    two = Passage(document.id, "f", tuple(chunks[3:6]), score=0.9, hit=1)
    far = Passage(document.id, "f", tuple(chunks[8:10]), score=0.5, hit=0)
    joined, alone = merged([one, two, far])
    assert joined.chunks == tuple(chunks[0:6])
    assert joined.score == 0.9
    assert alone.chunks == far.chunks


def test_the_contract_string_of_practice() -> None:
    made = QuestionSet(Mode.PRACTICE, 1, (question("blätter"),), "echo")
    assert made.to_contract_json() == '{"questions": ["What about blätter?"]}'


def test_the_contract_string_of_a_quiz() -> None:
    made = QuestionSet(Mode.QUIZ, 1, (question("leaf", Mode.QUIZ),), "echo")
    (item,) = json.loads(made.to_contract_json())["questions"]
    assert item["options"] == ["A) leaf", "B) b", "C) c", "D) d"]
    assert item["correctAnswer"] == "A"


def test_the_contract_string_says_a_shortfall() -> None:
    made = QuestionSet(Mode.PRACTICE, 9, (question("leaf"),), "echo", shortfall="Only 1 of 9.")
    body = json.loads(made.to_contract_json())
    assert {k: body[k] for k in ("requested", "delivered", "shortfall")} == {
        "requested": 9,
        "delivered": 1,
        "shortfall": "Only 1 of 9.",
    }


ARABIC = "ينتج الكبد العصارة الصفراوية التي تساعد على هضم الدهون في الأمعاء الدقيقة. " * 8


class SilentWriter(EchoWriter):
    """Writes nothing, as one that cannot read the text."""

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        async for item in super().stream(passages, replace(order, count=0)):
            yield item


@pytest.mark.parametrize(
    ("text", "says"), [(ARABIC, "questions in Arabic are not supported"), (BOOK, "wider")]
)
async def test_a_shortfall_names_a_script_that_needs_a_model(house: House, text: str, says: str) -> None:
    await house.add(text)
    generation = QuestionGeneration(
        catalog=house.catalog, retriever=house.retriever, writer=SilentWriter(), least_relevance=0.6
    )
    made = await generation.generate(TENANT, QuestionRequest(Mode.PRACTICE, 5))
    assert made.shortfall is not None
    assert says in made.shortfall
