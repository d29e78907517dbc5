"""Answers that are marked, and what they are marked against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from backend.models.questions import Source

MOST_POINTS = 10
"""Of one answer."""


class Level(StrEnum):
    """How strictly an open answer is marked; the same answer never gets less at an easier level."""

    EASY = "easy"
    MEDIUM = "medium"
    STRICT = "strict"


class Kind(StrEnum):
    """What sort of question was asked."""

    MCQ = "mcq"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Submission:
    """One answer as a person gave it."""

    question: str
    user_answer: str
    question_id: str | int | None = None
    correct_answer: str | None = None
    """What the client holds for right; a question that is stored here knows better."""
    kind: Kind | None = None
    """None: multiple choice where there are options."""
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What an open answer is compared with."""

    answer: str
    points: tuple[str, ...] = ()
    """What a full answer says; empty: the clauses of ``answer``."""
    source: Source | None = None
    whole: bool = True
    """Whether ``answer`` is the model answer. Else it is what the documents say about the question, and an
    answer that makes one of its points well is good."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an open answer is worth, and why."""

    score: int
    right: tuple[str, ...] = ()
    """Points that it makes, in the text's words."""
    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    """What it says against the text, in its own words."""
    remark: str = ""
    """A sentence about the answer as a whole, e.g. that it is blank."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked answer."""

    score: int
    """0..10."""
    feedback: str
    suggestions: str
    hint: str | None
    """The right answer, where it is known."""
    source: Source | None
    question_id: str | int | None = None
    known: bool = True
    """Whether there was anything to mark it against."""
