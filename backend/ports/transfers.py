"""Documents of another product that become documents of this one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.models.jobs import Job
from backend.models.migration import ForeignDocument, Node
from backend.ports.embedder import Vectors


@dataclass(frozen=True, slots=True)
class Piece:
    """Nodes that follow each other in one document, the whole of it or a part."""

    document: ForeignDocument
    first: int
    """Position in the document of the first of them."""
    nodes: Sequence[Node]
    vectors: npt.NDArray[np.float32]
    """As they are to be kept, shape (len(nodes), dimension); of any length but zero."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is here of a document."""

    document_id: str
    number: int
    chunks: int
    """How many of its nodes are stored."""
    published: bool


class Transfers(Protocol):
    """Takes nodes as chunks. A document is visible once it is whole, in one step."""

    async def arrived(self, tenant: str, sha256s: Sequence[str]) -> dict[str, Arrived]:
        """Those documents that are here, whole or in part, by hash."""

    async def take(self, product: str, pieces: Sequence[Piece], job: Job) -> None:
        """Store pieces with keywords and vectors, all of them or none; those here already are left alone.

        Documents that end with them become visible. Raises Stopped where ``job`` is no longer held.
        """

    async def nodes(self, tenant: str, document_id: str, first: int, last: int) -> list[Node]:
        """Nodes at positions ``first`` to ``last`` of a document, both included, as they came."""

    async def vectors(self, number: int, positions: Sequence[int]) -> Vectors:
        """Vectors of one document as they are kept, shape (len(positions), dimension)."""
