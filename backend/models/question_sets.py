"""Question sets that are kept: marked, edited, exported, and given again to the same request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.models.questions import Mode, Question, QuestionSet

KINDS = (
    "abbreviation agent cause cloze comparison date definition description ending function list name number "
    "object parts place process subject"
).split()
"""Kinds of questions that can be asked for."""

DIFFICULTIES = ("easy", "medium", "hard")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a set answers, beside mode and count."""

    topic: str = ""
    document_ids: tuple[str, ...] | None = None
    """None: every document there was."""
    difficulty: str | None = None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetItem:
    """A question in a set; its id stays while it is edited, moved or replaced by another one."""

    id: str
    question: Question
    edited: bool = False
    """Whether a person wrote any of it: then nothing promises that the source says so."""


@dataclass(frozen=True, slots=True)
class SetSummary:
    """A set without its questions."""

    id: str
    title: str
    mode: Mode
    model: str
    requested: int
    delivered: int
    shortfall: str | None
    asked: Asked
    created_at: datetime
    kept: bool
    """Whether a person renamed or changed it: it is never forgotten by itself."""
    fallback_used: bool = False
    """Whether another generator than the first choice wrote any of it."""


@dataclass(frozen=True, slots=True)
class StoredSet:
    """A set with its questions, in their order."""

    summary: SetSummary
    items: tuple[SetItem, ...]

    @property
    def id(self) -> str:
        """The id of the set."""
        return self.summary.id

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions alone."""
        return tuple(item.question for item in self.items)

    def as_made(self) -> QuestionSet:
        """The set in the form in which generation gives it."""
        about = self.summary
        return QuestionSet(
            mode=about.mode,
            requested=about.requested,
            questions=self.questions,
            model=about.model,
            shortfall=about.shortfall,
            fallback_used=about.fallback_used,
        )


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Which requests a set answers: the same words about a library that has not changed."""

    request: str
    """Digest of everything that was asked and of the model."""
    library_version: int | None
    """None: it answers no later request, e.g. because a generator of the second choice wrote it."""
