"""Several models as one: the first that answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from backend.errors import ModelUnavailable
from backend.models.language import Completion, Piece, Prompt
from backend.ports.language_model import LanguageModel

logger = logging.getLogger(__name__)

_SHARE = 0.6
"""Of the time left, what a model that is not the last gets to begin its answer."""


class FallbackModel:
    """Asks the models in their order; the next one where one is unavailable.

    An answer that has begun is not begun again by another model: a break in it is the caller's to handle.
    """

    def __init__(self, models: Sequence[LanguageModel]) -> None:
        self._models = tuple(models)

    @property
    def name(self) -> str:
        """Of the first model."""
        return self._models[0].name

    async def complete(self, prompt: Prompt) -> Completion:
        """The first whole answer."""
        for model in self._models[:-1]:
            try:
                return await model.complete(_with_a_share(prompt))
            except ModelUnavailable as error:
                logger.info("the next model is asked: %s", error.message)
        return await self._models[-1].complete(prompt)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """The first answer that begins."""
        for model in self._models:
            last = model is self._models[-1]
            begun = False
            try:
                async with aclosing(model.stream(prompt if last else _begun_soon(prompt))) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
            except ModelUnavailable as error:
                if begun or last:
                    raise
                logger.info("the next model is asked: %s", error.message)
            else:
                return


def _with_a_share(prompt: Prompt) -> Prompt:
    return replace(prompt, deadline=_share(prompt))


def _begun_soon(prompt: Prompt) -> Prompt:
    return replace(prompt, begin_by=_share(prompt))


def _share(prompt: Prompt) -> float | None:
    if prompt.deadline is None:
        return None
    now = asyncio.get_running_loop().time()
    return now + _SHARE * (prompt.deadline - now)
