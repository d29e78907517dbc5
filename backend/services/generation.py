"""Questions for a topic, or spread over everything there is."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from backend.errors import EmptyLibrary, TopicNotFound
from backend.models.documents import Chunk, Document, Passage
from backend.models.questions import Mode, Order, Question, QuestionSet
from backend.ports.catalog import Catalog
from backend.ports.question_writer import QuestionWriter
from backend.services.mined_questions import MinedQuestions
from backend.services.retrieval import Retriever
from backend.utils.likeness import Wordings
from backend.utils.scripts import other_script
from backend.utils.words import query_terms

WINDOW = 12
"""Chunks of a sampled passage: about 2,500 characters, enough for whole paragraphs."""

PATIENCE_S = 10.0
"""How long a request waits where documents are there but none is read yet, as after the first start."""

_POLL_S = 0.1
_ROUNDS, _WIDER, _MOST_OVER = 3, 3, 1000
_NEAREST, _SHORT_WORD = 3, 4
_SAMPLED, _MOST_SAMPLED = 3, 20
"""Last chunk read of each document, and documents, to see what a library is written in."""
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
    difficulty: str | None = None
    kinds: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    """Stems that must not be asked again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A request that can be served: what to write from, and what is asked for."""

    passages: tuple[Passage, ...]
    order: Order
    topic: str
    ready: tuple[Question, ...] | None = None
    """The questions themselves, where they were made ahead."""
    script: str | None = None
    """What the text is written in, where questions in it need a language model."""


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
        """As many questions as asked, or fewer with the reason; raises as ``prepare`` does."""
        plan = await self.prepare(tenant, request)
        async with aclosing(self._fitting(plan)) as fitting:
            return self._set(plan, [question async for question in fitting])

    async def stream(self, tenant: str, request: QuestionRequest) -> AsyncGenerator[Question | QuestionSet]:
        """Each question as soon as it is verified, at last the set; raises as ``prepare`` does."""
        plan = await self.prepare(tenant, request)
        async with aclosing(self.deliver(plan)) as items:
            async for item in items:
                yield item

    async def prepare(self, tenant: str, request: QuestionRequest) -> Plan:
        """What to write from: everything that can be refused is refused here, before the first question.

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
        order = Order(
            request.mode,
            request.count,
            request.difficulty,
            request.kinds,
            request.avoid,
            seed=len(request.avoid),  # what is asked anew is chosen anew
        )
        return await self._plan(tenant, topic, request, documents, order)

    async def deliver(self, plan: Plan) -> AsyncGenerator[Question | QuestionSet]:
        """Each question of a plan as soon as it is verified, at last the set of them all."""
        questions: list[Question] = []
        async with aclosing(self._fitting(plan)) as fitting:
            async for question in fitting:
                questions.append(self._labelled(question))
                yield questions[-1]
        yield self._set(plan, questions)

    async def _fitting(self, plan: Plan) -> AsyncGenerator[Question]:
        """What the order asks for, whatever the writer takes from it; where it took too little, once more."""
        if plan.ready is not None:
            for question in plan.ready:
                yield question
            return
        order, asked = plan.order, Wordings(plan.order.avoid)
        left, count = order.count, order.count
        for _ in range(_ROUNDS):
            refused = 0
            again = replace(order, count=count, avoid=asked.texts)
            async with aclosing(self._writer.stream(plan.passages, again)) as written:
                async for question in written:
                    if not _fits(question, order) or question.stem in asked:
                        refused += 1
                    elif left:
                        left -= 1
                        asked.add(question.stem)
                        yield question
            if not left or not refused:
                return
            count = min(_WIDER * (count + refused), _MOST_OVER)

    def _labelled(self, question: Question) -> Question:
        return question if question.model else replace(question, model=self._writer.names[0])

    def _set(self, plan: Plan, written: Sequence[Question]) -> QuestionSet:
        questions = tuple(map(self._labelled, written))
        names = self._writer.names
        # Where nothing could be written, the last resort was the last to try.
        models = list(dict.fromkeys(q.model for q in questions)) or [names[-1]]
        return QuestionSet(
            mode=plan.order.mode,
            requested=plan.order.count,
            questions=questions,
            model=" + ".join(models),
            shortfall=_shortfall(len(questions), plan),
            fallback_used=models != [names[0]],
        )

    async def _plan(
        self, tenant: str, topic: str, request: QuestionRequest, documents: list[Document], order: Order
    ) -> Plan:
        """Chosen among stored candidates where every document that counts has them; else to be written."""
        # A language model writes anew; only the writer without one has made its questions ahead.
        mined = self._mined if len(self._writer.names) == 1 else None
        ready = None
        if topic:
            passages = await self._about(tenant, topic, request, documents)
            if mined:
                ready = await mined.about(tenant, documents, passages, order, topic)
        else:
            if mined:
                ready = await mined.spread(tenant, documents, order)
            passages = [] if ready is not None else await self._spread(documents)
        script = None
        if len(self._writer.names) == 1:
            short = ready is not None and len(ready) < order.count
            script = await self._script(passages, documents if short else [])
        return Plan(tuple(passages), order, topic, None if ready is None else tuple(ready), script)

    async def _script(self, passages: Sequence[Passage], documents: Sequence[Document]) -> str | None:
        """The script of most of the text, where the only writer cannot read it; a sample of each document."""
        read = await asyncio.gather(
            *(self._catalog.chunk_range(d, 0, _SAMPLED) for d in documents[:_MOST_SAMPLED])
        )
        texts = [p.text for p in passages] + [c.text for chunks in read for c in chunks]
        return other_script(" ".join(texts))

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
            near = " or ".join(repr(name) for name in nearest(found.passages))
            raise TopicNotFound(
                f"Your documents say nothing about {topic[:80]!r}. "
                + (f"The nearest they have is {near}. " if near else "")
                + "Try another word for it, or leave the topic empty to ask about everything."
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


def _fits(question: Question, order: Order) -> bool:
    return order.difficulty in {None, question.difficulty} and (
        not order.kinds or question.kind in order.kinds
    )


def nearest(passages: Sequence[Passage]) -> list[str]:
    """What the best passages are about: their headings, or their commonest words where they have none."""
    headings = [p.found.heading.split(" > ")[-1].strip()[:60] for p in passages if p.found.heading]
    if not headings:
        said = Counter(
            word for p in passages for word in query_terms(p.found.text, most=500) if len(word) > _SHORT_WORD
        )
        headings = [word for word, _ in said.most_common(_NEAREST)]
    return list(dict.fromkeys(headings))[:_NEAREST]


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


def _shortfall(delivered: int, plan: Plan) -> str | None:
    requested, topic = plan.order.count, plan.topic
    if delivered >= requested:
        return None
    about = f" about {topic[:80]!r}" if topic else ""
    made = "No question" if delivered == 0 else f"Only {delivered} of {requested} questions"
    if plan.script is not None:
        return (
            f"{made}{about} could be made: questions in {plan.script} are not supported without a language "
            "model. Set one up, or add documents in English, or in German, French, Spanish, Italian, "
            "Portuguese or Dutch for gaps to fill."
        )
    return (
        f"{made}{about} could be made from the text without repeating or padding. "
        "Add documents, choose a wider topic or ask for fewer."
    )
