"""Vectors of another model, made beside those in use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.ports.embedder import Vectors


class NextVectors(Protocol):
    """What is kept survives an interruption; nothing of it is searched before the switch."""

    async def begin(self, fingerprint: str) -> bool:
        """Make room for vectors of a model, keeping those it has made before; False where it is in use."""

    async def count(self) -> tuple[int, int]:
        """Passages that have their new vector, and all of them."""

    async def missing(self, limit: int) -> Sequence[tuple[int, str]]:
        """Keys and texts of passages without a new vector, in order."""

    async def keep(self, keys: Sequence[int], vectors: Vectors) -> None:
        """Store new vectors; those of passages that were deleted meanwhile are left out."""

    async def switch(self, fingerprint: str) -> bool:
        """Put the new vectors in the place of the old ones, in one step; False where one is missing."""
