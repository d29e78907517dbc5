"""Questions and sets as rows, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from backend.adapters.sql.tables import question_items, question_sets
from backend.models.question_sets import Asked, SetItem, SetSummary, StoredSet
from backend.models.questions import Mode, Question, Source
from backend.utils.likeness import digest


def forget_untouched(connection: Connection, document_id: str) -> None:
    """Remove the sets with questions from a document that goes, but for those that a person changed."""
    citing = select(question_items.c.set_number).where(question_items.c.document_id == document_id)
    untouched = question_sets.c.kept == 0
    connection.execute(delete(question_sets).where(question_sets.c.number.in_(citing), untouched))


def item_row(tenant: str, set_number: int, position: int, item: SetItem) -> dict[str, Any]:
    """The row of an item."""
    question = item.question
    return {
        "id": item.id,
        "set_number": set_number,
        "tenant": tenant,
        "position": position,
        "stem_digest": digest(question.stem),
        "document_id": question.source.document_id,
        "question": json.dumps(asdict(question), ensure_ascii=False),
        "edited": int(item.edited),
    }


def question_of(text: str) -> Question:
    """A question from its JSON."""
    known: dict[str, Any] = json.loads(text)
    listed = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    return Question(**(known | listed | {"source": Source(**known["source"])}))


def item_of(row: Row[Any]) -> SetItem:
    """An item from its row."""
    return SetItem(row.id, question_of(row.question), bool(row.edited))


def summary_of(row: Row[Any]) -> SetSummary:
    """A set from its row, which also holds the number of items as ``delivered``."""
    return SetSummary(
        id=row.id,
        title=row.title,
        mode=Mode(row.mode),
        model=row.model,
        requested=row.requested,
        delivered=row.delivered,
        shortfall=row.shortfall,
        asked=_asked(json.loads(row.asked)),
        created_at=datetime.fromtimestamp(row.created_at, UTC),
        kept=bool(row.kept),
        fallback_used=bool(row.fallback_used),
    )


def stored(summary: SetSummary, rows: Iterable[Row[Any]]) -> StoredSet:
    """A set from its parts."""
    return StoredSet(summary, tuple(map(item_of, rows)))


def _asked(known: Mapping[str, Any]) -> Asked:
    ids = known["document_ids"]
    return Asked(
        known["topic"], None if ids is None else tuple(ids), known["difficulty"], tuple(known["kinds"])
    )
