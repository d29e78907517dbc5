"""A second look at everything that is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.models.integrity import Fault


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the catalog says of a document's file."""

    tenant: str
    document_id: str
    filename: str
    sha256: str
    size: int


class StoreAudit(Protocol):
    """Reads the rows themselves, so that no cache or index can hide a fault; memory stays bounded."""

    async def faults(self) -> Sequence[Fault]:
        """Every disagreement between documents, passages, vectors, keywords and jobs, as of one moment.

        Of many faults of one sort the first ten are described and the rest counted.
        """

    async def findable(self) -> dict[str, int]:
        """How many passages each tenant's searches must be able to find."""

    async def files(self, after: str, limit: int) -> Sequence[StoredFile]:
        """Files that documents need, by document id, those behind ``after``."""
