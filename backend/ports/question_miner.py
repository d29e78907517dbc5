"""Passages to questions ahead of any request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.documents import Passage
from backend.models.questions import Candidate, Mode


class QuestionMiner(Protocol):
    """Finds every question of a mode that a text is good for."""

    async def mine(self, passages: Sequence[Passage], mode: Mode) -> list[Candidate]:
        """Candidates best first, none twice; ``section`` and ``turn`` are left to the caller.

        ``passages`` do not overlap and are of one document. The same input gives the same candidates.
        """
