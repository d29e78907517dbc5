from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest

from backend.errors import AnswerNotFound, EmptyLibrary, ModelUnavailable, TooManyStreams
from backend.models.answers import AnswerEvent, Failed, SourcesFound, Token
from backend.services.answering import running
from backend.services.answering.running import Events, RunningAnswer, RunningAnswers
from backend.services.answering.told import ToldEvents

SOURCES = SourcesFound(())


def answers(most: int = 5, total_s: float = 5.0, batch_s: float = 0.0, idle_s: float = 5.0) -> RunningAnswers:
    return RunningAnswers(most_per_tenant=most, total_s=total_s, idle_s=idle_s, batch_s=batch_s)


def prepared(make: Callable[[], AsyncGenerator[AnswerEvent]]) -> Callable[[], Awaitable[Events]]:
    async def prepare() -> Events:
        return make()

    return prepare


async def words() -> AsyncGenerator[AnswerEvent]:
    yield SOURCES
    for word in ("one ", "two ", "three"):
        yield Token(word)
        await asyncio.sleep(0)


async def read(answer: RunningAnswer, seen: int = 0) -> list[AnswerEvent]:
    events: list[AnswerEvent] = []
    async with asyncio.timeout(5):
        while not (answer.ended and seen + len(events) >= len(answer.events)):
            await answer.more(seen + len(events), 1.0)
            events += answer.events.between(seen + len(events), len(answer.events))
    return events


def text_of(events: list[AnswerEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


async def test_an_answer_is_read_to_its_end_and_again_from_any_place() -> None:
    streams = answers()
    answer = await streams.start("t", prepared(words))
    events = await read(answer)
    assert events[0] == SOURCES
    assert text_of(events) == "one two three"
    streams.leave(answer)
    again = streams.find("t", answer.id)
    assert await read(again, 2) == events[2:]
    with pytest.raises(AnswerNotFound):
        streams.find("other", answer.id)
    assert streams.count == 0


async def test_pieces_that_come_together_are_one_event_and_the_first_does_not_wait() -> None:
    streams = answers(batch_s=0.05)

    async def many() -> AsyncGenerator[AnswerEvent]:
        for _ in range(30):
            yield Token("x")
            await asyncio.sleep(0.004)

    events = await read(await streams.start("t", prepared(many)))
    assert events[0] == Token("x")
    assert 2 <= len(events) <= 12
    assert text_of(events) == "x" * 30


async def test_who_leaves_stops_the_answer_but_may_come_back_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEFT_S", 0.1)
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[AnswerEvent]:
        try:
            while True:
                yield Token("x")
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    streams = answers()
    answer = await streams.start("t", prepared(endless))
    streams.leave(answer)
    await asyncio.sleep(0.05)
    again = streams.find("t", answer.id)
    await asyncio.sleep(0.15)
    assert not answer.ended
    streams.leave(again)
    async with asyncio.timeout(2):
        await closed.wait()
    assert isinstance((await read(answer))[-1], Failed)
    assert streams.count == 0


async def test_what_cannot_begin_is_refused_before_the_first_event() -> None:
    streams = answers(most=1)

    async def empty() -> Events:
        raise EmptyLibrary("Nothing here.")

    with pytest.raises(EmptyLibrary):
        await streams.start("t", empty)

    async def waits() -> AsyncGenerator[AnswerEvent]:
        await asyncio.sleep(60)
        yield SOURCES

    answer = await streams.start("t", prepared(waits))
    with pytest.raises(TooManyStreams):
        await streams.start("t", prepared(words))
    await read(await streams.start("other", prepared(words)))
    answer.stop()
    await read(answer)
    await read(await streams.start("t", prepared(words)))


async def test_a_break_is_one_last_event() -> None:
    async def breaks() -> AsyncGenerator[AnswerEvent]:
        yield Token("begun")
        raise ModelUnavailable("It broke off.")

    async def crashes() -> AsyncGenerator[AnswerEvent]:
        yield Token("begun")
        raise ZeroDivisionError

    async def hangs() -> AsyncGenerator[AnswerEvent]:
        yield Token("begun")
        await asyncio.sleep(60)

    streams = answers(total_s=0.2)
    for make, code in (
        (breaks, "model_unavailable"),
        (crashes, "internal_error"),
        (hangs, "model_unavailable"),
    ):
        events = await read(await streams.start("t", prepared(make)))
        assert text_of(events) == "begun"
        assert [e.code for e in events if isinstance(e, Failed)] == [code]
        assert isinstance(events[-1], Failed)


async def test_an_answer_that_does_not_go_on_ends_with_an_error_and_one_that_does_has_its_time() -> None:
    async def silent() -> AsyncGenerator[AnswerEvent]:
        yield Token("begun")
        await asyncio.sleep(60)

    async def slow() -> AsyncGenerator[AnswerEvent]:
        for _ in range(8):
            await asyncio.sleep(0.1)
            yield Token("x")

    streams = answers(idle_s=0.4, total_s=60)
    cut_off, whole = await asyncio.gather(*(streams.start("t", prepared(make)) for make in (silent, slow)))
    events = await read(cut_off)
    assert text_of(events) == "begun"
    last = events[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("model_unavailable", True)
    assert "did not go on" in last.message
    assert text_of(await read(whole)) == "x" * 8
    assert not [e for e in await read(whole) if isinstance(e, Failed)]
    assert streams.count == 0


async def test_an_answer_that_nobody_reads_any_more_can_be_read_again_as_it_was() -> None:
    streams = answers()
    answer = await streams.start("t", prepared(words))
    events = await read(answer)
    streams.leave(answer)
    again = streams.find("t", answer.id)
    assert await read(again) == events
    streams.leave(again)
    assert await read(streams.find("t", answer.id)) == events


async def test_a_burst_tells_its_sources_first() -> None:
    streams = answers(most=100)
    order: list[str] = []

    async def asks() -> AsyncGenerator[AnswerEvent]:
        order.append("sources")
        yield SOURCES
        order.append("model")
        yield Token("x")

    begun = await asyncio.gather(*(streams.start("t", prepared(asks)) for _ in range(40)))
    for answer in begun:
        await read(answer)
    assert order[:20] == ["sources"] * 15 + ["model"] * 0 + order[15:20]
    assert order.index("model") >= 15


async def test_closing_ends_everything() -> None:
    async def waits() -> AsyncGenerator[AnswerEvent]:
        await asyncio.sleep(60)
        yield SOURCES

    streams = answers()
    answer = await streams.start("t", prepared(waits))
    await streams.close()
    assert answer.ended


def test_events_that_were_told_are_kept_as_they_were() -> None:
    told, events = (
        ToldEvents(),
        [SOURCES, Token("one "), Token(""), Token("🙂 two"), Failed("stopped", "It was.")],
    )
    for event in events:
        told.append(event)
    assert len(told) == 5
    assert told.between(0, 9) == events
    assert told.between(2, 4) == events[2:4]
    assert told.between(7, 9) == []
    told.pack()
    told.pack()
    assert len(told) == 5
    assert told.between(2, 4) == events[2:4]
    assert told.between(0, 9) == events
