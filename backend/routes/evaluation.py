"""Marking answers and quizzes, as the learning front end calls it."""

from __future__ import annotations

from fastapi import APIRouter

from backend.models.evaluation import (
    EvaluateAnswerRequest,
    EvaluateQuizRequest,
    EvaluationResult,
    QuizEvaluation,
)
from backend.models.marking import Level
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(prefix="/api/chat", tags=["marking"], responses=ERRORS)


@router.post("/evaluate-answer")
async def evaluate_answer(
    body: EvaluateAnswerRequest, caller: Caller, services: ServicesDep
) -> EvaluationResult:
    """Mark one answer against the question's own model answer, else against what the documents say."""
    level = body.evaluation_level or Level.MEDIUM
    return EvaluationResult.of(await services.marking.mark(caller.tenant, body.to_submission(), level))


@router.post("/evaluate-quiz")
async def evaluate_quiz(body: EvaluateQuizRequest, caller: Caller, services: ServicesDep) -> QuizEvaluation:
    """Mark a quiz: multiple choice by letter or text, open questions as a single answer is marked."""
    submissions = [answer.to_submission() for answer in body.answers]
    level = body.evaluation_level or Level.MEDIUM
    report = await services.quiz_marking.mark(caller.tenant, submissions, level, body.topic or "")
    return QuizEvaluation.of(report)
