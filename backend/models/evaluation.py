"""Marking as the learning front end calls it. Fixed: names and types must not change."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from backend.models.asking import LONGEST_QUESTION
from backend.models.marking import MOST_POINTS, Kind, Level, Mark, Submission
from backend.models.quiz_report import QuizReport

MOST_ANSWERS = 200
LONGEST_ANSWER = 20_000
_LONGEST_OPTION = 4000

_Question = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)
]
_Answer = Annotated[str, StringConstraints(max_length=LONGEST_ANSWER)]
_Option = Annotated[str, StringConstraints(max_length=_LONGEST_OPTION)]
_Id = Annotated[str, StringConstraints(max_length=128)] | int

_OPEN: dict[str, JsonValue] = {
    "question": "Why do leaves look green?",
    "user_answer": "Chlorophyll takes in red and blue light, so green is what is left.",
    "question_id": "7d0a3c5e1b2f4a6c8e9d0b1a2c3d4e5f",
    "evaluation_level": "medium",
}
_CHOICE: dict[str, JsonValue] = {
    "question_id": "2",
    "question": "Which pigment absorbs red and blue light?",
    "user_answer": "B",
    "correct_answer": "B",
    "question_type": "mcq",
    "options": ["A) carotene", "B) chlorophyll", "C) anthocyanin", "D) xanthophyll"],
}


class EvaluateAnswerRequest(BaseModel):
    """One answer to mark."""

    model_config = ConfigDict(json_schema_extra={"examples": [_OPEN]})

    question: _Question
    user_answer: _Answer = Field(description="Blank is marked, too.")
    question_id: _Id | None = Field(None, description="Of a question made here; else any name of the client.")
    evaluation_level: Level | None = Field(Level.MEDIUM, description="easy, medium or strict.")

    def to_submission(self) -> Submission:
        """What is to be marked."""
        return Submission(self.question, self.user_answer, self.question_id)


class EvaluationResult(BaseModel):
    """A mark."""

    question_id: str | int | None = None
    score: int = Field(ge=0, le=MOST_POINTS)
    max_score: int = MOST_POINTS
    feedback: str = Field(description="What was right, what is missing, and what the text says otherwise.")
    suggestions: str = Field(description="What to read again, and where.")
    correct_answer_hint: str | None = Field(None, description="The right answer, where it is known.")

    @classmethod
    def of(cls, mark: Mark) -> EvaluationResult:
        """The mark as clients see it."""
        return cls(
            question_id=mark.question_id,
            score=mark.score,
            feedback=mark.feedback,
            suggestions=mark.suggestions,
            correct_answer_hint=mark.hint,
        )


class QuizAnswer(BaseModel):
    """One answer of a quiz."""

    question_id: _Id | None = None
    question: _Question
    user_answer: _Answer | None = None
    correct_answer: _Option | None = Field(None, description="A letter or the text; ours wins where we know.")
    question_type: Kind | None = Field(None, description="mcq or open; null: mcq where there are options.")
    options: list[_Option] | None = Field(None, max_length=26)

    def to_submission(self) -> Submission:
        """What is to be marked."""
        return Submission(
            question=self.question,
            user_answer=self.user_answer or "",
            question_id=self.question_id,
            correct_answer=self.correct_answer,
            kind=self.question_type,
            options=tuple(self.options or ()),
        )


class EvaluateQuizRequest(BaseModel):
    """A whole quiz to mark."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"answers": [_CHOICE], "topic": "photosynthesis", "evaluation_level": "medium"}]
        }
    )

    answers: list[QuizAnswer] = Field(description=f"1 to {MOST_ANSWERS} answers.")
    topic: Annotated[str, StringConstraints(max_length=500)] | None = None
    evaluation_level: Level | None = Level.MEDIUM

    @field_validator("answers", mode="before")
    @classmethod
    def _some(cls, given: object) -> object:
        if isinstance(given, list) and not given:
            raise PydanticCustomError("no_answers", "Send at least one answer to mark.")
        if isinstance(given, list) and len(given) > MOST_ANSWERS:
            raise PydanticCustomError(
                "too_many_answers",
                "At most {most} answers can be marked at once, not {given}.",
                {"most": MOST_ANSWERS, "given": len(given)},
            )
        return given


class QuizEvaluation(BaseModel):
    """What a quiz is worth."""

    overall_score: int
    max_score: int
    percentage: float
    grade: str = Field(description="A from 90 %, B from 80, C from 70, D from 60, else F.")
    individual_results: list[EvaluationResult]
    overall_feedback: str
    study_suggestions: list[str] = Field(description="Places to read again, the weakest first.")
    strengths: list[str]
    areas_for_improvement: list[str]

    @classmethod
    def of(cls, report: QuizReport) -> QuizEvaluation:
        """The report as clients see it."""
        return cls(
            overall_score=report.score,
            max_score=report.max_score,
            percentage=report.percentage,
            grade=report.grade,
            individual_results=[EvaluationResult.of(mark) for mark in report.marks],
            overall_feedback=report.feedback,
            study_suggestions=list(report.suggestions),
            strengths=list(report.strengths),
            areas_for_improvement=list(report.weaknesses),
        )
