"""Marks a whole quiz, and says what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from backend.errors import EmptyLibrary
from backend.models.marking import MOST_POINTS, Level, Mark, Submission
from backend.models.questions import Source
from backend.models.quiz_report import QuizReport
from backend.services.marking import Marking
from backend.services.marking_words import place

_AT_ONCE = 4
_STRONG, _WEAK = 0.8, 0.6
_MOST_LISTED = 8


class QuizMarking:
    """Marks the answers of a quiz, a few at a time."""

    def __init__(self, marking: Marking) -> None:
        self._marking = marking

    async def mark(
        self, tenant: str, submissions: Sequence[Submission], level: Level, topic: str = ""
    ) -> QuizReport:
        """The report on a quiz; raises EmptyLibrary where nothing could be marked for want of documents."""
        turns = asyncio.Semaphore(_AT_ONCE)
        empty: list[EmptyLibrary] = []

        async def one(submission: Submission) -> Mark:
            async with turns:
                try:
                    return await self._marking.mark(tenant, submission, level)
                except EmptyLibrary as error:
                    empty.append(error)
                    return Mark(
                        0, error.message, error.message, None, None, submission.question_id, known=False
                    )

        marks = tuple(await asyncio.gather(*map(one, submissions)))
        if len(empty) == len(marks):
            raise empty[0]
        return _report(marks, topic.strip())


def _report(marks: tuple[Mark, ...], topic: str) -> QuizReport:
    by_place = _by_place(marks)
    ranked = sorted(by_place.items(), key=lambda entry: _share(entry[1]))
    bare = QuizReport(marks, "", (), (), ())
    return QuizReport(
        marks=marks,
        feedback=_feedback(bare, topic),
        suggestions=_suggestions(marks),
        strengths=tuple(_line(name, m) for name, m in reversed(ranked) if _share(m) >= _STRONG)[
            :_MOST_LISTED
        ],
        weaknesses=tuple(_line(name, m) for name, m in ranked if _share(m) < _WEAK)[:_MOST_LISTED],
    )


def _by_place(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    """Marks by what they are about: the heading, else the document."""
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(_about(mark.source), []).append(mark)
    return found


def _about(source: Source | None) -> str:
    if source is None:
        return "Questions without a source"
    heading = (source.heading or "").split(" > ")[-1].strip()
    return f"{heading} ({source.filename})" if heading else source.filename


def _share(marks: Sequence[Mark]) -> float:
    return sum(mark.score for mark in marks) / (MOST_POINTS * len(marks))


def _line(name: str, marks: Sequence[Mark]) -> str:
    points = sum(mark.score for mark in marks)
    return f"{name}: {points} of {MOST_POINTS * len(marks)} points"


def _suggestions(marks: Sequence[Mark]) -> tuple[str, ...]:
    """Places to read again with the questions they answer, the most points lost first."""
    lost: dict[str, list[int]] = {}
    for number, mark in enumerate(marks, 1):
        if mark.source is not None and mark.score < _STRONG * MOST_POINTS:
            lost.setdefault(place(mark.source), []).append(number)
    ranked = sorted(lost.items(), key=lambda entry: sum(marks[n - 1].score - MOST_POINTS for n in entry[1]))
    return tuple(f"Read {where} again ({_questions(numbers)})." for where, numbers in ranked[:_MOST_LISTED])


def _questions(numbers: Sequence[int]) -> str:
    *first, last = map(str, numbers)
    return f"questions {', '.join(first)} and {last}" if first else f"question {last}"


def _feedback(report: QuizReport, topic: str) -> str:
    marks = report.marks
    right = sum(mark.score >= _STRONG * MOST_POINTS for mark in marks)
    partly = sum(0 < mark.score < _STRONG * MOST_POINTS for mark in marks)
    about = f" on {topic}" if topic else ""
    parts = [
        f"{report.score} of {report.max_score} points{about}: {right} of {len(marks)} right"
        + (f", {partly} in part." if partly else ".")
    ]
    if unknown := sum(not mark.known for mark in marks):
        parts.append(f"{unknown} could not be marked, because nothing in your documents answers them.")
    if report.score < report.max_score:
        parts.append("What to read again is listed below.")
    return " ".join(parts)
