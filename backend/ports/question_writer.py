"""Passages to questions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from backend.models.documents import Passage
from backend.models.questions import Order, Question


class QuestionWriter(Protocol):
    """Writes questions from passages; every item cites the chunk that it comes from."""

    @property
    def names(self) -> tuple[str, ...]:
        """The generators that may write, as shown to people; the first choice first, the last resort last."""

    def stream(self, passages: Sequence[Passage], order: Order) -> AsyncGenerator[Question]:
        """At most ``order.count`` questions, each as soon as it is sure, none twice.

        Fewer where the text carries fewer. ``passages`` do not overlap; the questions are spread over them
        as evenly as quality allows. Close the iterator to stop the work.
        """

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        """The same, all at once."""
