"""A 429 is heard by every call: providers that asked to wait, and until when."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from backend.errors import ModelBusy
from backend.models.language import Completion, Piece, Prompt
from backend.ports.language_model import LanguageModel

_FIRST_S = 1.0
_LONGEST_S = 60.0
_ATTEMPTS = 4
_PATIENCE_S = 5.0
"""Longest wait of a call without a deadline."""
_SHARE = 0.3
"""Of the time left until a deadline, what a call waits for its turn at most; then the next model is asked."""
_SPREAD = 0.25
"""Calls that waited together come back spread over so much of the pause, not all at once."""


class Pauses(Protocol):
    """Until when providers want to be left alone, shared by every call to them."""

    async def left(self, provider: str) -> float:
        """Seconds until it may be asked again; 0 where it may."""

    async def ask(self, provider: str, seconds: float | None) -> None:
        """The provider asked to wait so long; None: it named no time, so longer each time in a row."""

    async def end(self, provider: str) -> None:
        """It answered: the next pause begins short again."""


class MemoryPauses:
    """Pauses of one process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}
        self._row: dict[str, int] = {}

    async def left(self, provider: str) -> float:
        """Seconds until it may be asked again."""
        return max(0.0, self._until.get(provider, 0.0) - self._clock())

    async def ask(self, provider: str, seconds: float | None) -> None:
        """Wait so long, or twice as long as last time."""
        row = self._row.get(provider, 0)
        paused = await self.left(provider) > 0
        if paused and seconds is None:
            return  # calls that were refused together are one refusal
        self._row[provider] = row + 1
        wait = min(_LONGEST_S, _FIRST_S * 2**row) if seconds is None else seconds
        self._until[provider] = max(self._until.get(provider, 0.0), self._clock() + wait)

    async def end(self, provider: str) -> None:
        """It answered."""
        self._row.pop(provider, None)


class PatientModel:
    """Waits while its provider asks for it, as long as the call has time for that; else it is busy."""

    def __init__(self, model: LanguageModel, pauses: Pauses) -> None:
        self._model = model
        self._pauses = pauses

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.name

    async def complete(self, prompt: Prompt) -> Completion:
        """The answer; asked again after each 429, a few times."""
        for attempt in range(_ATTEMPTS):
            await self._turn(prompt)
            try:
                answer = await self._model.complete(prompt)
            except ModelBusy as busy:
                await self._refused(busy, attempt)
            else:
                await self._pauses.end(self.name)
                return answer
        raise AssertionError  # the last attempt returns or raises

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """The answer; a 429 can only come before its first piece."""
        for attempt in range(_ATTEMPTS):
            await self._turn(prompt)
            begun = False
            try:
                async with aclosing(self._model.stream(prompt)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except ModelBusy as busy:
                if begun:
                    raise
                await self._refused(busy, attempt)
            else:
                await self._pauses.end(self.name)
                return

    async def _refused(self, busy: ModelBusy, attempt: int) -> None:
        await self._pauses.ask(self.name, busy.retry_after_s)
        if attempt + 1 == _ATTEMPTS:
            raise busy

    async def _turn(self, prompt: Prompt) -> None:
        while (left := await self._pauses.left(self.name)) > 0:
            if left > _patience(prompt):
                raise ModelBusy(f"{self.name} asks to wait.", left)
            await asyncio.sleep(left * (1 + _SPREAD * random.random()))  # noqa: S311 - spreads load


def _patience(prompt: Prompt) -> float:
    if prompt.deadline is None:
        return _PATIENCE_S
    return _SHARE * (prompt.deadline - asyncio.get_running_loop().time())
