"""Named sets of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.collections import Collection


class Collections(Protocol):
    """Sets of a tenant's documents by name; a deleted document is in none any more."""

    async def create(self, tenant: str, name: str, document_ids: Sequence[str]) -> Collection:
        """Make one, durably; raises CollectionExists, and DocumentNotFound for a wrong id."""

    async def collections(self, tenant: str) -> list[Collection]:
        """All of them, by name."""

    async def collection(self, tenant: str, name: str) -> Collection:
        """One; raises CollectionNotFound."""

    async def delete(self, tenant: str, name: str) -> None:
        """Forget the set, not its documents; raises CollectionNotFound."""

    async def add(self, tenant: str, name: str, document_ids: Sequence[str]) -> Collection:
        """Put documents in, harmless when repeated; raises CollectionNotFound, DocumentNotFound."""

    async def remove(self, tenant: str, name: str, document_id: str) -> Collection:
        """Take a document out; raises CollectionNotFound, and DocumentNotFound where it is not in there."""
