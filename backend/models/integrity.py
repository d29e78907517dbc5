"""What an audit of the store finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A disagreement, as a sentence for a person."""

    area: str
    """What disagrees: documents, passages, vectors, keywords, jobs, files or database."""
    sentence: str
    harmless: bool = False
    """Left behind by an interruption, found by nobody, and removed by the next sweep."""
