"""Keywords by chunk key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.documents import Document, Hit


class KeywordIndex(Protocol):
    """BM25 over words (stemmed for English, pairs of characters for Chinese, Japanese and Korean)."""

    async def add(self, document: Document) -> None:
        """Index the stored chunks of a document; harmless when repeated; not found before publication."""

    async def search(
        self, tenant: str, query: str, k: int, documents: Sequence[Document] | None = None
    ) -> list[Hit]:
        """At most ``k`` hits that hold any word of ``query``, best first; scores are positive.

        Nothing in ``query`` is an operator.
        """
