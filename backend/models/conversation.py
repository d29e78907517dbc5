"""What was said so far in a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer."""

    question: str
    """As it was asked."""
    standalone: str
    """The question as it can be understood without the turns before it."""
    answer: str
    asked_at: datetime
