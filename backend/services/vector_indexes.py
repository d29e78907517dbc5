"""Named vector indexes of a tenant: what may be asked of them, in ids of the caller's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from backend.errors import IndexNotFound, InvalidRequest, VectorNotFound
from backend.models.vector_index import IndexFigures, Neighbours, Numbers, Rows, Stored, Written
from backend.ports.vector_indexes import Filter, Options, VectorIndexes
from backend.services.index_metrics import IndexMetrics
from backend.services.joint_search import JointSearch
from backend.services.vector_ids import check_same, number_of, numbers_of, with_ids

_JOINED_LEAST = 16
"""Searches for fewer than so many results each can share a batch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Vectors to write: ``ids`` as handed in or already int64, metadata for each or for none."""

    ids: Sequence[object] | Numbers
    vectors: Rows
    metadata: Sequence[Mapping[str, Any] | None] | None


class VectorIndexService:
    """Use cases of ``/v1/index``. Every method raises IndexNotFound for what the tenant does not have."""

    def __init__(self, indexes: VectorIndexes) -> None:
        self._indexes = indexes
        self.metrics = IndexMetrics()
        self._joint = JointSearch(self._batched)

    def _batched(self, queries: int) -> None:
        self.metrics.count("search_batches")
        self.metrics.count("joined_queries", queries)

    async def create(
        self, tenant: str, name: str, dimension: int, index_type: str, metric: str
    ) -> IndexFigures:
        """A new, empty one. Raises IndexExists, QuotaExceeded, InvalidRequest."""
        await self._indexes.create(tenant, name, dimension, index_type, metric)
        return await self._indexes.describe(tenant, name)

    async def page_of_indexes(self, tenant: str, offset: int, limit: int) -> tuple[list[IndexFigures], int]:
        """Some indexes by name, and how many there are."""
        names = await self._indexes.names(tenant)
        found = []
        for name in names[offset : offset + limit]:
            try:
                found.append(await self._indexes.describe(tenant, name))
            except IndexNotFound:
                continue  # dropped meanwhile
        return found, len(names)

    async def figures(self, tenant: str, name: str) -> IndexFigures:
        """One index."""
        return await self._indexes.describe(tenant, name)

    async def drop(self, tenant: str, name: str) -> None:
        """Remove an index for good."""
        await self._indexes.drop(tenant, name)

    async def write(self, tenant: str, name: str, batch: Batch, *, replace: bool) -> Written:
        """Add vectors, and replace those of ids that are there; all or nothing, durable on return."""
        numbers, metadata = _numbered(batch)
        if (texts := numbers < 0).any() and isinstance(batch.ids, Sequence):
            there = await self._indexes.rows(tenant, name, numbers[texts], values=False)
            ids = [one for one, text in zip(batch.ids, texts.tolist(), strict=True) if text]
            check_same(ids, [None if one is None else one.metadata for one in there])
        written = await self._indexes.put(tenant, name, numbers, batch.vectors, metadata, replace=replace)
        self.metrics.count("vectors_written", len(numbers))
        return written

    async def remove(self, tenant: str, name: str, ids: Sequence[object]) -> int:
        """Take vectors away; unknown ids are passed over. Returns how many were there."""
        return await self._indexes.remove(tenant, name, numbers_of(ids))

    async def remove_one(self, tenant: str, name: str, vector_id: str) -> None:
        """Take one vector away. Raises VectorNotFound."""
        if not await self._indexes.remove(tenant, name, np.array([number_of(vector_id)], np.int64)):
            raise VectorNotFound(f"The index '{name}' has no vector '{vector_id}'.")

    async def remove_where(self, tenant: str, name: str, filter_: Mapping[str, Any]) -> int:
        """Take away what passes a filter; returns how many."""
        return await self._indexes.remove_where(tenant, name, filter_)

    async def reset(self, tenant: str, name: str) -> int:
        """Take everything away but what was trained; returns how many there were."""
        return await self._indexes.reset(tenant, name)

    async def train(self, tenant: str, name: str, vectors: Rows) -> IndexFigures:
        """Learn from examples."""
        await self._indexes.train(tenant, name, vectors)
        return await self._indexes.describe(tenant, name)

    async def optimise(self, tenant: str, name: str) -> IndexFigures:
        """Clear out what was removed and take a snapshot, now."""
        return await self._indexes.optimise(tenant, name)

    async def search(
        self, tenant: str, name: str, queries: Rows, k: int, filter_: Filter, options: Options
    ) -> Neighbours:
        """At most ``k`` results for each row; one that comes alone may be searched together with others."""
        if len(queries) != 1 or k < 1:
            return await self._indexes.search(tenant, name, queries, k, filter_, options)

        async def search(rows: Rows, most: int) -> Neighbours:
            return await self._indexes.search(tenant, name, rows, most, filter_, options, callers=len(rows))

        asked = _asked(filter_, options)
        key = (tenant, name, queries.shape, queries.dtype, max(k, _JOINED_LEAST).bit_length(), asked)
        return await self._joint.search(key, queries, k, search)

    async def range_search(
        self, tenant: str, name: str, queries: Rows, radius: float, filter_: Filter, options: Options
    ) -> list[Neighbours]:
        """Everything within ``radius`` of each row."""
        return await self._indexes.range_search(tenant, name, queries, radius, filter_, options)

    async def vector(self, tenant: str, name: str, vector_id: str) -> Stored:
        """One vector with its values. Raises VectorNotFound."""
        (found,) = await self._indexes.rows(
            tenant, name, np.array([number_of(vector_id)], np.int64), values=True
        )
        if found is None:
            raise VectorNotFound(f"The index '{name}' has no vector '{vector_id}'.")
        return found

    async def values_of(self, tenant: str, name: str, numbers: Numbers) -> dict[int, Rows]:
        """Vectors as the index can give them back, by number."""
        some = np.unique(numbers[numbers != -1])
        found = await self._indexes.rows(tenant, name, some, values=True)
        return {one.number: one.values for one in found if one is not None and one.values is not None}

    async def vectors(
        self, tenant: str, name: str, after: int | None, limit: int, *, values: bool
    ) -> tuple[list[Stored], int | None]:
        """A page of vectors by number, and the number to go on after; None at the end."""
        numbers = await self._indexes.page(tenant, name, after, limit + 1)
        more = len(numbers) > limit
        numbers = numbers[:limit]
        found = await self._indexes.rows(tenant, name, numbers, values=values)
        return [one for one in found if one is not None], int(numbers[-1]) if more else None

    async def report(self) -> str:
        """Counters and gauges for Prometheus."""
        indexes, vectors, size = await self._indexes.totals()
        opened = self._indexes.opened()
        return self.metrics.text(
            {"indexes": indexes, "open_indexes": opened, "vectors": vectors, "bytes": size}
        )

    def opened(self) -> int:
        """Indexes that are open at the moment."""
        return self._indexes.opened()


def _asked(filter_: Filter, options: Options) -> bytes:
    """The same for searches that can share a batch. Raises InvalidRequest."""
    if not filter_ and not options:
        return b""
    try:
        return orjson.dumps([filter_, options], option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise InvalidRequest("The filter or params are nested too deeply.") from error


def _numbered(batch: Batch) -> tuple[Numbers, Sequence[Mapping[str, Any] | None] | None]:
    """Numbers and the metadata to keep. Raises InvalidRequest."""
    if batch.metadata is not None and len(batch.metadata) != len(batch.ids):
        raise InvalidRequest(f"There is metadata for {len(batch.metadata)} of {len(batch.ids)} vectors.")
    if isinstance(batch.ids, np.ndarray):
        if len(batch.ids) and batch.ids.min() < 0:
            raise InvalidRequest("An id is from 0 to 2**63 - 1, or a text.")
        return batch.ids, batch.metadata and with_ids(batch.ids, batch.metadata)
    numbers = numbers_of(batch.ids)
    named = any(isinstance(one, str) for one in batch.ids)
    if batch.metadata is None and not named:
        return numbers, None
    return numbers, with_ids(batch.ids, batch.metadata or [None] * len(batch.ids))
