"""The learning front end's question generation, and the typed form of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from backend.models.questions import Question

DEFAULT_COUNT = 25
LONGEST_TOPIC = 500

Topic = Annotated[str, StringConstraints(max_length=LONGEST_TOPIC)]
Count = Annotated[StrictInt, Field(ge=1, description="How many questions; at most MAX_QUESTIONS (200).")]
ModeName = Literal["practice", "quiz"]


class QuestionGenerationRequest(BaseModel):
    """Fixed: an existing front end sends this."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"topic": "photosynthesis", "count": 10, "mode": "quiz"}]}
    )

    topic: Topic | None = Field(None, description="Empty or null: from everything.")
    count: Count | None = DEFAULT_COUNT
    mode: ModeName | None = "practice"


class ChatResponse(BaseModel):
    """Fixed: ``response`` of generate-questions is one JSON object as a string."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "response": '{"questions": ["What is chlorophyll?"]}',
                    "timestamp": "2026-11-21T09:30:00.000000+00:00",
                }
            ]
        }
    )

    response: str
    timestamp: str


class QuestionSource(BaseModel):
    """Where a question comes from; ``quote`` stands there word for word."""

    document_id: str
    filename: str
    page: int | None
    heading: str | None
    chunk_id: str
    quote: str


class QuestionItem(BaseModel):
    """One question with its answer and source."""

    question: str
    answer: str
    explanation: str
    type: str = Field(description="definition, cause, cloze ...")
    difficulty: str = Field(description="easy, medium or hard")
    options: list[str] = Field(description="Quiz: four texts without letters. Practice: empty.")
    correct_index: int | None = Field(description="Position of the right option, 0..3; null for practice.")
    source: QuestionSource

    @classmethod
    def of(cls, question: Question) -> QuestionItem:
        """The question as clients see it."""
        source = question.source
        return cls(
            question=question.stem,
            answer=question.answer,
            explanation=question.explanation,
            type=question.kind,
            difficulty=question.difficulty,
            options=list(question.options),
            correct_index=question.options.index(question.answer) if question.options else None,
            source=QuestionSource(
                document_id=source.document_id,
                filename=source.filename,
                page=source.page,
                heading=source.heading,
                chunk_id=source.chunk_id,
                quote=source.quote,
            ),
        )


class Timings(BaseModel):
    """Where the time went, in milliseconds."""

    total_ms: float
