"""Question sets for tests."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from backend.models.question_sets import Asked, SetItem, SetSummary, StoredSet
from backend.models.questions import Mode, Question, Source
from backend.utils.clock import utc_now


def open_question(stem: str, answer: str = "an answer", document_id: str = "d") -> Question:
    source = Source(document_id, "leaves.txt", "1000001", answer, 3, "Leaves > Pigments")
    return Question(stem, answer, source, "definition", explanation=answer)


def quiz_question(stem: str, options: Sequence[str], right: int = 0, document_id: str = "d") -> Question:
    source = Source(document_id, "leaves.txt", "1000001", options[right], 3, "Leaves > Pigments")
    return Question(
        stem, options[right], source, "object", options=tuple(options), explanation=options[right]
    )


def stored_set(
    questions: Sequence[Question],
    mode: Mode = Mode.PRACTICE,
    title: str = "Leaves",
    asked: Asked | None = None,
) -> StoredSet:
    items = tuple(SetItem(uuid.uuid4().hex, question) for question in questions)
    summary = SetSummary(
        id=uuid.uuid4().hex,
        title=title,
        mode=mode,
        model="extractive",
        requested=len(items),
        delivered=len(items),
        shortfall=None,
        asked=asked or Asked(),
        created_at=utc_now(),
        kept=False,
    )
    return StoredSet(summary, items)
