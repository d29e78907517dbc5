"""Answers with sources, quoted from the documents: no language model is needed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence

from backend.errors import EmptyLibrary
from backend.models.answers import EXTRACTIVE, Answer, Source
from backend.models.documents import Document, Passage
from backend.ports.catalog import Catalog
from backend.ports.embedder import Embedder, Vectors
from backend.services.retrieval import Retriever
from backend.services.sentence_choice import Candidate, by_words, candidates, chosen

NOTHING_FOUND = (
    "Your documents do not answer this: nothing in them is about it. "
    "Try other words, or add a document that covers it."
)

_EMPTY = "There is no finished document to answer from. Upload one first, or wait until it has been read."

_HITS_PER_SOURCE = 3
"""Neighbouring hits share one passage, so more are asked for than passages are wanted."""

_COMPARED = 4
"""Sentences compared by meaning, those with the best words: more add a tenth of a percent each and 6 ms.
So small a call also passes the batches of an ingestion that wait."""

_REFERENCE = re.compile(r"\[(\d{1,3})\]")


class Answers:
    """Answers questions from the published documents of a tenant."""

    def __init__(
        self, *, catalog: Catalog, retriever: Retriever, embedder: Embedder, least_relevance: float
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._embedder = embedder
        self._least_relevance = least_relevance

    async def answer(
        self, tenant: str, question: str, k: int, document_ids: Sequence[str] | None = None
    ) -> Answer:
        """The best sentences of the ``k`` best passages, each with a marker of its source.

        Where the documents are not about the question, the text says so and there is no source.
        Raises EmptyLibrary, and DocumentNotFound for an id that does not exist.
        """
        began = time.perf_counter()
        narrowed = None if document_ids is None else await self._named(tenant, document_ids)
        found = await self._retriever.search(tenant, question, _HITS_PER_SOURCE * k, narrowed)
        searched = time.perf_counter()
        text, sources = NOTHING_FOUND, tuple[Source, ...]()
        if not found.passages:
            await self._check_library(tenant)
        elif found.relevance >= self._least_relevance:
            passages = _apart(found.passages)[:k]
            named = await self._catalog.published(tenant, sorted({p.document_id for p in passages}))
            documents = {document.id: document for document in named}
            passages = [p for p in passages if p.document_id in documents]  # one may be deleted meanwhile
            if best := await self._best(question, found.query, passages, documents):
                text, sources = _quoted(best), _sources(passages, documents, best)
        now = time.perf_counter()
        return Answer(text, sources, EXTRACTIVE, 1000 * (searched - began), 1000 * (now - began))

    async def _named(self, tenant: str, document_ids: Sequence[str]) -> list[Document]:
        documents = await self._catalog.published(tenant, document_ids)
        for missing in sorted(set(document_ids) - {document.id for document in documents}):
            await self._catalog.document(tenant, missing)  # a wrong id is said, not ignored
        if not documents:
            raise EmptyLibrary(_EMPTY)
        return documents

    async def _check_library(self, tenant: str) -> None:
        page = await self._catalog.documents(tenant, offset=0, limit=1, published_only=True)
        if page.total == 0:
            raise EmptyLibrary(_EMPTY)

    async def _best(
        self, question: str, vector: Vectors, passages: Sequence[Passage], documents: dict[str, Document]
    ) -> list[Candidate]:
        """The sentences to quote, best first."""
        ranked = by_words(question, candidates(passages, documents))[:_COMPARED]
        if not ranked:
            return []
        vectors = await self._embedder.embed([candidate.text for candidate in ranked])
        return chosen(ranked, (vectors @ vector).tolist())


def _apart(passages: Iterable[Passage]) -> list[Passage]:
    """Passages in their order without those whose hit stands in an earlier one already."""
    kept: list[Passage] = []
    shown: set[int] = set()
    for passage in passages:
        if passage.found.key not in shown:
            kept.append(passage)
            shown |= {chunk.key for chunk in passage.chunks}
    return kept


def _quoted(best: Sequence[Candidate]) -> str:
    """The sentences with their markers: best source first, each source in reading order."""
    first = [candidate.passage for candidate in best]
    ordered = sorted(best, key=lambda c: (first.index(c.passage), c.offset))
    # A number in brackets that stands in the document itself would look like a marker of ours.
    texts = [_REFERENCE.sub(r"(\1)", c.text) for c in ordered]
    return " ".join(f"{text} [{c.passage + 1}]" for text, c in zip(texts, ordered, strict=True))


def _sources(
    passages: Sequence[Passage], documents: dict[str, Document], best: Sequence[Candidate]
) -> tuple[Source, ...]:
    """One source for each passage; where it is cited, its chunk is the one that is quoted first."""
    quoted = {candidate.passage: candidate for candidate in reversed(best)}
    return tuple(
        Source(
            document=documents[passage.document_id],
            passage=passage,
            chunk=passage.chunk_at(quoted[number].offset) if number in quoted else passage.found,
        )
        for number, passage in enumerate(passages)
    )
