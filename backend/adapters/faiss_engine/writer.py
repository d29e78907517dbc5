"""Changes: taken from any number of threads, made durable together, then shown to readers."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Lock, RLock, Thread

import numpy as np

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.changes import Change, Ids, Note, Part, Put, Remove, Reset, encode
from backend.adapters.faiss_engine.disk import storing
from backend.adapters.faiss_engine.log import SHORT, Begun, Log
from backend.adapters.faiss_engine.spec import Limits
from backend.adapters.faiss_engine.state import Cell, State
from backend.errors import InvalidRequest, NotTrained, QuaestioError, QuotaExceeded, Unavailable, VectorExists

_BATCH_BYTES = 64 << 20
_BATCH_CHANGES = 4096
_PATIENCE_S = 0.005
_SLICE, _SLOW_SLICE = 16_384, 128
"""Vectors that are added to FAISS while readers wait; few where each takes long."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sequence`` numbers the change; ``removed`` counts ids that were there (also those replaced)."""

    sequence: int
    added: int
    removed: int


@dataclass(slots=True, eq=False)
class Request:
    """One caller's changes: all of them happen or none."""

    changes: Sequence[Change]
    done: Future[Outcome] | asyncio.Future[Outcome]
    loop: asyncio.AbstractEventLoop | None = None
    outcome: Outcome | None = None
    error: Exception | None = None

    @property
    def bytes(self) -> int:
        """Of vectors."""
        return sum(c.vectors.nbytes for c in self.changes if isinstance(c, Put))

    def settle(self) -> None:
        """Tell the caller, in its own thread or loop."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        elif self.outcome is not None:
            self.done.set_result(self.outcome)


@dataclass(slots=True)
class _Plan:
    """What a batch will have done by the time that its next request comes."""

    state: State
    emptied: bool = False
    there: dict[int, bool] = field(default_factory=dict)
    live: int = 0
    bytes: int = 0

    def holds(self, sought: Ids) -> list[int]:
        """Those of some ids that are there."""
        positions = self.state.rows.find(sought)
        if not self.there and not self.emptied:
            there: list[int] = sought[positions >= 0].tolist()
            return there
        ids, found = sought.tolist(), (positions >= 0).tolist()
        known = self.there
        return [i for i, f in zip(ids, found, strict=True) if known.get(i, f and not self.emptied)]


class Writer:
    """The one writer of an index. ``writing`` is held for each batch, and by whoever replaces the state."""

    def __init__(
        self, cell: Cell, log: Log, limits: Limits, start: Callable[[Callable[[], None]], object]
    ) -> None:
        self._cell, self.log, self._limits, self._start = cell, log, limits, start
        self.writing = RLock()
        self.journal: list[Change] | None = None
        """Changes since someone began to build another structure; None where nobody does."""
        self.after_batch: Callable[[], None] = lambda: None
        self.repaired: Callable[[], None] = lambda: None
        """Called where the mapped generation turns out damaged."""
        self._queue: list[Request] = []
        self._expected = 0
        self._together = Event()
        self._lock = Lock()
        self._busy = False
        self._closed = False
        self._process = os.getpid()

    def submit(self, request: Request) -> None:
        """Have changes done; the request is settled when they are on the disk, or refused."""
        with self._lock:
            if self._closed or os.getpid() != self._process:
                raise Unavailable("This index is closed.")
            self._queue.append(request)
            if self._busy:
                if len(self._queue) == self._expected:
                    self._together.set()
                return
            self._busy = True
        self._start(self._drain)

    def close(self) -> None:
        """Wait for what was handed in; nothing more is taken."""
        with self._lock:
            self._closed = True
        while True:
            with self._lock:
                if not self._busy:
                    return
            time.sleep(0.001)

    def _drain(self) -> None:
        while batch := self._take():
            began = time.monotonic()
            try:
                with self.writing:
                    self._commit(batch)
            except Exception as error:  # noqa: BLE001 - whatever went wrong belongs to the callers
                for request in batch:
                    request.error = request.error or error
            callers = len(batch) + len(self._queue)
            _settle(batch)
            self.after_batch()
            if callers > 1:
                self._gather(callers, time.monotonic() - began)

    def _gather(self, callers: int, took_s: float) -> None:
        """Wait until those come again who have just been served, so that the first does not sync alone.

        No longer than half of what the sync would take, in case they do not.
        """
        with self._lock:
            self._expected = callers
            self._together.clear()
            if len(self._queue) >= callers:
                return
        self._together.wait(min(took_s / 2, _PATIENCE_S))

    def _take(self) -> list[Request]:
        with self._lock:
            size = count = 0
            for request in self._queue:
                if count and (size + request.bytes > _BATCH_BYTES or count >= _BATCH_CHANGES):
                    break
                size, count = size + request.bytes, count + 1
            batch, self._queue = self._queue[:count], self._queue[count:]
            self._busy = bool(batch)
            return batch

    def _commit(self, batch: Sequence[Request]) -> None:
        accepted = self._plan(batch)
        if not accepted:
            return
        puts = [change for request in accepted for change in request.changes if isinstance(change, Put)]
        try:
            begun = self._begin(puts, [encode(request.changes) for request in accepted])
            with storing():
                self.log.seal(begun)
        except QuaestioError as error:
            self._cover()
            for request in accepted:
                request.error = error
            return
        with self._cell.lock.writing():
            self._publish(accepted)
        self.log.disk.reached("published")

    def _begin(self, puts: Sequence[Put], payloads: Sequence[Sequence[Part]]) -> Begun:
        """Have changes in FAISS and, all but their seal, in the log: long ones beside each other."""
        if sum(put.vectors.nbytes for put in puts) <= SHORT:
            if puts:
                self._add(puts)
            with storing():
                return self.log.begin(payloads)
        logged: Future[Begun] = Future()
        beside = Thread(target=_fulfil, args=(logged, lambda: self.log.begin(payloads)), name="index-log")
        beside.start()
        try:
            self._add(puts)
        except BaseException:
            beside.join()
            self.log.give_up()
            raise
        with storing():
            return logged.result()

    def _plan(self, batch: Sequence[Request]) -> list[Request]:
        state = self._cell.state
        plan = _Plan(state, live=state.rows.live, bytes=_bytes_of(state))
        accepted = []
        for request in batch:
            kept = plan.emptied, dict(plan.there) if len(request.changes) > 1 else None, plan.live, plan.bytes
            try:
                for change in request.changes:
                    self._admit(change, plan)
            except QuaestioError as error:
                request.error = error
                plan.emptied, there, plan.live, plan.bytes = kept
                plan.there = plan.there if there is None else there
            else:
                accepted.append(request)
        return accepted

    def _admit(self, change: Change, plan: _Plan) -> None:
        """Raise where a change must be refused, else count it in; one that is refused leaves no trace."""
        match change:
            case Put():
                self._admit_put(change, plan)
            case Remove():
                plan.live -= len(plan.holds(change.ids))
                plan.there.update(dict.fromkeys(change.ids.tolist(), False))
            case Reset():
                plan.emptied, plan.there, plan.live, plan.bytes = True, {}, 0, 0
            case Note():
                if len(change.content) > self._limits.note_bytes:
                    raise QuotaExceeded(f"A note may have {self._limits.note_bytes} bytes.")

    def _admit_put(self, put: Put, plan: _Plan) -> None:
        index, limits = plan.state.index, self._limits
        if not index.is_trained:
            raise NotTrained(
                f"An index of type {plan.state.spec.index_type} must be trained before vectors are added."
            )
        if structure.fixed(index) and (plan.state.rows.count or plan.there):
            raise InvalidRequest("FAISS refused: NSG does not support incremental addition")
        present = plan.holds(put.ids)
        if present and not put.replace:
            more = f" and {len(present) - 1} more" if len(present) > 1 else ""
            raise VectorExists(
                f"The index holds a vector {present[0]}{more} already; use upsert to replace it."
            )
        live = plan.live + len(put.ids) - len(present)
        size = plan.bytes + put.vectors.nbytes + sum(map(len, put.metadata))
        if live > limits.vectors_per_index:
            raise QuotaExceeded(
                f"An index may hold {limits.vectors_per_index} vectors; this would make {live}."
            )
        if size > limits.bytes_per_index:
            raise QuotaExceeded(f"An index may hold {limits.bytes_per_index} bytes; this would make {size}.")
        plan.live, plan.bytes = live, size
        plan.there.update(dict.fromkeys(put.ids.tolist(), True))

    def _add(self, puts: Sequence[Put]) -> None:
        """Put vectors where nobody sees them yet: behind the last position that counts."""
        self.own()
        vectors = puts[0].vectors if len(puts) == 1 else np.concatenate([put.vectors for put in puts])
        index = self._cell.state.index
        slow = structure.slow_to_add(index)
        step = _SLOW_SLICE if slow else _SLICE
        step = max(1, len(vectors)) if structure.fixed(index) else step
        for begin in range(0, len(vectors), step):
            with self._cell.lock.writing():
                structure.add(index, vectors[begin : begin + step])
            if slow:
                time.sleep(0.0005)  # lets readers in that wait
        self.log.disk.reached("added")

    def own(self) -> None:
        """Have the FAISS index in memory of its own; readers go on meanwhile."""
        state = self._cell.state
        if state.owned:
            return
        try:
            index = state.generation.owned_index()
        except QuaestioError:
            self.repaired()
            state = self._cell.state
            index = state.index if state.owned else state.generation.owned_index()
        with self._cell.lock.writing():
            state.index, state.owned = index, True

    def _cover(self) -> None:
        """Let positions count for nothing whose change was refused."""
        state = self._cell.state
        extra = int(state.index.ntotal) - state.rows.count
        with self._cell.lock.writing():
            if extra > 0:
                state.rows.skip(extra)
            state.empty()
            if state.owned and not state.rows.count:
                # Of what FAISS refused, some types keep a part that they do not count.
                with structure.faiss_errors():
                    state.index.reset()

    def _publish(self, accepted: Sequence[Request]) -> None:
        state = self._cell.state
        for request in accepted:
            added = removed = 0
            for change in request.changes:
                match change:
                    case Put():
                        if change.replace:
                            removed += state.kill(change.ids)
                        state.rows.append(change.ids, change.metadata)
                        added += len(change.ids)
                    case Remove():
                        removed += state.kill(change.ids)
                    case Reset():
                        removed += state.kill_all()
                    case Note():
                        state.note = change.content
            state.sequence += 1
            request.outcome = Outcome(state.sequence, added, removed)
            if self.journal is not None:
                self.journal.extend(request.changes)
        state.empty()


def _bytes_of(state: State) -> int:
    return state.rows.live * state.spec.row_bytes + state.rows.metadata_bytes


def _fulfil(done: Future[Begun], work: Callable[[], Begun]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it belongs to who waits
        done.set_exception(error)


def _settle(batch: Sequence[Request]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[Request]] = {}
    for request in batch:
        if request.loop is None:
            request.settle()
        else:
            loops.setdefault(request.loop, []).append(request)
    for loop, requests in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_all, requests)
        except RuntimeError:
            continue  # the loop has ended, and nobody waits


def _settle_all(requests: Sequence[Request]) -> None:
    for request in requests:
        request.settle()
