"""Questions for a topic, or spread over everything there is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backend.errors import EmptyLibrary, TopicNotFound
from backend.models.documents import Chunk, Document, Passage
from backend.models.questions import Mode, Order, Question, QuestionSet
from backend.ports.catalog import Catalog
from backend.ports.question_writer import QuestionWriter
from backend.services.mined_questions import MinedQuestions
from backend.services.retrieval import Retriever

WINDOW = 12
"""Chunks of a sampled passage: about 2,500 characters, enough for whole paragraphs."""

PATIENCE_S = 10.0
"""How long a request waits where documents are there but none is read yet, as after the first start."""

_POLL_S = 0.1
_HITS_PER_QUESTION = 3
_FEWEST_HITS = 24
_MOST_CHUNKS = 1500
"""Text read for one request (about 350,000 characters): a book is sampled, a chapter read whole."""


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """What is asked for. ``document_ids`` None means every document."""

    mode: Mode
    count: int
    topic: str | None = None
    document_ids: tuple[str, ...] | None = None


class QuestionGeneration:
    """Chooses the passages and has questions written from them."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        retriever: Retriever,
        writer: QuestionWriter,
        least_relevance: float,
        mined: MinedQuestions | None = None,
    ) -> None:
        self._catalog = catalog
        self._retriever = retriever
        self._writer = writer
        self._least_relevance = least_relevance
        self._mined = mined

    async def generate(self, tenant: str, request: QuestionRequest) -> QuestionSet:
        """As many questions as asked, or fewer with the reason.

        Raises EmptyLibrary where there is no document to ask about, TopicNotFound where nothing in
        them is about the topic.
        """
        documents = await self._documents(tenant, request.document_ids)
        if not documents:
            raise EmptyLibrary(
                "There is no finished document to make questions from. "
                "Upload one first, or wait until its ingestion has finished."
            )
        topic = (request.topic or "").strip()
        order = Order(request.mode, request.count)
        questions = await self._questions(tenant, topic, request, documents, order)
        return QuestionSet(
            mode=request.mode,
            requested=request.count,
            questions=tuple(questions),
            model=self._writer.name,
            shortfall=_shortfall(len(questions), request.count, topic),
        )

    async def _questions(
        self, tenant: str, topic: str, request: QuestionRequest, documents: list[Document], order: Order
    ) -> list[Question]:
        """Stored candidates where every document that counts has them; else written now."""
        if not topic:
            ready = await self._mined.spread(tenant, documents, order) if self._mined else None
            return (
                ready if ready is not None else await self._writer.write(await self._spread(documents), order)
            )
        passages = await self._about(tenant, topic, request, documents)
        ready = await self._mined.about(tenant, documents, passages, order) if self._mined else None
        return ready if ready is not None else await self._writer.write(passages, order)

    async def _documents(self, tenant: str, document_ids: tuple[str, ...] | None) -> list[Document]:
        """The documents to ask about; where all of them are still being read, the first that is done."""
        for _ in range(round(PATIENCE_S / _POLL_S)):
            documents = await self._catalog.published(tenant, document_ids)
            if documents or not await self._is_reading(tenant):
                return documents
            await asyncio.sleep(_POLL_S)
        return []

    async def _is_reading(self, tenant: str) -> bool:
        newest = await self._catalog.documents(tenant, offset=0, limit=20)
        return any(not document.state.ended for document in newest.items)

    async def _about(
        self, tenant: str, topic: str, request: QuestionRequest, documents: list[Document]
    ) -> list[Passage]:
        hits = max(_FEWEST_HITS, _HITS_PER_QUESTION * request.count)
        narrowed = documents if request.document_ids is not None else None
        found = await self._retriever.search(tenant, topic, hits, narrowed)
        if found.relevance < self._least_relevance:
            raise TopicNotFound(
                f"Your documents say nothing about {topic[:80]!r}. "
                "Try another word for it, or leave the topic empty to ask about everything."
            )
        return merged(found.passages)

    async def _spread(self, documents: Sequence[Document]) -> list[Passage]:
        """Passages from every part of every document, each document by its share of the text."""
        total = sum(d.chunks for d in documents)
        wanted = [(d, _windows(d.chunks, _MOST_CHUNKS * d.chunks / total)) for d in documents]
        read = await asyncio.gather(
            *(self._catalog.chunk_range(d, first, last) for d, windows in wanted for first, last in windows)
        )
        names = {d.id: d.filename for d in documents}
        return [
            Passage(
                document_id=chunks[0].document_id, filename=names[chunks[0].document_id], chunks=tuple(chunks)
            )
            for chunks in read
            if chunks
        ]


def _windows(chunks: int, allowed: float) -> list[tuple[int, int]]:
    """Position ranges, both ends included, evenly over a document of which ``allowed`` chunks may be read."""
    cells = max(1, -(-chunks // WINDOW))
    taken = min(cells, max(1, round(allowed / WINDOW)))
    starts = [round(i * cells / taken) * WINDOW for i in range(taken)]
    return [(start, min(start + WINDOW, chunks) - 1) for start in starts]


def merged(passages: Iterable[Passage]) -> list[Passage]:
    """Passages without overlap, in the order of their best hit: those that touch become one."""
    runs: list[list[Chunk]] = []
    names: dict[str, str] = {}
    best: dict[int, float] = {}
    chunks: dict[int, Chunk] = {}
    for passage in passages:
        names[passage.document_id] = passage.filename
        for chunk in passage.chunks:
            chunks[chunk.key] = chunk
            best[chunk.key] = max(best.get(chunk.key, 0.0), passage.score)
    for key in sorted(chunks):
        if runs and runs[-1][-1].key == key - 1:
            runs[-1].append(chunks[key])
        else:
            runs.append([chunks[key]])
    made = [_passage(run, names, best) for run in runs]
    return sorted(made, key=lambda p: -p.score)


def _passage(run: list[Chunk], names: dict[str, str], best: dict[int, float]) -> Passage:
    hit = max(range(len(run)), key=lambda i: best[run[i].key])
    return Passage(
        document_id=run[0].document_id,
        filename=names[run[0].document_id],
        chunks=tuple(run),
        score=best[run[hit].key],
        hit=hit,
    )


def _shortfall(delivered: int, requested: int, topic: str) -> str | None:
    if delivered >= requested:
        return None
    about = f" about {topic[:80]!r}" if topic else ""
    made = "No question" if delivered == 0 else f"Only {delivered} of {requested} questions"
    return (
        f"{made}{about} could be made from the text without repeating or padding. "
        "Add documents, choose a wider topic or ask for fewer."
    )
