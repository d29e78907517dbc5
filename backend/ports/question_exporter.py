"""A question set as a file of another program."""

from __future__ import annotations

from typing import Protocol

from backend.models.question_sets import StoredSet


class QuestionExporter(Protocol):
    """Writes a set whole; whatever a question says stays text there: no markup, no formula, no code."""

    @property
    def media_type(self) -> str:
        """The content type of the file."""

    @property
    def extension(self) -> str:
        """The end of its name, with the full stop."""

    def write(self, stored: StoredSet) -> bytes:
        """The file. Takes processor time: not to be called on the event loop."""
