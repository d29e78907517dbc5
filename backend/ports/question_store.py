"""Question sets that outlive their request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.listing import Listing
from backend.models.question_sets import CacheKey, SetItem, SetSummary, StoredSet
from backend.models.questions import Question


class QuestionStore(Protocol):
    """Sets with their items, each of one tenant; an unknown set or item raises QuestionSetNotFound.

    Whatever a person changes is durable, marks the set as kept, and ends its use as a cached answer.
    """

    async def add(self, tenant: str, new: StoredSet, key: CacheKey) -> None:
        """Keep a set whose ids are chosen already."""

    async def question_set(self, tenant: str, set_id: str) -> StoredSet:
        """One set with its items in their order."""

    async def sets(self, tenant: str, *, offset: int, limit: int, search: str = "") -> Listing[SetSummary]:
        """Newest first; ``search`` is looked for in the titles, ignoring case."""

    async def rename(self, tenant: str, set_id: str, title: str) -> StoredSet:
        """Give a set another title."""

    async def delete(self, tenant: str, set_id: str) -> None:
        """Forget a set and its items."""

    async def replace(self, tenant: str, set_id: str, item: SetItem) -> StoredSet:
        """Put ``item`` in the place of the one with its id."""

    async def drop(self, tenant: str, set_id: str, item_id: str) -> StoredSet:
        """Take one item out."""

    async def reorder(self, tenant: str, set_id: str, item_ids: Sequence[str]) -> StoredSet:
        """Put the items in this order; raises InvalidRequest unless every one is named exactly once."""

    async def cached(self, tenant: str, key: CacheKey, max_age_s: float) -> StoredSet | None:
        """The newest set of that key that nobody changed, younger than ``max_age_s`` seconds."""

    async def asked_before(self, tenant: str, request: str, limit: int) -> list[str]:
        """Stems of all sets that answered that request, whatever the library was, newest first."""

    async def item(self, tenant: str, item_id: str) -> Question | None:
        """The question with that id, if there is one."""

    async def question_of(self, tenant: str, stem: str) -> Question | None:
        """The newest question of that wording (punctuation and case aside), if there is one."""

    async def expire(self, older_than_s: float) -> int:
        """Forget sets of all tenants that old which no person changed; returns how many."""
