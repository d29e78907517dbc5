"""Calls, tokens and cost of a provider, and its budget of a day."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime, timedelta

from backend.config.providers import Provider
from backend.errors import ModelBusy, ModelUnavailable
from backend.models.language import Completion, Piece, Prompt, Usage
from backend.ports.language_model import LanguageModel

_CHARACTERS_PER_TOKEN = 4


class MeteredModel:
    """Counts what one provider is asked and answers, since the start of the process.

    A provider that does not count, or a call that was stopped, is estimated at four characters a token.
    """

    def __init__(self, model: LanguageModel, provider: Provider, now: Callable[[], datetime]) -> None:
        self._model = model
        self._provider = provider
        self._now = now
        self._today = now().date()
        self._spent_today = 0
        self.calls = 0
        self.failures = 0
        self.usage = Usage()

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.name

    @property
    def cost_usd(self) -> float:
        """Of all calls, by the configured prices."""
        read, written = self._provider.usd_per_million
        return (self.usage.prompt_tokens * read + self.usage.completion_tokens * written) / 1e6

    async def complete(self, prompt: Prompt) -> Completion:
        """The model's answer; ModelBusy where the day's budget is spent."""
        self._begin()
        try:
            answer = await self._model.complete(prompt)
        except ModelUnavailable:
            self.failures += 1
            raise
        self._spend(answer.usage if answer.usage.total else _estimate(prompt, len(answer.text)))
        return answer

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """The model's answer; ModelBusy where the day's budget is spent."""
        self._begin()
        usage, length = None, 0
        try:
            async with aclosing(self._model.stream(prompt)) as pieces:
                async for piece in pieces:
                    length += len(piece.text)
                    usage = piece.usage or usage
                    yield piece
        except ModelUnavailable:
            self.failures += 1
            raise
        finally:
            if usage or length:
                self._spend(usage or _estimate(prompt, length))

    def _begin(self) -> None:
        now = self._now()
        if now.date() != self._today:
            self._today, self._spent_today = now.date(), 0
        if 0 < self._provider.daily_tokens <= self._spent_today:
            midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
            raise ModelBusy(f"{self.name}: the day's tokens are spent.", (midnight - now).total_seconds())
        self.calls += 1

    def _spend(self, usage: Usage) -> None:
        self._spent_today += usage.total
        self.usage = Usage(
            self.usage.prompt_tokens + usage.prompt_tokens,
            self.usage.completion_tokens + usage.completion_tokens,
        )


def _estimate(prompt: Prompt, length: int) -> Usage:
    read = sum(len(message.content) for message in prompt.messages)
    return Usage(read // _CHARACTERS_PER_TOKEN, length // _CHARACTERS_PER_TOKEN)
