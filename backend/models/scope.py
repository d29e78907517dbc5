"""Which documents a search, an answer or a question set may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Documents that meet every condition given; without any condition, all of a tenant's."""

    document_ids: tuple[str, ...] | None = None
    collections: tuple[str, ...] = ()
    """In any of these."""
    types: tuple[str, ...] = ()
    """Of any of these: endings of names (``pdf``) or media types (``text/*``)."""
    languages: tuple[str, ...] = ()
    """In any of these (ISO 639-1)."""
    uploaded_from: datetime | None = None
    uploaded_to: datetime | None = None
    """Both aware and included."""

    @property
    def is_everything(self) -> bool:
        """Whether no condition is given."""
        return self == Scope()


EVERYTHING = Scope()
"""No condition."""
