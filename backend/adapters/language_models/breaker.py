"""A provider that keeps failing is left alone for a while."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from backend.errors import ModelBusy, ModelUnavailable
from backend.models.language import Completion, Piece, Prompt
from backend.ports.language_model import LanguageModel

_FAILURES = 3
_FIRST_S = 10.0
_LONGEST_S = 300.0


class Breaker:
    """Opens after 3 failures in a row: calls fail at once for 10 s, then one call tries whether it is well.

    Each failed trial doubles the time, up to 5 minutes. A 429 is no failure: it has a pause of its own.
    """

    def __init__(self, model: LanguageModel, clock: Callable[[], float]) -> None:
        self._model = model
        self._clock = clock
        self._failures = 0
        self._opened = 0
        self._until = 0.0
        self._trying = False

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.name

    @property
    def retry_in_s(self) -> float:
        """Seconds until a call is let through again; 0 while closed."""
        return max(0.0, self._until - self._clock())

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, all or all but one."""
        return self._opened > 0

    async def complete(self, prompt: Prompt) -> Completion:
        """The model's answer; ModelUnavailable at once while open."""
        with self._watched():
            return await self._model.complete(prompt)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """The model's answer; ModelUnavailable at once while open."""
        with self._watched():
            async with aclosing(self._model.stream(prompt)) as pieces:
                try:
                    async for piece in pieces:
                        yield piece
                except GeneratorExit:  # the caller has read enough of an answer that came
                    self._close()
                    raise

    def _watched(self) -> _Watched:
        if self.is_open and (self._trying or self.retry_in_s > 0):
            raise ModelUnavailable(f"{self.name} failed too often; it is asked again later.")
        return _Watched(self)

    def call_begins(self) -> bool:
        """Whether the call that begins now tries if the provider is well again."""
        self._trying = self.is_open
        return self._trying

    def call_ended(self, error: BaseException | None, *, trial: bool) -> None:
        """Count what became of a call; ``trial``: what ``call_begins`` said of it."""
        if error is None:
            self._close()
        elif isinstance(error, ModelUnavailable) and not isinstance(error, ModelBusy):
            self._count(trial=trial)
        if trial:
            self._trying = False

    def _close(self) -> None:
        self._failures = self._opened = 0

    def _count(self, *, trial: bool) -> None:
        self._failures += 1
        if trial or (self._failures >= _FAILURES and not self.is_open):
            self._until = self._clock() + min(_LONGEST_S, _FIRST_S * 2**self._opened)
            self._opened += 1


class _Watched:
    """One call. No generator: it stays open as long as an answer is written."""

    __slots__ = ("_breaker", "_trial")

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._trial = breaker.call_begins()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._breaker.call_ended(error, trial=self._trial)
