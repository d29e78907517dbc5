"""The wrappers around a model, on a clock of the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from backend.adapters.language_models.breaker import Breaker
from backend.adapters.language_models.chain import ModelChain
from backend.adapters.language_models.dialect import Dialect
from backend.adapters.language_models.fallback_model import FallbackModel
from backend.adapters.language_models.meter import MeteredModel
from backend.adapters.language_models.pauses import MemoryPauses, PatientModel
from backend.config.providers import Provider, providers
from backend.errors import ConfigurationError, ModelBusy, ModelUnavailable
from backend.models.language import Completion, Form, Message, Piece, Prompt, Usage
from tests.api.conftest import settings_for

PROMPT = Prompt((Message("user", "x" * 400),), form=Form("answer", {"type": "object"}))
DOWN, UP = ModelUnavailable("down"), "an answer"


class Script:
    """Does one thing after another: an error is raised, a text is the answer. The last one stays."""

    def __init__(self, name: str, *acts: Exception | str) -> None:
        self.name = name
        self.acts = list(acts)
        self.calls = 0

    def _act(self) -> str:
        self.calls += 1
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        if isinstance(act, Exception):
            raise act
        return act

    async def complete(self, prompt: Prompt) -> Completion:  # noqa: ARG002 - the port
        return Completion(self._act(), self.name, Usage(100, 10))

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:  # noqa: ARG002 - the port
        for word in self._act().split():
            yield Piece(word, self.name)


class Broken(Script):
    """Fails after its first word."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        async for piece in super().stream(prompt):
            yield piece
            raise ModelUnavailable("cut")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def said(
    model: Script | Breaker | PatientModel | FallbackModel | MeteredModel, *, streamed: bool
) -> str:
    if not streamed:
        return (await model.complete(PROMPT)).text
    async with aclosing(model.stream(PROMPT)) as pieces:
        return " ".join([piece.text async for piece in pieces])


both_ways = pytest.mark.parametrize("streamed", [False, True])


@both_ways
async def test_a_breaker_opens_after_three_failures_and_closes_after_a_good_trial(streamed: bool) -> None:
    clock, model = Clock(), Script("m", DOWN, DOWN, DOWN, DOWN, UP)
    breaker = Breaker(model, clock)
    for _ in range(5):
        with pytest.raises(ModelUnavailable):
            await said(breaker, streamed=streamed)
    assert model.calls == 3
    assert breaker.retry_in_s == 10
    clock.now += 11
    with pytest.raises(ModelUnavailable):
        await said(breaker, streamed=streamed)
    assert breaker.retry_in_s == 20  # the trial failed: twice as long
    clock.now += 21
    assert await said(breaker, streamed=streamed) == UP
    assert not breaker.is_open
    assert await said(breaker, streamed=streamed) == UP


async def test_only_one_call_tries_whether_an_open_provider_is_well() -> None:
    clock, model = Clock(), Script("m", DOWN, DOWN, DOWN, UP)
    breaker = Breaker(model, clock)
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            await breaker.complete(PROMPT)
    clock.now += 11
    async with aclosing(breaker.stream(PROMPT)) as trial:
        await anext(trial)
        with pytest.raises(ModelUnavailable, match="too often"):
            await breaker.complete(PROMPT)
    assert not breaker.is_open  # the reader left, but the answer had come


async def test_a_429_is_no_failure_for_the_breaker() -> None:
    breaker = Breaker(Script("m", ModelBusy("wait", 1)), Clock())
    for _ in range(9):
        with pytest.raises(ModelBusy):
            await breaker.complete(PROMPT)
    assert not breaker.is_open


@both_ways
async def test_retry_after_is_honoured_by_every_call(streamed: bool) -> None:
    pauses = MemoryPauses(asyncio.get_running_loop().time)
    first = PatientModel(Script("m", ModelBusy("wait", 0.05), UP), pauses)
    other = PatientModel(Script("m", UP), pauses)
    began = asyncio.get_running_loop().time()
    answering = asyncio.create_task(said(first, streamed=streamed))
    await asyncio.sleep(0.01)
    assert await said(other, streamed=streamed) == UP
    assert asyncio.get_running_loop().time() - began >= 0.05
    assert await answering == UP


@both_ways
async def test_a_pause_that_is_too_long_sends_the_call_elsewhere(streamed: bool) -> None:
    model = Script("m", ModelBusy("wait", 3600))
    with pytest.raises(ModelBusy) as busy:
        await said(PatientModel(model, MemoryPauses(Clock())), streamed=streamed)
    assert busy.value.retry_after_s == 3600
    assert model.calls == 1


