"""Passages to questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.documents import Passage
from backend.models.questions import Order, Question


class QuestionWriter(Protocol):
    """Writes questions from passages; every item cites the chunk that it comes from."""

    @property
    def name(self) -> str:
        """Shown to people as the model that wrote the questions."""

    async def write(self, passages: Sequence[Passage], order: Order) -> list[Question]:
        """At most ``order.count`` questions, best first, none twice; fewer where the text carries fewer.

        ``passages`` do not overlap. The questions are spread over them as evenly as quality allows.
        The same input gives the same questions.
        """
