"""Marks answers: finds what they are compared with, marks, and says what was right, missing and wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.models.answers import Answer
from backend.models.marking import MOST_POINTS, Finding, Kind, Level, Mark, Reference, Submission
from backend.models.questions import Question, Source
from backend.ports.embedder import Embedder
from backend.ports.question_store import QuestionStore
from backend.services.answers import Answers
from backend.services.marking_rules import mark_open
from backend.services.marking_words import feedback_of, suggestions_of
from backend.services.model_marker import ModelMarker
from backend.services.multiple_choice import bare, chosen, shown

_SOURCES = 2
_MARKER = re.compile(r"\s*\[\d{1,3}\]")


class Marking:
    """Marks one answer at a time; safe to call for many at once."""

    def __init__(
        self,
        *,
        store: QuestionStore,
        answers: Answers,
        embedder: Embedder,
        model: ModelMarker | None = None,
    ) -> None:
        self._store = store
        self._answers = answers
        self._embedder = embedder
        self._model = model

    async def mark(self, tenant: str, submission: Submission, level: Level) -> Mark:
        """The mark of an answer.

        The question is looked for among the stored ones, by id and wording; one that is not there is
        marked against what the client holds for right, else against what the documents say.
        Raises EmptyLibrary where there is neither.
        """
        stored = await self._stored(tenant, submission)
        options = submission.options or (stored.options if stored else ())
        if options and submission.kind is not Kind.OPEN:
            mark = _mark_choice(submission, options, stored)
            if mark is not None:
                return mark
        reference = await self._reference(tenant, submission, stored, options)
        if reference is None:
            return _unmarked(submission)
        answer = _spelled_out(submission.user_answer, options)
        finding = await self._finding(submission.question, answer, reference, level)
        return Mark(
            score=finding.score,
            feedback=feedback_of(finding),
            suggestions=suggestions_of(finding, reference.source),
            hint=reference.answer,
            source=reference.source,
            question_id=submission.question_id,
        )

    async def _finding(self, question: str, answer: str, reference: Reference, level: Level) -> Finding:
        """By the rules; where there is a model, what it says of an answer that is one."""
        by_rules = await mark_open(self._embedder, question, answer, reference, level)
        if self._model is None or by_rules.remark:
            return by_rules
        return await self._model.mark(question, answer, reference, level) or by_rules

    async def _stored(self, tenant: str, submission: Submission) -> Question | None:
        """By id, else by wording: clients may number the questions as they like."""
        by_id = None
        if submission.question_id is not None:
            by_id = await self._store.item(tenant, str(submission.question_id))
        return by_id or await self._store.question_of(tenant, submission.question)

    async def _reference(
        self, tenant: str, submission: Submission, stored: Question | None, options: Sequence[str]
    ) -> Reference | None:
        if stored is not None:
            return Reference(stored.answer, stored.rubric, stored.source)
        if submission.correct_answer and submission.correct_answer.strip():
            return Reference(_spelled_out(submission.correct_answer, options), source=None)
        found = await self._answers.answer(tenant, submission.question, _SOURCES)
        if not found.sources:
            return None
        return Reference(_MARKER.sub("", found.text), source=_source(found), whole=False)


def _source(found: Answer) -> Source:
    cited = found.sources[0]
    return Source(
        document_id=cited.document.id,
        filename=cited.document.filename,
        chunk_id=cited.chunk.id,
        quote=cited.chunk.text,
        page=cited.chunk.page,
        heading=cited.chunk.heading,
    )


def _spelled_out(answer: str, options: Sequence[str]) -> str:
    """The text of the option where an answer is only its letter."""
    index = chosen(answer, options) if options else None
    return answer if index is None else bare(options[index])


def _mark_choice(submission: Submission, options: Sequence[str], stored: Question | None) -> Mark | None:
    """All points or none; None where nobody knows the right option."""
    right = None
    if stored is not None and stored.options:
        right = chosen(stored.answer, options)
    if right is None and submission.correct_answer:
        right = chosen(submission.correct_answer, options)
    if right is None:
        return None
    source = stored.source if stored is not None else None
    given = chosen(submission.user_answer, options)
    because = f" The text says: “{stored.source.quote}”" if stored is not None else ""
    if given == right:
        feedback = f"Right: {shown(options, right)}.{because}"
    elif given is None:
        said = (
            "There is no answer yet" if not submission.user_answer.strip() else "That is none of the options"
        )
        feedback = f"{said}. The right one is {shown(options, right)}.{because}"
    else:
        feedback = f"You chose {shown(options, given)}. The right one is {shown(options, right)}.{because}"
    score = MOST_POINTS if given == right else 0
    return Mark(
        score=score,
        feedback=feedback,
        suggestions=suggestions_of(Finding(score), source),
        hint=shown(options, right),
        source=source,
        question_id=submission.question_id,
    )


def _unmarked(submission: Submission) -> Mark:
    return Mark(
        score=0,
        feedback="This could not be marked: the question is not stored here, and nothing in your documents "
        "answers it.",
        suggestions="Add a document that covers it, or answer a question made from your documents.",
        hint=None,
        source=None,
        question_id=submission.question_id,
        known=False,
    )
