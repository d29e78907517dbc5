"""An open index: one object that searches from any number of threads and, where it may, changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine import checks, clearing, structure
from backend.adapters.faiss_engine.changes import Change, Note, Put, Remove, Reset
from backend.adapters.faiss_engine.filters import parse_filter
from backend.adapters.faiss_engine.generation import generations
from backend.adapters.faiss_engine.keeper import Check, Checker
from backend.adapters.faiss_engine.log import acknowledged
from backend.adapters.faiss_engine.moment import Moment, parsed
from backend.adapters.faiss_engine.rows import no_rows
from backend.adapters.faiss_engine.side import WritingSide
from backend.adapters.faiss_engine.spec import IndexSpec, Limits
from backend.adapters.faiss_engine.state import Cell, State, load
from backend.adapters.faiss_engine.stats import Stats, stats_of
from backend.adapters.faiss_engine.writer import Outcome, Request
from backend.errors import Conflict, DamagedIndex, InvalidRequest, VectorNotFound

Ids = npt.NDArray[np.int64]
Metadata = Sequence[Mapping[str, Any] | None] | None


class EngineIndex:
    """Made by ``Engine``. Every method may be called from any thread; coroutines use ``asyncio.to_thread``.

    Searches run beside each other and beside the durable part of a change. Vectors are (n, dimension)
    float32, or (n, dimension / 8) uint8 for binary indexes; ids are int64 and unique.
    """

    def __init__(
        self, name: str, folder: Path, cell: Cell, checker: Checker, limits: Limits, side: WritingSide | None
    ) -> None:
        self.name, self._folder, self._cell = name, folder, cell
        self._checker, self._limits, self._side = checker, limits, side
        self._fields_lock = Lock()
        self._closed = False

    @property
    def spec(self) -> IndexSpec:
        """What it is made of."""
        return self._cell.state.spec

    @property
    def note(self) -> bytes:
        """What the last ``commit`` with a note left; empty at first."""
        return self._cell.state.note

    def __len__(self) -> int:
        """Vectors that live."""
        return self._cell.state.rows.live

    # Changes.

    def add(self, ids: npt.ArrayLike, vectors: npt.ArrayLike, metadata: Metadata = None) -> Outcome:
        """Add vectors, durable on return. Raises VectorExists, NotTrained, QuotaExceeded, StorageFull."""
        return self.commit([self.put(ids, vectors, metadata)])

    def upsert(self, ids: npt.ArrayLike, vectors: npt.ArrayLike, metadata: Metadata = None) -> Outcome:
        """Add vectors; ids that are there get the new vector and metadata."""
        return self.commit([self.put(ids, vectors, metadata, replace=True)])

    def remove(self, ids: npt.ArrayLike) -> int:
        """Take ids away; returns how many were there."""
        return self.commit([Remove(checks.ids_of(ids))]).removed

    def remove_where(self, filter_: Mapping[str, Any]) -> int:
        """Take away what passes a filter at the time of the call; returns how many were there."""
        return self.remove(self.ids_where(filter_))

    def reset(self) -> int:
        """Take everything away, but not what was trained; returns how many there were."""
        return self.commit([Reset()]).removed

    def put(
        self, ids: npt.ArrayLike, vectors: npt.ArrayLike, metadata: Metadata = None, *, replace: bool = False
    ) -> Put:
        """A change for ``commit``. Raises InvalidRequest for shapes, values and ids that do not fit."""
        numbers = checks.ids_of(ids)
        rows = checks.vectors_of(vectors, self.spec, len(numbers))
        return Put(numbers, rows, checks.metadata_of(metadata, len(numbers), self._limits), replace)

    def commit(self, changes: Sequence[Change], note: bytes | None = None) -> Outcome:
        """Do changes in their order, and keep a note, in one step: all or nothing, durable on return."""
        request = Request(_with(changes, note))
        self._writing().writer.submit(request)
        return request.wait()

    async def commit_async(self, changes: Sequence[Change], note: bytes | None = None) -> Outcome:
        """``commit`` for coroutines: many that wait cost no thread. Cancelled, it may still happen."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._writing().writer.submit(Request(_with(changes, note), future))
        return await future

    def train(self, vectors: npt.ArrayLike) -> None:
        """Let the index learn from examples, durable on return. Raises Conflict where it holds vectors."""
        side = self._writing()
        examples = checks.vectors_of(vectors, self.spec, None)
        with side.writer.writing:
            if len(self):
                raise Conflict("Only an empty index can be trained; reset it first.")
            index = structure.make(self.spec)
            with structure.faiss_errors():
                index.train(examples)
            side.keeper.train(index)

    # Searches.

    def search(
        self,
        queries: npt.ArrayLike,
        k: int,
        filter_: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        ranges: Sequence[range] | None = None,
    ) -> tuple[npt.NDArray[Any], Ids]:
        """Distances and ids, (n, k), best first; id -1 where there is none.

        ``filter_``: see ``filters.py``. ``options``: nprobe, efSearch, k_factor and so on, for this search.
        ``ranges``: only ids in one of these are found.
        """
        sought = checks.vectors_of(queries, self.spec, None)
        checks.check_k(k)
        with self._cell.lock.reading():
            state = self._state()
            mask = self._mask(state, filter_)
            if ranges is not None:
                mask = _within(state, mask, ranges)
            distances, positions = state.search(sought, k, mask, options or {})
            return distances, state.rows.ids_at(positions)

    def range_search(
        self,
        queries: npt.ArrayLike,
        radius: float,
        filter_: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> tuple[Ids, npt.NDArray[Any], Ids]:
        """Everything nearer than ``radius``: limits (n + 1) that cut distances and ids by query."""
        sought = checks.vectors_of(queries, self.spec, None)
        with self._cell.lock.reading():
            state = self._state()
            mask = self._mask(state, filter_)
            limits, distances, positions = structure.range_search(
                state.index, sought, radius, mask, options or {}
            )
            return limits, distances, state.rows.ids_at(positions)

    def reconstruct(self, number: int) -> npt.NDArray[Any]:
        """The vector of an id, as near as the type keeps it. Raises VectorNotFound."""
        if structure.lacks_table(self._state().index):
            with self._cell.lock.writing():
                structure.make_table(self._state().index)
        with self._cell.lock.reading():
            state = self._state()
            return structure.reconstruct(state.index, self._position(state, number))

    def metadata(self, number: int) -> dict[str, Any] | None:
        """Of an id. Raises VectorNotFound."""
        with self._cell.lock.reading():
            state = self._state()
            return parsed(state.rows.metadata_at(self._position(state, number)))

    def metadata_many(self, ids: npt.ArrayLike) -> list[dict[str, Any] | None]:
        """Of many ids; None also for those that are not there."""
        with self._cell.lock.reading():
            rows = self._state().rows
            return [
                parsed(rows.metadata_at(p)) if p >= 0 else None
                for p in rows.find(checks.ids_of(ids)).tolist()
            ]

    def has(self, ids: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Per id whether it is there."""
        with self._cell.lock.reading():
            return np.asarray(self._state().rows.find(checks.ids_of(ids)) >= 0)

    def ids(self, after: int | None = None, limit: int = 1_000) -> Ids:
        """A page of ids in ascending order, from the first above ``after``."""
        # Sorting is a change of what only this lock guards.
        with self._cell.lock.writing():
            ordered, _ = self._state().rows.sorted_ids()
            begin = 0 if after is None else int(np.searchsorted(ordered, after, side="right"))
            return ordered[begin : begin + limit].copy()

    def ids_between(self, ids: range) -> Ids:
        """Those of some ids that are there, in no order."""
        with self._cell.lock.reading():
            rows = self._state().rows
            return rows.ids_at(rows.between(ids.start, ids.stop))

    def ids_where(self, filter_: Mapping[str, Any]) -> Ids:
        """All ids that pass a filter, in the order in which they came."""
        with self._cell.lock.reading():
            state = self._state()
            mask = self._mask(state, filter_)
            return state.rows.ids_at(np.flatnonzero(mask if mask is not None else ~state.rows.dead))

    @contextmanager
    def moment(self, *, wait: bool = True) -> Iterator[Moment]:
        """What it holds; changes wait until its end, searches do not. See `ReadWriteLock.reading`."""
        with self._cell.lock.reading(wait=wait):
            yield Moment(self._state(), self._mask)

    # Upkeep.

    def snapshot(self) -> None:
        """Make the present state the newest generation; the log begins anew. Raises StorageFull."""
        self._writing().keeper.snapshot()

    def compact(self) -> None:
        """Clear removed vectors out now; readers and writers go on."""
        self._writing().keeper.clear()

    def grow(self) -> None:
        """Make the graph of an ``Auto`` index now, where it is large enough; readers and writers go on."""
        grower = self._writing().grower
        if grower is not None:
            grower.run()

    def rebuild(self, build: Callable[[Any], Any], index_type: str | None = None) -> None:
        """Replace the FAISS structure beside readers and writers: see ``Keeper.rebuild``."""
        self._writing().keeper.rebuild(build, index_type)

    def hide(self, ids: Sequence[range]) -> None:
        """For an index open for reading: find these no more through this object; the files stay as they are.

        What ``refresh`` takes over is found again.
        """
        if self._side is not None:
            raise InvalidRequest(f"The index '{self.name}' is open for writing; remove them instead.")
        with self._cell.lock.writing():
            rows = self._state().rows
            for some in ids:
                rows.kill(rows.between(some.start, some.stop))

    def refresh(self) -> bool:
        """For an index open for reading: take over what its writer has done since; whether there was any."""
        if self._side is not None:
            return False
        with self._fields_lock:
            before = self._state()
            if not _behind(self._folder, before):
                return False
            fresh = load(self._folder, whole=False).state
            with self._cell.lock.writing():
                self._cell.state = fresh
            before.generation.close()
            return fresh.sequence != before.sequence

    def check(self) -> str:
        """Compare every block that was not compared yet, now; returns the state that ``stats`` shows."""
        self._checker.run()
        return self._checker.health.check

    def stats(self) -> Stats:
        """At this moment."""
        return stats_of(self.name, self._state(), self._checker.health, self._side)

    def compares(self, queries: int) -> int:
        """Pairs of vectors that a search of so many queries looks at, at most or by graph roughly."""
        state = self._state()
        live = state.rows.live
        return queries * (live if state.graph is None else min(live, state.graph.compares(state.rows.count)))

    def raw(self) -> tuple[structure.Index, Ids]:
        """A private copy of the FAISS index with only what lives, and the ids of its positions."""
        with self._cell.lock.reading():
            state = self._state()
            index, kept = structure.copy(state.index), ~state.rows.dead
            ids = state.rows.ids_at(np.flatnonzero(kept))
        # Positions behind the last row belong to a change under way.
        kept = np.append(kept, np.zeros(int(index.ntotal) - len(kept), np.bool_))
        if not kept.all():
            clearing.keep(index, kept)
        return index, ids

    def every_id(self) -> Ids:
        """All ids, in the order in which they came."""
        with self._cell.lock.reading():
            rows = self._state().rows
            return rows.ids_at(np.flatnonzero(~rows.dead))

    def adopt(self, raw: structure.Index, ids: npt.ArrayLike) -> None:
        """Take a FAISS index, made elsewhere of the same kind, into this empty one; durable on return."""
        side, numbers = self._writing(), checks.ids_of(ids)
        checks.check_fits(raw, self.spec, len(numbers))
        with side.writer.writing:
            if len(self):
                raise Conflict("Only an empty index can take another in; reset it first.")
            side.keeper.take(raw, numbers)

    def close(self) -> None:
        """Finish what was handed in, take a snapshot of a long log, let go of lock and files."""
        if self._closed:
            return
        self._closed = True
        self._checker.stop()
        if self._side is not None:
            self._side.close()
        self._cell.state.generation.close()
        # What is left refers to itself in circles: vectors would wait for the garbage collector.
        self._cell.state = replace(self._cell.state, index=None, rows=no_rows(), graph=None)

    @property
    def closed(self) -> bool:
        """After ``close``."""
        return self._closed

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _state(self) -> State:
        if self._closed:
            raise InvalidRequest(f"The index '{self.name}' is closed.")
        if self._checker.health.check == Check.DAMAGED:
            raise DamagedIndex(
                f"The index '{self.name}' is damaged: {' '.join(self._checker.health.troubles)}"
            )
        return self._cell.state

    def _writing(self) -> WritingSide:
        self._state()
        if self._side is None:
            raise InvalidRequest(f"The index '{self.name}' is open for reading only.")
        return self._side

    def _position(self, state: State, number: int) -> int:
        position = int(state.rows.find(np.array([number], np.int64))[0])
        if position < 0:
            raise VectorNotFound(f"The index '{self.name}' has no vector {number}.")
        return position

    def _mask(self, state: State, filter_: Mapping[str, Any] | None) -> structure.Mask | None:
        """The positions that count; None where all do."""
        rows, total = state.rows, int(state.index.ntotal)
        if filter_ is None and rows.live == total:
            return None
        mask = np.zeros(total, np.bool_)
        mask[: rows.count] = ~rows.dead
        if filter_ is not None:
            passes = parse_filter(filter_)
            with self._fields_lock:
                mask[: rows.count] &= passes(state.fields)
        return mask


def _within(state: State, mask: structure.Mask | None, ranges: Sequence[range]) -> structure.Mask:
    """``mask`` narrowed to ids in some ranges."""
    inside = np.zeros(int(state.index.ntotal), np.bool_)
    for some in ranges:
        inside[state.rows.between(some.start, some.stop)] = True
    return inside if mask is None else inside & mask


def _with(changes: Sequence[Change], note: bytes | None) -> Sequence[Change]:
    return changes if note is None else [*changes, Note(note)]


def _behind(folder: Path, state: State) -> bool:
    newest = max((number for number, _ in generations(folder)), default=0)
    return newest > state.generation.manifest.number or acknowledged(folder) > state.sequence
