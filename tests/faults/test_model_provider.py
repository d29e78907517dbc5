"""The adapter on a real connection to a server that can be told exactly how to fail."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from backend.adapters.extractive.writer import ExtractiveWriter
from backend.adapters.language_models.chain import ModelChain
from backend.adapters.language_models.openai_model import OpenAIModel
from backend.config.providers import Provider
from backend.errors import ModelBusy, ModelUnavailable
from backend.models.language import Form, Message, Prompt
from backend.models.questions import Mode, Order
from backend.services.model_questions.writer import ModelQuestionWriter
from benchmarks.model_server import Behaviour, serving
from tests.support.fakes import WordEmbedder
from tests.unit.test_model_questions import PLANTS

KEY = "sk-that-nobody-may-see"
PROMPT = Prompt(
    (
        Message("system", "Write questions."),
        Message(
            "user",
            "Write 1 open questions.\nPassage 1, write 1 about it:\n[[ab passage 1]]\nRoots drink plain water from the soil.\n"
            "[[ab end of passage 1]]",
        ),
    ),
    form=Form("questions", {"type": "object"}),
)


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
async def provider(behaviour: Behaviour) -> AsyncIterator[Provider]:
    async with serving(behaviour) as url:
        yield Provider("openai", "m", url, KEY, timeout_s=0.5)


@pytest.fixture
async def model(provider: Provider) -> AsyncIterator[OpenAIModel]:
    opened = OpenAIModel(provider)
    yield opened
    await opened.close()


async def streamed(model: OpenAIModel, prompt: Prompt = PROMPT) -> str:
    async with aclosing(model.stream(prompt)) as pieces:
        return "".join([piece.text async for piece in pieces])


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the server keeps a record, not an event
            await asyncio.sleep(0.01)


async def test_an_answer_is_whole_and_counted_both_ways(model: OpenAIModel) -> None:
    whole = await model.complete(PROMPT)
    assert whole.model == "openai:m"
    assert whole.usage.prompt_tokens == 1000
    assert await streamed(model) == whole.text
    assert "Roots drink" in whole.text
    async with aclosing(model.stream(PROMPT)) as pieces:
        assert [p.usage async for p in pieces][-1] == whole.usage


@pytest.mark.parametrize(
    "fault", ["failing", "malformed", "html", "wrong_key", "hang", "cut", "cut_cleanly", "empty"]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_every_failure_is_one_of_ours_and_says_no_key(
    model: OpenAIModel, behaviour: Behaviour, fault: str, stream: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    behaviour.fault = fault
    if stream and fault == "empty":
        assert await streamed(model) == ""
        return
    with pytest.raises(ModelUnavailable) as failure:
        await (streamed(model) if stream else model.complete(PROMPT))
    chain: BaseException | None = failure.value
    said = caplog.text
    while chain is not None and not chain.__suppress_context__:
        said += repr(chain)
        chain = chain.__cause__ or chain.__context__
    assert "sk-" not in said + repr(chain)


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("-1", None), ("inf", None)]
)
async def test_a_429_carries_the_time_that_was_asked_for(
    model: OpenAIModel, behaviour: Behaviour, header: str, seconds: float | None
) -> None:
    behaviour.fault, behaviour.retry_after = "busy", header
    with pytest.raises(ModelBusy) as busy:
        await model.complete(PROMPT)
    assert busy.value.retry_after_s == seconds


@pytest.mark.parametrize(
    ("fault", "calls"), [("no_schema", 2), ("no_form", 3), ("reasoning", 2), ("old_limit", 2)]
)
async def test_what_a_provider_does_not_know_is_left_out_from_then_on(
    model: OpenAIModel, behaviour: Behaviour, fault: str, calls: int
) -> None:
    behaviour.fault = fault
    assert await streamed(model)
    assert len(behaviour.requests) == calls
    assert (await model.complete(PROMPT)).text
    assert len(behaviour.requests) == calls + 1


async def test_a_slow_drip_ends_at_the_deadline(
    model: OpenAIModel, provider: Provider, behaviour: Behaviour
) -> None:
    behaviour.fault = "drip"
    patient = OpenAIModel(replace(provider, timeout_s=10))
    deadline = asyncio.get_running_loop().time() + 0.3
    with pytest.raises(ModelUnavailable, match="in time"):
        await streamed(patient, replace(PROMPT, deadline=deadline))
    with pytest.raises(ModelUnavailable, match="in time"):
        await streamed(model)  # longer silence between pieces than it may keep
    await patient.close()


async def test_who_leaves_stops_the_call(model: OpenAIModel, behaviour: Behaviour) -> None:
    behaviour.fault = "hang"
    call = asyncio.create_task(model.complete(PROMPT))
    await until(lambda: len(behaviour.requests) == 1)
    call.cancel()
    await until(lambda: behaviour.stopped == 1)


async def test_calls_at_a_time_are_bounded(provider: Provider, behaviour: Behaviour) -> None:
    narrow = OpenAIModel(replace(provider, concurrency=2, timeout_s=5))
    behaviour.fault, behaviour.left = "hang", 2
    calls = [asyncio.create_task(narrow.complete(PROMPT)) for _ in range(4)]
    await until(lambda: len(behaviour.requests) == 2)
    await asyncio.sleep(0.05)
    assert len(behaviour.requests) == 2
    calls[0].cancel()
    async with asyncio.timeout(5):
        assert (await calls[2]).text  # the lane that was left is used
        assert (await calls[3]).text
    calls[1].cancel()
    await narrow.close()


async def test_the_second_provider_answers_for_the_first(provider: Provider, behaviour: Behaviour) -> None:
    behaviour.fault = "failing"
    async with serving(Behaviour()) as url:
        chain = ModelChain([provider, replace(provider, kind="gemini", base_url=url)])
        writer = ModelQuestionWriter(
            model=chain.model,
            names=chain.names,
            embedder=WordEmbedder(),
            last=ExtractiveWriter(),
            deadline_s=20.0,
            max_tokens=2000,
        )
        made = await writer.write(PLANTS, Order(Mode.QUIZ, 8))
        states = {s.name: s for s in await chain.states()}
        await chain.close()
    assert {q.model for q in made} == {"gemini:m"}
    assert len(made) == 8
    assert states["openai:m"].failures > 0
    assert states["gemini:m"].failures == 0


@pytest.mark.parametrize(
    "fault", ["hang", "drip", "cut", "cut_cleanly", "busy", "failing", "malformed", "html", "wrong_key"]
)
async def test_the_set_is_whole_within_the_deadline_whatever_the_provider_does(
    provider: Provider, behaviour: Behaviour, fault: str
) -> None:
    behaviour.fault, behaviour.retry_after = fault, "30"
    chain = ModelChain([provider])
    writer = ModelQuestionWriter(
        model=chain.model,
        names=chain.names,
        embedder=WordEmbedder(),
        last=ExtractiveWriter(),
        deadline_s=4.0,
        max_tokens=2000,
    )
    began = asyncio.get_running_loop().time()
    made = await writer.write(PLANTS, Order(Mode.QUIZ, 8))
    assert asyncio.get_running_loop().time() - began < 4.0
    await chain.close()
    assert len(made) == 8
    labels: set[Any] = {q.model for q in made}
    assert "extractive" in labels or fault in {"drip", "cut", "cut_cleanly"}
    assert labels <= {"extractive", "openai:m"}
