"""Questions that were made ahead of requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.documents import Document
from backend.models.jobs import Job
from backend.models.questions import Candidate, Mode


class CandidateStore(Protocol):
    """Candidates of a document are used once it is settled; they are deleted with it."""

    async def keep(
        self, document: Document, first: int, last: int, candidates: Sequence[Candidate], job: Job
    ) -> None:
        """Store the candidates of the chunks from position ``first`` to ``last``, replacing those there.

        Raises Stopped where ``job`` is no longer held: stopped, taken over, or gone with its document.
        """

    async def settle(self, document: Document, job: Job) -> None:
        """Say that a document is mined to its end; raises Stopped as above."""

    async def unmined(self, tenant: str, documents: Sequence[Document]) -> list[Document]:
        """Of published documents, those that are not settled."""

    async def best(
        self, tenant: str, mode: Mode, documents: Sequence[Document], turns: int
    ) -> list[Candidate]:
        """Candidates of the first ``turns`` turns of each section, in reading order."""

    async def of_chunks(self, tenant: str, mode: Mode, keys: Sequence[int]) -> list[Candidate]:
        """Candidates that come from these chunks, in reading order."""
