"""Hybrid retrieval: keywords and vectors in parallel, fused, with the text around each hit."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.models.documents import Chunk, Document, Hit, Passage
from backend.ports.catalog import Catalog
from backend.ports.embedder import Embedder, Vectors
from backend.ports.keyword_index import KeywordIndex
from backend.ports.vector_store import VectorStore
from backend.utils.words import coverage

NEIGHBOURS = 2
"""Chunks of context on each side: about 1,000 characters in all."""

_AROUND = 5
"""Chunks on each side where a person wants to see a passage in its place."""

_COVERAGE_WEIGHT = 0.3
_KEY_BITS = 63
_CANDIDATES = 50
"""Taken from each index before fusion."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search, best first, and how much to trust that there is any."""

    passages: list[Passage]
    similarity: float
    """The best cosine between the query and a chunk, -1..1."""
    coverage: float
    """The largest share of the query's words that one passage holds, 0..1."""
    query: Vectors
    """The query as a unit vector, shape (dimension,)."""
    documents: Mapping[str, Document]
    """Those of the passages, by id."""

    @property
    def relevance(self) -> float:
        """How sure it is that the documents are about the query; from 0.6 on they mostly are.

        A name that stands in the text counts although its vector may be far from every chunk's;
        a paraphrase counts by its vector alone. Measured on titles of sections and on foreign topics.
        """
        return self.similarity + _COVERAGE_WEIGHT * self.coverage


class Retriever:
    """Finds passages for a query in the published documents of a tenant."""

    def __init__(
        self,
        *,
        embedder: Embedder,
        vectors: VectorStore,
        keywords: KeywordIndex,
        catalog: Catalog,
        vector_weight: float = 0.6,
    ) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._keywords = keywords
        self._catalog = catalog
        self._vector_weight = vector_weight

    async def search(
        self, tenant: str, query: str, k: int, documents: Sequence[Document] | None = None
    ) -> Found:
        """The ``k`` best chunks, each with its neighbours; ``documents`` (published) narrows the search."""
        candidates = max(_CANDIDATES, 2 * k)
        (vector, by_meaning), by_words = await asyncio.gather(
            self._by_meaning(tenant, query, candidates, documents),
            self._keywords.search(tenant, query, candidates, documents),
        )
        scores = fuse(by_meaning, by_words, self._vector_weight)
        best = sorted(scores, key=lambda key: (-scores[key], key))[:k]
        passages, named = await self._passages(tenant, best, scores)
        similarity = by_meaning[0].score if by_meaning else -1.0
        held = max((coverage(query, p.text) for p in passages), default=0.0)
        return Found(passages, similarity, held, vector, named)

    async def passage(self, tenant: str, document_id: str, chunk_id: str) -> Passage | None:
        """A chunk by its id, with its neighbours; None where the document has no such chunk."""
        try:
            key = int(chunk_id, 16)
        except ValueError:
            return None
        if key >> _KEY_BITS:
            return None
        passages, _ = await self._passages(tenant, [key], {key: 0.0}, _AROUND)
        return passages[0] if passages and passages[0].document_id == document_id else None

    async def _by_meaning(
        self, tenant: str, query: str, k: int, documents: Sequence[Document] | None
    ) -> tuple[Vectors, list[Hit]]:
        vector: Vectors = (await self._embedder.embed([query]))[0]
        return vector, await self._vectors.search(tenant, vector, k, documents)

    async def _passages(
        self, tenant: str, keys: list[int], scores: dict[int, float], neighbours: int = NEIGHBOURS
    ) -> tuple[list[Passage], dict[str, Document]]:
        """One query for the hits and their neighbours (keys of neighbours count up), one for documents."""
        wanted = {key + step for key in keys for step in range(-neighbours, neighbours + 1)}
        chunks = await self._catalog.chunks(tenant, sorted(wanted))
        found = [chunks[key] for key in keys if key in chunks]
        ids = sorted({chunk.document_id for chunk in found})
        named = {d.id: d for d in await self._catalog.published(tenant, ids)}
        passages = [
            _around(chunk, chunks, named[chunk.document_id].filename, scores[chunk.key], neighbours)
            for chunk in found
            if chunk.document_id in named  # one may be deleted meanwhile
        ]
        return passages, named


def fuse(by_meaning: Sequence[Hit], by_words: Sequence[Hit], vector_weight: float) -> dict[int, float]:
    """Weighted sum of both scores, each stretched to 0..1 over its own list (min-max).

    A chunk that one list lacks gets 0 from it. On XQuAD and Cranfield this beats reciprocal ranks.
    """
    fused: dict[int, float] = {}
    for hits, weight in ((by_meaning, vector_weight), (by_words, 1 - vector_weight)):
        if not hits:
            continue
        low, high = min(h.score for h in hits), max(h.score for h in hits)
        for hit in hits:
            share = (hit.score - low) / (high - low) if high > low else 1.0
            fused[hit.key] = fused.get(hit.key, 0.0) + weight * share
    return fused


def _around(chunk: Chunk, chunks: dict[int, Chunk], filename: str, score: float, neighbours: int) -> Passage:
    around = [
        chunks[key]
        for key in range(chunk.key - neighbours, chunk.key + neighbours + 1)
        if key in chunks and chunks[key].document_id == chunk.document_id
    ]
    return Passage(
        document_id=chunk.document_id,
        filename=filename,
        chunks=tuple(around),
        score=score,
        hit=around.index(chunk),
    )
