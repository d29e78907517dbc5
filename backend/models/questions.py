"""Questions, where they come from, and the set that answers a request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LETTERS = "ABCD"


class Mode(StrEnum):
    """How questions are used: open ones to practise with, or a multiple-choice quiz."""

    PRACTICE = "practice"
    QUIZ = "quiz"


@dataclass(frozen=True, slots=True)
class Source:
    """The place a question comes from; ``quote`` stands in the document word for word."""

    document_id: str
    filename: str
    chunk_id: str
    quote: str
    page: int | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One item. ``source.quote`` supports ``answer``, word for word where no model wrote it."""

    stem: str
    answer: str
    source: Source
    kind: str
    """The pattern that made it: definition, cause, cloze ..."""
    difficulty: str = "medium"
    """easy, medium or hard."""
    options: tuple[str, ...] = ()
    """Quiz: exactly four distinct texts without letters, one of them ``answer``. Practice: empty."""
    explanation: str = ""
    bloom: str = ""
    """Bloom level: remember, understand, apply, analyze, evaluate or create; empty where not judged."""
    rubric: tuple[str, ...] = ()
    """Points that a full answer to an open question makes, in the text's own words."""
    model: str = ""
    """Which generator wrote it, e.g. ``openai:gpt-4.1-mini``; empty: the writer that was asked."""

    @property
    def key(self) -> str:
        """The letter of the right option (quiz only)."""
        return LETTERS[self.options.index(self.answer)]


@dataclass(frozen=True, slots=True)
class Order:
    """What a writer is asked for."""

    mode: Mode
    count: int
    difficulty: str | None = None
    """Only questions of this difficulty; None for any."""
    kinds: tuple[str, ...] = ()
    """Only questions of these kinds; empty for any."""
    avoid: tuple[str, ...] = ()
    """Stems that must not be asked again, in these or other words."""
    seed: int = 0
    """Another number gives another choice among questions that are about as good; 0 the best ones."""

    def allows(self, question: Question) -> bool:
        """Whether a question is of the difficulty and kind asked for."""
        easy_enough = self.difficulty is None or question.difficulty == self.difficulty
        return easy_enough and (not self.kinds or question.kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question made ahead of any request, and how good it is among those of its document."""

    question: Question
    mode: Mode
    chunk: int
    """Key of the chunk that it comes from."""
    score: float
    section: int = 0
    """Key of the first chunk of its part of the text."""
    turn: int = 0
    """0 for the best of its section and mode, then 1, 2 ..."""


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """The answer to a request for questions: never padded, a shortfall is said."""

    mode: Mode
    requested: int
    questions: tuple[Question, ...]
    model: str
    """Which generators wrote them, e.g. ``extractive`` or ``openai:gpt-4.1-mini + extractive``."""
    shortfall: str | None = None
    fallback_used: bool = False
    """Whether another generator than the first choice wrote any of them."""

    def to_contract_json(self) -> str:
        """The string that the learning front end parses: one JSON object and nothing around it."""
        write = _practice_item if self.mode is Mode.PRACTICE else _quiz_item
        body: dict[str, Any] = {"questions": [write(q) for q in self.questions]}
        if self.shortfall is not None:
            body |= {
                "requested": self.requested,
                "delivered": len(self.questions),
                "shortfall": self.shortfall,
            }
        return json.dumps(body, ensure_ascii=False)


def _practice_item(question: Question) -> str:
    return question.stem


def _quiz_item(question: Question) -> dict[str, Any]:
    return {
        "question": question.stem,
        "options": [f"{letter}) {text}" for letter, text in zip(LETTERS, question.options, strict=True)],
        "correctAnswer": question.key,
        "explanation": question.explanation,
        "difficulty": question.difficulty,
        "source": {
            "document_id": question.source.document_id,
            "filename": question.source.filename,
            "page": question.source.page,
            "heading": question.source.heading,
            "chunk_id": question.source.chunk_id,
            "quote": question.source.quote,
        },
    }
