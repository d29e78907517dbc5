"""What every export says of a question in the same words."""

from __future__ import annotations

import re

from backend.models.questions import LETTERS, Question

# XML 1.0 has no place for these, and no other format needs them.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """The text without control characters."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return " ".join(clean(text).split())


def place(question: Question) -> str:
    """Where to read about it, e.g. ``leaves.pdf, page 3, Pigments``."""
    source = question.source
    parts = [source.filename, f"page {source.page}" if source.page else "", source.heading or ""]
    return one_line(", ".join(part for part in parts if part))


def key(question: Question) -> str:
    """The letter of the right option; empty for an open question."""
    return question.key if question.options else ""


def lettered(question: Question) -> list[tuple[str, str]]:
    """Options with their letters."""
    return list(zip(LETTERS, question.options, strict=False))