async def test_pauses_without_a_named_time_grow_and_begin_short_again() -> None:
    clock = Clock()
    pauses = MemoryPauses(clock)
    lengths = []
    for _ in range(3):
        await pauses.ask("m", None)
        await pauses.ask("m", None)  # refused together: one refusal
        lengths.append(await pauses.left("m"))
        clock.now += 100
    assert lengths == [1, 2, 4]
    await pauses.end("m")
    await pauses.ask("m", None)
    assert await pauses.left("m") == 1


@both_ways
async def test_the_next_model_answers_for_one_that_is_down(streamed: bool) -> None:
    model = FallbackModel([Script("a", DOWN), Script("b", ModelBusy("wait")), Script("c", UP)])
    assert await said(model, streamed=streamed) == UP
    with pytest.raises(ModelUnavailable):
        await said(FallbackModel([Script("a", DOWN), Script("b", DOWN)]), streamed=streamed)


async def test_an_answer_that_has_begun_is_not_begun_again() -> None:
    other = Script("b", UP)
    with pytest.raises(ModelUnavailable, match="cut"):
        await said(FallbackModel([Broken("a", UP), other]), streamed=True)
    assert other.calls == 0


@both_ways
async def test_tokens_and_cost_are_counted_and_a_budget_ends_with_the_day(streamed: bool) -> None:
    now = [datetime(2026, 11, 21, 23, 0, tzinfo=UTC)]
    provider = Provider("openai", "m", "http://x", "key", usd_per_million=(2.0, 8.0), daily_tokens=200)
    model = MeteredModel(Script("m", UP), provider, lambda: now[0])
    while model.usage.total < 200:
        await said(model, streamed=streamed)
    with pytest.raises(ModelBusy) as busy:
        await said(model, streamed=streamed)
    assert busy.value.retry_after_s == 3600
    assert model.cost_usd == (2 * model.usage.prompt_tokens + 8 * model.usage.completion_tokens) / 1e6
    now[0] += timedelta(hours=1)
    assert await said(model, streamed=streamed)


async def test_failures_are_counted_and_cost_nothing() -> None:
    model = MeteredModel(Script("m", DOWN), Provider("local", "m", "http://x", ""), lambda: datetime.now(UTC))
    for streamed in (False, True):
        with pytest.raises(ModelUnavailable):
            await said(model, streamed=streamed)
    assert (model.calls, model.failures, model.usage.total) == (2, 2, 0)


def test_a_provider_that_refuses_a_parameter_is_asked_without_it_from_then_on() -> None:
    dialect = Dialect("openai")
    sent = dialect.parameters(PROMPT, stream=True)
    assert sent["response_format"]["type"] == "json_schema"
    for refusal, gone in (
        ("'temperature' does not support 0.2", "temperature"),
        ("Unrecognized argument: max_completion_tokens", "max_completion_tokens"),
        ("stream_options is not allowed", "stream_options"),
    ):
        assert dialect.give_way(sent, refusal)
        sent = dialect.parameters(PROMPT, stream=True)
        assert gone not in sent
    assert sent["max_tokens"] == PROMPT.max_tokens
    assert dialect.give_way(sent, "json_schema is not supported")
    sent = dialect.parameters(PROMPT, stream=True)
    assert sent["response_format"] == {"type": "json_object"}
    assert dialect.give_way(sent, "unknown field")
    sent = dialect.parameters(PROMPT, stream=True)
    assert "response_format" not in sent
    assert not dialect.give_way(sent, "unknown field")


def test_a_prompt_that_is_too_long_does_not_cost_the_form() -> None:
    dialect = Dialect("local")
    sent = dialect.parameters(PROMPT, stream=False)
    assert not dialect.give_way(sent, "This model's maximum context length is 4096 tokens")


def test_no_key_is_ever_shown(tmp_path: object) -> None:
    settings = settings_for(tmp_path, llm_providers="openai,local", openai_api_key="sk-very-secret")
    configured = providers(settings)
    assert [p.name for p in configured] == ["openai:gpt-4.1-mini", "local:llama3.2"]
    assert configured[0].api_key == "sk-very-secret"
    assert "sk-very-secret" not in f"{settings!r} {settings} {configured!r} {ModelChain(configured).__dict__}"


@pytest.mark.parametrize(
    ("changes", "said_of"),
    [
        ({"llm_providers": "openai"}, "OPENAI_API_KEY"),
        ({"llm_providers": "claude"}, "LLM_PROVIDERS"),
        ({"llm_providers": "local", "local_base_url": "localhost:11434"}, "LOCAL_BASE_URL"),
        ({"llm_providers": "local", "local_prices": "cheap"}, "LOCAL_PRICES"),
    ],
)
def test_settings_that_cannot_work_name_what_to_change(
    tmp_path: object, changes: dict[str, str], said_of: str
) -> None:
    with pytest.raises(ConfigurationError, match=said_of):
        providers(settings_for(tmp_path, **changes))
