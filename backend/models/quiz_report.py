"""What a marked quiz says of the person who took it."""

from __future__ import annotations

from dataclasses import dataclass

from backend.models.marking import MOST_POINTS, Mark

_GRADES = ((90.0, "A"), (80.0, "B"), (70.0, "C"), (60.0, "D"))


@dataclass(frozen=True, slots=True)
class QuizReport:
    """Marks in the order of the answers, and what they come to."""

    marks: tuple[Mark, ...]
    feedback: str
    suggestions: tuple[str, ...]
    strengths: tuple[str, ...]
    weaknesses: tuple[str, ...]

    @property
    def score(self) -> int:
        """Points of all answers."""
        return sum(mark.score for mark in self.marks)

    @property
    def max_score(self) -> int:
        """Points that there were."""
        return MOST_POINTS * len(self.marks)

    @property
    def percentage(self) -> float:
        """Share of the points, 0..100."""
        return round(100 * self.score / self.max_score, 1)

    @property
    def grade(self) -> str:
        """A to F."""
        return next((grade for least, grade in _GRADES if self.percentage >= least), "F")
