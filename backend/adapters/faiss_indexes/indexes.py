"""The port ``VectorIndexes`` over the FAISS engine."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Limits, Put, Remove, Reset
from backend.adapters.faiss_engine.changes import Change
from backend.adapters.faiss_engine.writer import Outcome
from backend.adapters.faiss_indexes.kinds import check_found, check_kind, check_search, rows_at_a_time
from backend.adapters.faiss_indexes.ledger import Ledger, Size
from backend.adapters.faiss_indexes.shelf import Key, Shelf
from backend.adapters.faiss_indexes.threads import FaissThreads
from backend.errors import DamagedIndex, QuaestioError, VectorNotFound
from backend.models.vector_index import (
    GraphFigures,
    IndexFigures,
    IndexQuota,
    Neighbours,
    Numbers,
    Rows,
    Stored,
    Written,
)
from backend.ports.vector_indexes import Filter, Options

_FEW = 100
"""Results of a search that need not leave the event loop."""
_SMALL = 64
"""Vectors that are checked and encoded where they are; more leave the event loop first."""


class FaissIndexes:
    """Indexes below ``root``. ``most_open`` stay open, as long as they are used every ``idle_s`` seconds."""

    def __init__(
        self,
        root: Path,
        quota: IndexQuota | None = None,
        *,
        most_open: int = 64,
        idle_s: float = 600.0,
        threads: int = 4,
    ) -> None:
        self._quota = quota or IndexQuota()
        limits = Limits(indexes_per_tenant=self._quota.indexes, vectors_per_index=self._quota.vectors)
        self._engine = Engine(root, limits)
        self._threads = FaissThreads(threads)
        self._ledger = Ledger(self._quota)
        self._figures: dict[Key, IndexFigures] = {}
        self._shelf = Shelf(self._engine, most_open, idle_s, self._remember)
        self._read: WeakSet[EngineIndex] = WeakSet()
        """Those that were searched since they were opened, so that no disk is waited for."""

    async def create(self, tenant: str, name: str, dimension: int, index_type: str, metric: str) -> None:
        """See the port."""
        spec = IndexSpec(dimension, index_type, metric)
        check_kind(spec)
        await asyncio.to_thread(self._engine.create, tenant, name, spec)
        self._ledger.set(tenant, name, (0, 0))

    async def drop(self, tenant: str, name: str) -> None:
        """See the port."""
        async with self._shelf.away((tenant, name)):
            await asyncio.to_thread(self._engine.drop, tenant, name)
            self._figures.pop((tenant, name), None)
            self._ledger.forget(tenant, name)

    async def names(self, tenant: str) -> list[str]:
        """See the port."""
        return await asyncio.to_thread(self._engine.names, tenant)

    async def describe(self, tenant: str, name: str) -> IndexFigures:
        """See the port."""
        key = (tenant, name)
        if (index := self._shelf.peek(key)) is not None:
            return _figures(index)
        if (known := self._figures.get(key)) is not None and await asyncio.to_thread(
            self._engine.exists, *key
        ):
            return known
        try:
            async with self._shelf.use(key) as index:
                return _figures(index)
        except DamagedIndex as error:
            return _damaged(name, error)

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
        """See the port."""
        await self._count(tenant)
        async with self._shelf.use((tenant, name)) as index:

            def made() -> Put:
                return index.put(numbers, vectors, metadata, replace=replace)

            put = made() if len(numbers) <= _SMALL else await asyncio.to_thread(made)
            with self._ledger.reserved(tenant, name, len(put.ids), put.bytes):
                outcome = await self._commit(tenant, index, put)
            return Written(outcome.added - outcome.removed, outcome.removed)

    async def remove(self, tenant: str, name: str, numbers: Numbers) -> int:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            return (await self._commit(tenant, index, Remove(numbers))).removed

    async def remove_where(self, tenant: str, name: str, filter_: Mapping[str, Any]) -> int:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            numbers = await self._threads.run(lambda: index.ids_where(filter_))
            return (await self._commit(tenant, index, Remove(numbers))).removed

    async def reset(self, tenant: str, name: str) -> int:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            return (await self._commit(tenant, index, Reset())).removed

    async def train(self, tenant: str, name: str, vectors: Rows) -> None:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            await self._threads.run(lambda: index.train(vectors))

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
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            check_search(len(queries), min(k, max(len(index), 1)), options)
            pairs = index.compares(len(queries))

            def found(*, wait: bool = True) -> Neighbours:
                with index.moment(wait=wait) as moment:
                    return Neighbours(*moment.search(queries, k, filter_, options))

            if index in self._read and k <= _FEW and not filter_:
                with suppress(BlockingIOError):
                    now = self._threads.here(partial(found, wait=False), index.spec.dimension, pairs)
                    if now is not None:
                        return now
            done = await self._threads.run(found, index.spec.dimension, pairs, shared=callers > 1)
            self._read.add(index)
            return done

    async def range_search(
        self, tenant: str, name: str, queries: Rows, radius: float, filter_: Filter, options: Options
    ) -> list[Neighbours]:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            check_search(len(queries), 1, options)

            def found() -> list[Neighbours]:
                told: list[Neighbours] = []
                count, step = 0, rows_at_a_time(len(index))
                with index.moment() as moment:
                    for first in range(0, max(len(queries), 1), step):
                        rows = queries[first : first + step]
                        for scores, numbers, texts in moment.range_search(rows, radius, filter_, options):
                            count += len(numbers)
                            check_found(count)
                            told.append(Neighbours(scores[None], numbers[None], [texts]))
                return told

            return await self._threads.run(found, index.spec.dimension, len(queries) * len(index))

    async def rows(self, tenant: str, name: str, numbers: Numbers, *, values: bool) -> list[Stored | None]:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            return await self._threads.run(lambda: _rows(index, numbers, values=values))

    async def page(self, tenant: str, name: str, after: int | None, limit: int) -> Numbers:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:
            return await self._threads.run(lambda: index.ids(after, limit))

    async def optimise(self, tenant: str, name: str) -> IndexFigures:
        """See the port."""
        async with self._shelf.use((tenant, name)) as index:

            def tidy() -> None:
                if index.stats().removed:
                    index.compact()
                else:
                    index.snapshot()
                index.grow()

            await asyncio.to_thread(tidy)
            return _figures(index)

    def opened(self) -> int:
        """See the port."""
        return len(self._shelf)

    async def totals(self) -> tuple[int, int, int]:
        """See the port."""
        for tenant in await asyncio.to_thread(self._engine.tenants):
            await self._count(tenant)
        return self._ledger.totals()

    async def aclose(self) -> None:
        """Close every index, and the threads."""
        await self._shelf.aclose()
        await asyncio.to_thread(self._engine.close)
        self._threads.close()

    async def _commit(self, tenant: str, index: EngineIndex, change: Change) -> Outcome:
        outcome = await index.commit_async([change])
        self._ledger.set(tenant, index.name, _size(index))
        return outcome

    async def _count(self, tenant: str) -> None:
        """Know what a tenant has, from its first change on."""
        if self._ledger.knows(tenant):
            return
        sizes = await asyncio.to_thread(self._measure, tenant)

        def current(name: str) -> Size | None:
            index = self._shelf.peek((tenant, name))
            return None if index is None else _size(index)

        self._ledger.open(tenant, sizes, current)

    def _measure(self, tenant: str) -> dict[str, Size]:
        sizes = {}
        for name in self._engine.names(tenant):
            try:
                with self._engine.open(tenant, name) as index:
                    sizes[name] = _size(index)
            except QuaestioError:
                continue  # damaged: what cannot be opened takes nothing that could be used
        return sizes

    def _remember(self, key: Key, index: EngineIndex) -> None:
        self._figures[key] = _figures(index)


def _size(index: EngineIndex) -> Size:
    stats = index.stats()
    return stats.vectors, stats.vectors * index.spec.row_bytes + stats.metadata_bytes


def _figures(index: EngineIndex) -> IndexFigures:
    stats = index.stats()
    graph = stats.graph
    return IndexFigures(
        name=stats.name,
        index_type=stats.index_type,
        metric=stats.metric,
        dimension=stats.dimension,
        binary=index.spec.binary,
        ntotal=stats.vectors,
        removed=stats.removed,
        trained=stats.trained,
        bytes=_size(index)[1],
        disk_bytes=stats.snapshot_bytes + stats.log_bytes,
        generation=stats.generation,
        check=stats.check,
        troubles=stats.troubles,
        graph=None
        if graph is None
        else GraphFigures(graph.state, graph.covered, graph.recall, graph.effort, graph.failed),
    )


def _damaged(name: str, error: DamagedIndex) -> IndexFigures:
    return IndexFigures(
        name=name,
        index_type="",
        metric="",
        dimension=0,
        binary=False,
        ntotal=0,
        removed=0,
        trained=False,
        bytes=0,
        disk_bytes=0,
        generation=0,
        check="damaged",
        troubles=(error.message,),
    )


def _rows(index: EngineIndex, numbers: Numbers, *, values: bool) -> list[Stored | None]:
    found: list[Stored | None] = []
    with index.moment() as moment:
        texts = moment.texts(numbers)
    for number, text in zip(numbers.tolist(), texts, strict=True):
        if text is None:
            found.append(None)
            continue
        try:
            found.append(Stored(number, text, index.reconstruct(number) if values else None))
        except VectorNotFound:
            found.append(None)  # removed meanwhile
    return found
