from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence

import pytest

from backend.adapters.sql.question_store import SqlQuestionStore
from backend.errors import NoOtherQuestion, QuaestioError, TopicNotFound
from backend.models.documents import Passage
from backend.models.question_sets import SetItem
from backend.models.questions import Mode, Order, Question, Source
from backend.routes.questions import told
from backend.services.generation import QuestionGeneration, QuestionRequest
from backend.services.question_bank import Made, QuestionBank
from tests.support.house import TENANT, House

WORDS = "root stem leaf bark twig seed fruit petal sepal pollen nectar thorn".split()
TEXT = " ".join(f"The {word} of plant{n} is described in part{n}." for n, word in enumerate(WORDS))


class CountingWriter:
    """Questions about the words of the passages; takes no notice of what an order asks for but the count."""

    names = ("counting", "last")

    def __init__(self) -> None:
        self.calls = 0
        self.hold = asyncio.Event()
        self.hold.set()
        self.closed = False
        self.fails = False
        self.model = ""

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        return [question async for question in self.stream(passages, order)]

    async def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        self.calls += 1
        text = " ".join(p.text for p in passages)
        words = [word for word in WORDS if word in text][: order.count]
        try:
            for number, word in enumerate(words):
                await self.hold.wait()
                if self.fails and number == 2:
                    raise RuntimeError("broken")
                yield self._question(word, number, passages[0])
        finally:
            self.closed = True

    def _question(self, word: str, number: int, passage: Passage) -> Question:
        source = Source(passage.document_id, "notes.txt", passage.found.id, word)
        kind, difficulty = ("definition", "easy") if number % 2 else ("cause", "hard")
        return Question(f"Say {word}, {word * 3}?", word, source, kind, difficulty, model=self.model)


@pytest.fixture
def writer() -> CountingWriter:
    return CountingWriter()


@pytest.fixture
async def bank(house: House, writer: CountingWriter) -> QuestionBank:
    await house.add(TEXT)
    return bank_of(house, writer)


def bank_of(house: House, writer: CountingWriter) -> QuestionBank:
    generation = QuestionGeneration(
        catalog=house.catalog, retriever=house.retriever, writer=writer, least_relevance=0.6
    )
    return QuestionBank(
        generation=generation,
        store=SqlQuestionStore(house.database),
        catalog=house.catalog,
        retriever=house.retriever,
        models=writer.names,
        max_age_s=60,
    )


def asked(count: int = 3, **more: object) -> QuestionRequest:
    return QuestionRequest(Mode.PRACTICE, count, **more)  # type: ignore[arg-type]


async def test_the_same_request_at_the_same_time_is_made_once(
    bank: QuestionBank, writer: CountingWriter
) -> None:
    made = await asyncio.gather(*(bank.make(TENANT, asked()) for _ in range(10)))
    assert writer.calls == 1
    assert len({one.stored.id for one in made}) == 1
    assert (await bank.make(TENANT, asked())).cached


async def test_fresh_ones_are_others_until_there_are_no_more(bank: QuestionBank) -> None:
    seen: set[str] = set()
    for _ in range(len(WORDS) // 4):
        made = await bank.make(TENANT, asked(4), fresh=True)
        stems = {q.stem for q in made.stored.questions}
        assert len(stems) == 4
        assert not stems & seen
        seen |= stems
    last = await bank.make(TENANT, asked(4), fresh=True)
    assert last.stored.questions == ()
    assert last.stored.summary.shortfall


async def test_what_the_writer_ignores_is_seen_to(bank: QuestionBank) -> None:
    made = await bank.make(TENANT, asked(5, kinds=("cause",), difficulty="hard"))
    assert [q.kind for q in made.stored.questions] == ["cause"] * 5
    assert made.stored.summary.asked.kinds == ("cause",)


async def test_a_set_of_the_second_choice_is_not_given_again(
    bank: QuestionBank, writer: CountingWriter
) -> None:
    writer.model = "last"
    first = await bank.make(TENANT, asked())
    assert first.stored.summary.fallback_used
    writer.model = ""
    second = await bank.make(TENANT, asked())
    assert not second.cached
    assert not second.stored.summary.fallback_used
    assert (await bank.make(TENANT, asked())).cached


async def test_regenerating_goes_on_until_the_place_is_empty(bank: QuestionBank) -> None:
    made = (await bank.make(TENANT, asked(2))).stored
    item = made.items[0]
    seen = {q.stem for q in made.questions}
    for _ in range(3):
        after = await bank.regenerate(TENANT, made.id, item.id)
        stem = after.questions[0].stem
        assert stem not in {q.stem for q in after.questions[1:]}
        assert after.items[0].id == item.id
        seen.add(stem)
    assert len(seen) >= 3


@pytest.mark.slow
async def test_where_there_is_nothing_else_it_is_said(house: House, writer: CountingWriter) -> None:
    await house.add("The root of plants is described here.")
    bank = bank_of(house, writer)
    made = (await bank.make(TENANT, asked(3))).stored
    assert len(made.items) == 1
    with pytest.raises(NoOtherQuestion, match="no other"):
        await bank.regenerate(TENANT, made.id, made.items[0].id)


async def test_a_stream_that_is_left_stops_the_writer_and_keeps_nothing(
    bank: QuestionBank, writer: CountingWriter, house: House
) -> None:
    items = bank.stream(TENANT, asked(5))
    assert isinstance(await anext(items), SetItem)
    await items.aclose()
    assert writer.closed
    assert (await SqlQuestionStore(house.database).sets(TENANT, offset=0, limit=9)).total == 0


def parsed(raw: list[bytes]) -> list[tuple[str, dict[str, str]]]:
    found = []
    for block in raw:
        if block.startswith(b":"):
            found.append(("beat", {}))
            continue
        lines = dict(line.split(": ", 1) for line in block.decode().strip().splitlines())
        found.append((lines["event"], json.loads(lines["data"])))
    return found


@pytest.mark.slow
async def test_a_stream_beats_while_it_waits(bank: QuestionBank, writer: CountingWriter) -> None:
    writer.hold.clear()
    items = bank.stream(TENANT, asked(2))
    raw = []
    async for event in told(asyncio.ensure_future(anext(items)), items, 0.0, beat_s=0.02):
        raw.append(event)
        if len(raw) == 3:
            writer.hold.set()
    assert [name for name, _ in parsed(raw)] == ["beat"] * 3 + ["question"] * 2 + ["done"]


async def test_a_failure_in_the_middle_is_one_final_error(
    bank: QuestionBank, writer: CountingWriter, house: House
) -> None:
    writer.fails = True
    items = bank.stream(TENANT, asked(5))
    raw = [event async for event in told(asyncio.ensure_future(anext(items)), items, 0.0)]
    assert [name for name, _ in parsed(raw)] == ["question", "question", "error"]
    said = parsed(raw)[-1][1]
    assert said["code"] == QuaestioError.code
    assert "broken" not in said["message"]
    assert (await SqlQuestionStore(house.database).sets(TENANT, offset=0, limit=9)).total == 0


async def test_a_refused_stream_raises_at_once(bank: QuestionBank) -> None:
    items = bank.stream(TENANT, asked(topic="quasar"))
    with pytest.raises(TopicNotFound, match="nearest"):
        await anext(items)


async def test_a_cached_stream_ends_with_the_same_set(bank: QuestionBank) -> None:
    first = (await bank.make(TENANT, asked())).stored
    *items, end = [one async for one in bank.stream(TENANT, asked())]
    assert end == Made(first, cached=True)
    assert tuple(items) == first.items
