"""The passages that an answer may use."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from backend.errors import EmptyLibrary
from backend.models.answers import Source
from backend.models.documents import Document, Passage
from backend.models.scope import Scope
from backend.ports.catalog import Catalog
from backend.ports.embedder import Embedder, Vectors
from backend.services.answering.kinds import is_about_everything
from backend.services.answering.packing import apart, packed
from backend.services.answering.prompts import INSTRUCTIONS
from backend.services.retrieval import Retriever
from backend.services.scopes import NOTHING_READY, Scopes
from backend.services.single_flight import SingleFlight

_HITS_PER_SOURCE = 3
"""Neighbouring hits share one passage, so more are asked for than passages are wanted."""

_SPREAD_CHUNKS = 5
"""Chunks of each passage that is read for a summary of everything."""
_SPREAD_LEAST = 8
"""Passages that such a summary is made from at least, where the window holds them."""

_AT_A_TIME = 64
"""Searches: more would not be done sooner, and each holds all that it found until it has chosen."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Passages, best first, with their documents; none where nothing found is good enough."""

    passages: tuple[Passage, ...]
    documents: dict[str, Document]
    query: Vectors
    """The question as a unit vector, shape (dimension,)."""


class EvidenceSearch:
    """Retrieves, judges and packs; the same question asked by many at once is searched for once."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        retriever: Retriever,
        embedder: Embedder,
        scopes: Scopes,
        least_relevance: float,
        max_context: int,
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._embedder = embedder
        self._scopes = scopes
        self._least_relevance = least_relevance
        self._budget = max_context - INSTRUCTIONS
        self._flights = SingleFlight[Evidence]()
        self._turns = asyncio.Semaphore(_AT_A_TIME)
        self._asked = 0
        self.searched = 0
        """Searches that were made."""

    @property
    def shared(self) -> int:
        """Questions that were answered from a search that was under way for another."""
        return self._asked - self.searched

    async def find(self, tenant: str, question: str, k: int, scope: Scope) -> Evidence:
        """At most ``k`` passages that fit the model's window, without those that stand in another.

        Raises EmptyLibrary, DocumentNotFound and CollectionNotFound.
        """
        self._asked += 1
        key = (tenant, question, k, scope)
        return await self._flights.do(key, lambda: self._in_turn(tenant, question, k, scope))

    async def similar(self, tenant: str, query: str, k: int, scope: Scope) -> tuple[Source, ...]:
        """The ``k`` best passages whatever their relevance."""
        narrowed = await self._scopes.documents(tenant, scope)
        if narrowed is not None and not narrowed:
            return ()
        found = await self._retriever.search(tenant, query, k, narrowed)
        return tuple(Source(found.documents[p.document_id], p, p.found) for p in found.passages)

    async def _in_turn(self, tenant: str, question: str, k: int, scope: Scope) -> Evidence:
        async with self._turns:
            return await self._find(tenant, question, k, scope)

    async def _find(self, tenant: str, question: str, k: int, scope: Scope) -> Evidence:
        self.searched += 1
        narrowed = await self._scopes.some(tenant, scope)
        if is_about_everything(question):
            return await self._spread(tenant, question, k, narrowed)
        found = await self._retriever.search(tenant, question, _HITS_PER_SOURCE * k, narrowed)
        if not found.passages:
            await self._check_library(tenant)
        if found.relevance < self._least_relevance:
            return Evidence((), {}, found.query)
        passages = tuple(packed(apart(found.passages)[:k], self._budget))
        return Evidence(
            passages, {p.document_id: found.documents[p.document_id] for p in passages}, found.query
        )

    async def _spread(
        self, tenant: str, question: str, k: int, narrowed: Sequence[Document] | None
    ) -> Evidence:
        """Passages from every part of the documents, for a summary of all of them."""
        documents = await self._catalog.published(tenant) if narrowed is None else list(narrowed)
        if not documents:
            raise EmptyLibrary(NOTHING_READY)
        places = _places(documents, max(k, _SPREAD_LEAST))
        read = await asyncio.gather(
            *(self._catalog.chunk_range(d, at, at + _SPREAD_CHUNKS - 1) for d, at in places)
        )
        passages = [
            Passage(document.id, document.filename, tuple(chunks), score=0.5)
            for (document, _), chunks in zip(places, read, strict=True)
            if chunks
        ]
        (vector,) = await self._embedder.embed([question])
        named = {document.id: document for document in documents}
        return Evidence(tuple(packed(passages, self._budget)), named, vector)

    async def _check_library(self, tenant: str) -> None:
        page = await self._catalog.documents(tenant, offset=0, limit=1, published_only=True)
        if page.total == 0:
            raise EmptyLibrary(NOTHING_READY)


def _places(documents: Sequence[Document], count: int) -> list[tuple[Document, int]]:
    """At most ``count`` documents and positions: each document by its share of the text, and evenly in it."""
    if len(documents) > count:
        documents = [documents[n * len(documents) // count] for n in range(count)]
    total = sum(document.chunks for document in documents)
    spare = count - len(documents)  # beyond the one place that every document has
    places: list[tuple[Document, int]] = []
    for document in documents:
        room = -(-document.chunks // _SPREAD_CHUNKS)
        share = max(1, min(room, 1 + spare * document.chunks // total))
        places += [(document, n * document.chunks // share) for n in range(share)]
    return places
