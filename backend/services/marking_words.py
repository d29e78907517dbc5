"""What a person reads about a mark."""

from __future__ import annotations

from collections.abc import Sequence

from backend.models.marking import MOST_POINTS, Finding
from backend.models.questions import Source

_GOOD, _FAIR = 8, 5
_LONGEST = 220


def feedback_of(finding: Finding) -> str:
    """What was right, what is missing and what is wrong, each in the words of the text or the answer."""
    parts = [_verdict(finding.score)] if not finding.remark else [finding.remark]
    if finding.right and finding.score < MOST_POINTS:
        parts.append(f"Right: {_quoted(finding.right)}.")
    if finding.missing and finding.score < MOST_POINTS:
        parts.append(f"Missing: {_quoted(finding.missing)}.")
    if finding.wrong:
        parts.append(f"The text says otherwise than: {_quoted(finding.wrong)}.")
    return " ".join(parts)


def suggestions_of(finding: Finding, source: Source | None) -> str:
    """What to do next; the place to read again where it is known."""
    if finding.score >= _GOOD:
        return "Nothing to repeat here."
    if source is None:
        return "Compare your answer with the right one and say it again in your own words."
    return f"Read {place(source)} again, then answer without looking."


def place(source: Source) -> str:
    """A place to read, e.g. ``“Pigments” in leaves.pdf, page 3``."""
    heading = f"“{source.heading.split(' > ')[-1].strip()}” in " if source.heading else ""
    page = f", page {source.page}" if source.page else ""
    return f"{heading}{source.filename}{page}"


def _verdict(score: int) -> str:
    if score >= _GOOD:
        return "Very good." if score == MOST_POINTS else "Good."
    return "Partly right." if score >= _FAIR else "A beginning." if score > 0 else "Not yet."


def _quoted(points: Sequence[str]) -> str:
    shortened = (p if len(p) <= _LONGEST else f"{p[:_LONGEST].rsplit(' ', 1)[0]} …" for p in points)
    return "; ".join(f"“{point.strip().rstrip('.')}”" for point in shortened)
