"""JSON: the set as the API gives it."""

from __future__ import annotations

from backend.models.question_api import QuestionSetView
from backend.models.question_sets import StoredSet


class JsonExport:
    """Everything that is known of the set, in UTF-8."""

    media_type = "application/json"
    extension = ".json"

    def write(self, stored: StoredSet) -> bytes:
        """See the port."""
        return QuestionSetView.of(stored).model_dump_json(indent=2).encode()
