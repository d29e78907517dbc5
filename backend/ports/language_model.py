"""Messages to text: what a model server does."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from backend.models.language import Completion, Piece, Prompt


class LanguageModel(Protocol):
    """Completes a conversation; safe to call from many tasks at once.

    Every failure of the server is a ModelUnavailable: no key, no answer in time, an error status, a broken
    connection, a body that is not what it should be. A caller that is cancelled stops the call.
    """

    @property
    def name(self) -> str:
        """Provider and model, e.g. ``openai:gpt-4.1-mini``; of a chain, the first."""

    async def complete(self, prompt: Prompt) -> Completion:
        """The whole answer; its ``model`` says who gave it."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """The answer as it is written. A failure may come after the first pieces.

        Close the iterator (``contextlib.aclosing``) to stop the call early.
        """
