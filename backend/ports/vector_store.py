"""Vectors by chunk key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.models.documents import Document, Hit
from backend.models.vector_index import VectorIndexState
from backend.ports.embedder import Vectors


class VectorStore(Protocol):
    """Nearest neighbours by cosine. Only published documents are found."""

    async def add(self, document: Document, keys: Sequence[int], vectors: Vectors) -> None:
        """Keep vectors durably, replacing those of the same key; not searched before publication."""

    async def search(
        self, tenant: str, query: npt.NDArray[np.float32], k: int, documents: Sequence[Document] | None = None
    ) -> list[Hit]:
        """At most ``k`` hits, best first; ``query`` has shape (dimension,) and unit length.

        Scores are cosines, -1..1. ``documents`` narrows the search; None searches all of the tenant's.
        """

    async def warm(self, tenant: str) -> int:
        """Open the tenant's index so that the first search is fast; returns how many vectors it holds."""

    async def stats(self, tenant: str) -> VectorIndexState:
        """The tenant's index at this moment."""

    async def settle(self, tenant: str) -> None:
        """Write what is only in memory into the tenant's index; another process may be at it already.

        Raises StorageFull; searches go on.
        """

    async def optimise(self, tenant: str) -> None:
        """``settle``, and give the index the structure that its size asks for. May take minutes."""

    async def faults(self, tenant: str) -> Sequence[str]:
        """Where what searches use differs from the vectors that are kept, as sentences."""
