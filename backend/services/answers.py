"""Answers with sources that can be checked: written by a language model, else quoted from the documents."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from backend.errors import ModelUnavailable
from backend.models.answers import (
    EXTRACTIVE,
    Answer,
    AnswerEvent,
    Inquiry,
    Source,
    SourcesFound,
    Token,
)
from backend.models.conversation import Turn
from backend.models.scope import EVERYTHING, Scope
from backend.ports.conversations import Conversations
from backend.ports.embedder import Embedder
from backend.ports.language_model import LanguageModel
from backend.services.answering.citations import CitationReader
from backend.services.answering.evidence import Evidence, EvidenceSearch
from backend.services.answering.follow_ups import TURNS, FollowUps
from backend.services.answering.forms import Form
from backend.services.answering.kinds import Kind, kind_of
from backend.services.answering.prompts import answer_prompt
from backend.services.answering.quoting import Quotation, quotation
from backend.utils.clock import utc_now
from backend.utils.words import tells

NOTHING_FOUND = (
    "Your documents do not answer this: nothing in them is about it. "
    "Try other words, or add a document that covers it."
)

_LONGEST_ANSWER = 1024
"""Tokens: a page and a half."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """A question that can be answered: all that could be refused was not."""

    tenant: str
    inquiry: Inquiry
    standalone: str
    kind: Kind
    evidence: Evidence
    began: float
    retrieval_ms: float


class Answers:
    """Answers questions from the published documents of a tenant."""

    def __init__(
        self,
        *,
        evidence: EvidenceSearch,
        embedder: Embedder,
        conversations: Conversations,
        model: LanguageModel | None = None,
        deadline_s: float = 60.0,
        max_tokens: int = _LONGEST_ANSWER,
    ) -> None:
        self._evidence = evidence
        self._embedder = embedder
        self._conversations = conversations
        self._follow_ups = FollowUps(model)
        self._model = model
        self._deadline_s = deadline_s
        self._max_tokens = min(max_tokens, _LONGEST_ANSWER)

    async def answer(
        self, tenant: str, question: str, k: int, document_ids: Sequence[str] | None = None
    ) -> Answer:
        """``answer_question`` of a question that stands alone."""
        ids = None if document_ids is None else tuple(document_ids)
        return await self.answer_question(tenant, Inquiry(question, k, Scope(document_ids=ids)))

    async def answer_question(self, tenant: str, inquiry: Inquiry) -> Answer:
        """The whole answer; where a model breaks off in the middle of it, one that is quoted.

        Where the documents are not about the question, the text says so and there is no source.
        Raises as ``prepare`` does.
        """
        plan = await self.prepare(tenant, inquiry)
        answer: Answer | None = None
        try:
            async with aclosing(self.answer_stream(plan)) as events:
                async for event in events:
                    if isinstance(event, Answer):
                        answer = event
        except ModelUnavailable as error:
            logger.info("an answer is quoted, since its model broke off: %s", error.message)
        return answer or await self._remembered(plan, await self._quoted(plan, fallback_used=True))

    async def prepare(self, tenant: str, inquiry: Inquiry) -> Plan:
        """Everything before the first character: what can be refused is refused here.

        Raises EmptyLibrary, and DocumentNotFound and CollectionNotFound for what does not exist.
        """
        began = time.perf_counter()
        turns: list[Turn] = []
        if inquiry.session is not None:
            turns = await self._conversations.recent(tenant, inquiry.session, TURNS)
        standalone = await self._follow_ups.standalone(inquiry.question, turns)
        evidence = await self._evidence.find(tenant, standalone, inquiry.k, inquiry.scope)
        elapsed = 1000 * (time.perf_counter() - began)
        return Plan(tenant, inquiry, standalone, kind_of(standalone), evidence, began, elapsed)

    async def answer_stream(self, plan: Plan) -> AsyncGenerator[AnswerEvent]:
        """The sources, the answer as it is written, at last the whole of it with its checked citations.

        Raises ModelUnavailable where a model breaks off in the middle; before its first character another
        one, and at last the quoted answer, takes its place. Closing it stops the model.
        """
        if not plan.evidence.passages or self._model is None:
            answer = await self._quoted(plan) if plan.evidence.passages else _nothing(plan)
            yield SourcesFound(answer.sources)
            yield Token(answer.text)
            yield await self._remembered(plan, answer)
            return
        yield SourcesFound(_sources(plan.evidence))
        written: Answer | None = None
        async with aclosing(self._written(self._model, plan)) as events:
            async for event in events:
                if isinstance(event, Answer):
                    written = event
                else:
                    yield event
        if written is None:
            written = await self._quoted(plan, fallback_used=True)
            yield Token(written.text)
        yield await self._remembered(plan, written)

    async def get_similar_documents(
        self,
        tenant: str,
        query: str,
        k: int,
        scope: Scope = EVERYTHING,
    ) -> tuple[Source, ...]:
        """The passages nearest to a query, best first; nothing is generated and nothing held too far off.

        Raises DocumentNotFound and CollectionNotFound.
        """
        return await self._evidence.similar(tenant, query, k, scope)

    async def _written(self, model: LanguageModel, plan: Plan) -> AsyncGenerator[Token | Answer]:
        """The model's answer with checked markers; nothing at all where none could begin one."""
        evidence = plan.evidence
        prompt = answer_prompt(
            plan.standalone,
            plan.kind,
            evidence.passages,
            evidence.documents,
            max_tokens=self._max_tokens,
            deadline=asyncio.get_running_loop().time() + self._deadline_s,
        )
        reader, said, name = CitationReader(evidence.passages), "", model.name
        try:
            async with aclosing(model.stream(prompt)) as pieces:
                async for piece in pieces:
                    name = piece.model
                    if text := reader.feed(piece.text):
                        said += text
                        yield Token(text)
        except ModelUnavailable as error:
            if said:
                raise
            logger.info("an answer is quoted, since no model began one: %s", error.message)
            return
        if text := reader.finish():
            said += text
            yield Token(text)
        if reader.says_nothing:
            yield Token(NOTHING_FOUND)
            yield replace(_nothing(plan), model=name)
        elif said.strip():
            yield _with_citations(plan, said, name, reader)

    async def _quoted(self, plan: Plan, *, fallback_used: bool = False) -> Answer:
        """The best sentences of the passages, each with a marker of its source."""
        # Of a follow-up, its own words tell the sentences; what it is about has told the passages.
        own = plan.inquiry.question if tells(plan.inquiry.question) else plan.standalone
        made: Quotation | None = await quotation(self._embedder, Form.of(own, plan.kind), plan.evidence)
        if made is None:
            return replace(_nothing(plan), fallback_used=fallback_used)
        return replace(
            _nothing(plan),
            text=made.text,
            sources=made.sources,
            citations=made.citations,
            fallback_used=fallback_used,
            total_ms=_elapsed(plan),
        )

    async def _remembered(self, plan: Plan, answer: Answer) -> Answer:
        session = plan.inquiry.session
        if session is not None:
            turn = Turn(plan.inquiry.question, plan.standalone, answer.text, utc_now())
            await self._conversations.remember(plan.tenant, session, turn)
        return answer


def _sources(evidence: Evidence) -> tuple[Source, ...]:
    return tuple(Source(evidence.documents[p.document_id], p, p.found) for p in evidence.passages)


def _nothing(plan: Plan) -> Answer:
    return Answer(
        text=NOTHING_FOUND,
        sources=(),
        model=EXTRACTIVE,
        retrieval_ms=plan.retrieval_ms,
        total_ms=_elapsed(plan),
        kind=plan.kind.value,
        standalone=plan.standalone,
    )


def _with_citations(plan: Plan, text: str, model: str, reader: CitationReader) -> Answer:
    """Where a source is cited, its chunk is the one that is cited first."""
    cited = {citation.number: citation.chunk for citation in reversed(reader.citations)}
    sources = tuple(
        replace(source, chunk=cited.get(number, source.chunk))
        for number, source in enumerate(_sources(plan.evidence), 1)
    )
    return replace(
        _nothing(plan),
        text=text,
        sources=sources,
        model=model,
        citations=tuple(reader.citations),
        dropped_citations=reader.dropped,
    )


def _elapsed(plan: Plan) -> float:
    return 1000 * (time.perf_counter() - plan.began)
