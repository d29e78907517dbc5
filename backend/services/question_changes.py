"""What a person changes of a question."""

from __future__ import annotations

from dataclasses import replace

from backend.errors import InvalidRequest
from backend.models.question_api import ItemChange
from backend.models.questions import Question


def changed(question: Question, change: ItemChange) -> Question:
    """The question with the change made; raises InvalidRequest where a field does not fit its kind."""
    made = replace(
        question,
        stem=change.question or question.stem,
        explanation=question.explanation if change.explanation is None else change.explanation,
        difficulty=change.difficulty or question.difficulty,
        rubric=question.rubric if change.rubric is None else tuple(change.rubric),
    )
    return _quiz(made, change) if question.options else _open(made, change)


def _open(question: Question, change: ItemChange) -> Question:
    if change.options is not None or change.correct_index is not None:
        raise InvalidRequest("An open question has no options. Change its question, answer or rubric.")
    if change.answer is None:
        return question
    # Points of another answer would be marked against.
    rubric = question.rubric if change.rubric is not None else ()
    return replace(question, answer=change.answer, rubric=rubric)


def _quiz(question: Question, change: ItemChange) -> Question:
    if change.answer is not None:
        raise InvalidRequest("The answer of a quiz question is one of its options: give correct_index.")
    right = question.options.index(question.answer)
    options = question.options if change.options is None else tuple(change.options)
    index = right if change.correct_index is None else change.correct_index
    return replace(question, options=options, answer=options[index])
