"""Named indexes that last, for many tenants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from backend.models.vector_index import IndexFigures, Neighbours, Numbers, Rows, Stored, Written

Filter = Mapping[str, Any] | None
Options = Mapping[str, Any] | None


class VectorIndexes(Protocol):
    """Durable indexes by tenant and name; every call off the event loop, reads beside each other.

    Raises IndexNotFound where the tenant has no such index, DamagedIndex, IndexInUse, InvalidRequest.
    """

    async def create(self, tenant: str, name: str, dimension: int, index_type: str, metric: str) -> None:
        """Make an empty one. Raises IndexExists, QuotaExceeded."""

    async def drop(self, tenant: str, name: str) -> None:
        """Remove one for good, once those who use it have ended."""

    async def names(self, tenant: str) -> list[str]:
        """Names, sorted."""

    async def describe(self, tenant: str, name: str) -> IndexFigures:
        """One in figures; a damaged one is told by its ``check``."""

    async def put(
        self,
        tenant: str,
        name: str,
        numbers: Numbers,
        vectors: Rows,
        metadata: Sequence[Mapping[str, Any] | None] | None,
        *,
        replace: bool,
    ) -> Written:
        """Add or replace, all or nothing, durable on return.

        Raises VectorExists, NotTrained, QuotaExceeded, StorageFull.
        """

    async def remove(self, tenant: str, name: str, numbers: Numbers) -> int:
        """Take away; returns how many were there."""

    async def remove_where(self, tenant: str, name: str, filter_: Mapping[str, Any]) -> int:
        """Take away what passes a filter; returns how many."""

    async def reset(self, tenant: str, name: str) -> int:
        """Take everything away but what was trained; returns how many there were."""

    async def train(self, tenant: str, name: str, vectors: Rows) -> None:
        """Learn from examples, durable on return. Raises Conflict where it holds vectors."""

    async def search(
        self,
        tenant: str,
        name: str,
        queries: Rows,
        k: int,
        filter_: Filter,
        options: Options,
        *,
        callers: int = 1,
    ) -> Neighbours:
        """At most ``k`` per query, no more columns than vectors live; of one caller or many."""

    async def range_search(
        self, tenant: str, name: str, queries: Rows, radius: float, filter_: Filter, options: Options
    ) -> list[Neighbours]:
        """Everything within ``radius``, per query (1, n), best first."""

    async def rows(self, tenant: str, name: str, numbers: Numbers, *, values: bool) -> list[Stored | None]:
        """Per number what is kept; None where nothing is."""

    async def page(self, tenant: str, name: str, after: int | None, limit: int) -> Numbers:
        """Numbers in ascending order, from the first above ``after``."""

    async def optimise(self, tenant: str, name: str) -> IndexFigures:
        """Clear removed vectors out and take a snapshot; readers and writers go on."""

    def opened(self) -> int:
        """How many are open at the moment."""

    async def totals(self) -> tuple[int, int, int]:
        """Indexes of all tenants, vectors in them, and bytes of these; dear only when first asked for."""
