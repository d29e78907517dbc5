"""Question sets as clients see and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from backend.models.chat import DEFAULT_COUNT, Count, ModeName, QuestionItem, Timings, Topic
from backend.models.filters import CollectionNames
from backend.models.question_sets import DIFFICULTIES, KINDS, SetItem, SetSummary, StoredSet

LONGEST_TITLE = 200
LONGEST_TEXT = 4000

_EXAMPLE_ID = "2f1c8f0d5b9a4f0c9d1e7a6b5c4d3e2f"
_OTHER_ID = "7d0a3c5e1b2f4a6c8e9d0b1a2c3d4e5f"


def _known_difficulty(given: str) -> str:
    if given not in DIFFICULTIES:
        raise PydanticCustomError(
            "difficulty",
            "There is no difficulty {given}: it is easy, medium or hard.",
            {"given": repr(given)},
        )
    return given


def _known_kind(given: str) -> str:
    if given not in KINDS:
        raise PydanticCustomError(
            "type",
            "There is no type {given}. These are known: {known}.",
            {"given": repr(given), "known": ", ".join(KINDS)},
        )
    return given


Difficulty = Annotated[str, StringConstraints(max_length=32), AfterValidator(_known_difficulty)]
KindName = Annotated[str, StringConstraints(max_length=32), AfterValidator(_known_kind)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE)]


class QuestionsRequest(BaseModel):
    """The typed form of question generation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "topic": "photosynthesis",
                    "document_ids": None,
                    "count": 10,
                    "mode": "practice",
                    "difficulty": "hard",
                    "types": ["cause", "comparison"],
                    "fresh": False,
                }
            ]
        }
    )

    topic: Topic | None = Field(None, description="Empty or null: from everything.")
    document_ids: list[str] | None = Field(
        None, min_length=1, max_length=1000, description="Null: every document."
    )
    collections: CollectionNames | None = Field(None, description="Only from documents in any of these.")
    count: Count = DEFAULT_COUNT
    mode: ModeName = "practice"
    difficulty: Difficulty | None = Field(None, description="easy, medium or hard; null: any.")
    types: list[KindName] | None = Field(
        None, max_length=len(KINDS), description=f"Any of {', '.join(KINDS)}; null: all."
    )
    fresh: bool = Field(
        False, description="True: other questions than in earlier sets; else the same request gives its set."
    )


class KeptQuestion(QuestionItem):
    """A question of a set."""

    id: str = Field(description="Stays while the question is edited, moved or replaced.")
    edited: bool = Field(description="Whether a person wrote any of it.")
    bloom: str = Field(description="Bloom level: remember, understand, apply ...; empty where not judged.")
    rubric: list[str] = Field(description="Points that a full answer makes; empty: those of `answer`.")

    @classmethod
    def kept(cls, item: SetItem) -> KeptQuestion:
        """The item as clients see it."""
        question = item.question
        return cls(
            **QuestionItem.of(question).model_dump(),
            id=item.id,
            edited=item.edited,
            bloom=question.bloom,
            rubric=list(question.rubric),
        )


class SetSummaryView(BaseModel):
    """A question set without its questions."""

    set_id: str
    title: str
    mode: ModeName
    requested: int
    delivered: int
    shortfall: str | None = Field(description="Why it has fewer questions than asked; null where it has not.")
    model: str = Field(description="What wrote the questions, e.g. extractive.")
    fallback_used: bool = Field(description="Whether another generator than the first choice wrote any.")
    topic: str
    document_ids: list[str] | None = Field(description="Null: every document there was.")
    difficulty: str | None
    types: list[str]
    created_at: datetime
    kept: bool = Field(description="Renamed or changed by a person, and so never forgotten by itself.")

    @classmethod
    def summed(cls, about: SetSummary) -> SetSummaryView:
        """The summary as clients see it."""
        return cls(**_summed(about))


def _summed(about: SetSummary) -> dict[str, object]:
    ids = about.asked.document_ids
    return {
        "set_id": about.id,
        "title": about.title,
        "mode": about.mode.value,
        "requested": about.requested,
        "delivered": about.delivered,
        "shortfall": about.shortfall,
        "model": about.model,
        "fallback_used": about.fallback_used,
        "topic": about.asked.topic,
        "document_ids": None if ids is None else list(ids),
        "difficulty": about.asked.difficulty,
        "types": list(about.asked.kinds),
        "created_at": about.created_at,
        "kept": about.kept,
    }


class QuestionSetView(SetSummaryView):
    """A question set: never padded, a shortfall is said."""

    questions: list[KeptQuestion]

    @classmethod
    def of(cls, stored: StoredSet) -> QuestionSetView:
        """The set as clients see it."""
        questions = [KeptQuestion.kept(item) for item in stored.items]
        return cls(**_summed(stored.summary), questions=questions)


class QuestionsResponse(QuestionSetView):
    """The answer to a request for questions."""

    cached: bool = Field(description="Whether an earlier request made the set.")
    timings: Timings

    @classmethod
    def made(cls, stored: StoredSet, total_ms: float, *, cached: bool) -> QuestionsResponse:
        """The set as clients see it."""
        shown = QuestionSetView.of(stored).model_dump()
        return cls(**shown, cached=cached, timings=Timings(total_ms=round(total_ms, 1)))


class QuestionSetList(BaseModel):
    """One page of the sets, newest first."""

    items: list[SetSummaryView]
    total: int
    offset: int
    limit: int


class RenameRequest(BaseModel):
    """Another title for a set."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "Week 3: photosynthesis"}]})

    title: Title


class ItemChange(BaseModel):
    """What to change of a question; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "question": "Which pigment absorbs red and blue light?",
                    "options": ["chlorophyll", "carotene", "xanthophyll", "anthocyanin"],
                    "correct_index": 0,
                }
            ]
        },
    )

    question: Text | None = None
    answer: Text | None = Field(None, description="Open questions; in a quiz the right option is the answer.")
    explanation: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = None
    difficulty: Difficulty | None = None
    options: list[Text] | None = Field(None, min_length=4, max_length=4, description="Quiz: all four.")
    correct_index: int | None = Field(None, ge=0, le=3, description="Quiz: which option is right.")
    rubric: list[Text] | None = Field(None, max_length=20, description="Open questions: points to be made.")


class NewOrder(BaseModel):
    """Every item of a set, in the order that it shall have."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"item_ids": [_OTHER_ID, _EXAMPLE_ID]}]})

    item_ids: list[str] = Field(min_length=1, max_length=1000)
