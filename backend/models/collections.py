"""Named sets of documents that are searched together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Collection:
    """A name and the documents under it; a document may be in several."""

    name: str
    document_ids: tuple[str, ...]
    """In the order in which they were uploaded."""
    created_at: datetime
