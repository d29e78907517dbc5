"""Changes: taken from any number of threads, made durable together, then shown to readers."""

from __future__ import annotations

import asyncio
import os
import time
from _thread import LockType, allocate_lock
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Event, Lock, RLock, Thread

import numpy as np

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.admission import Admission, only_new
from backend.adapters.faiss_engine.changes import NOTHING, Change, Ids, Note, Part, Put, Remove, Reset, encode
from backend.adapters.faiss_engine.disk import storing
from backend.adapters.faiss_engine.log import SHORT, Begun, Log
from backend.adapters.faiss_engine.spec import Limits
from backend.adapters.faiss_engine.state import Cell
from backend.errors import QuaestioError, Unavailable

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
    """One caller's changes: all of them happen or none.

    ``future`` is of a coroutine that waits for it; where there is none, a thread does, by ``wait``.
    """

    changes: Sequence[Change]
    future: asyncio.Future[Outcome] | None = None
    outcome: Outcome | None = None
    error: Exception | None = None
    bytes: int = field(init=False)
    """As they are handed in."""
    _served: LockType = field(init=False)

    def __post_init__(self) -> None:
        """Not served yet. A bare lock, since it is the cheapest thing that one thread waits for."""
        self.bytes = sum([change.bytes for change in self.changes if isinstance(change, Put)])
        if self.future is None:
            self._served = allocate_lock()
            self._served.acquire()

    def wait(self) -> Outcome:
        """For a thread: what came of it, once that is durable; raises what it was refused with."""
        self._served.acquire()
        if self.error is not None:
            raise self.error
        if self.outcome is None:
            raise Unavailable("The change was left undone.")
        return self.outcome

    def settle(self) -> None:
        """Tell the caller, a coroutine in its own loop."""
        if self.future is None:
            self._served.release()
        elif self.future.done():
            return
        elif self.error is not None:
            self.future.set_exception(self.error)
        elif self.outcome is not None:
            self.future.set_result(self.outcome)


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
        changes = [change for request in batch for change in request.changes]
        puts = [change for change in changes if isinstance(change, Put)]
        new = only_new(puts, self._cell.state, self._limits) if puts and len(puts) == len(changes) else None
        accepted = batch if new is not None else self._admit(batch)
        if not accepted:
            return
        if len(accepted) < len(batch):
            puts = [change for request in accepted for change in request.changes if isinstance(change, Put)]
        try:
            begun = self._begin(puts, [encode(request.changes) for request in accepted])
            with storing():
                self.log.seal(begun)
        except Exception:  # whatever it was: FAISS may hold what the log does not
            self._cover()
            raise
        with self._cell.lock.writing():
            if new is None:
                self._publish(accepted)
            else:
                self._publish_new(new, puts, accepted)
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

    def _admit(self, batch: Sequence[Request]) -> list[Request]:
        """Those that may happen; the others know why not."""
        admission, accepted = Admission(self._cell.state, self._limits), []
        for request in batch:
            try:
                admission.admit(request.changes)
            except QuaestioError as error:
                request.error = error
            else:
                accepted.append(request)
        return accepted

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
            self._number(request, added, removed)
        state.empty()

    def _publish_new(self, ids: Ids, puts: Sequence[Put], accepted: Sequence[Request]) -> None:
        """As ``_publish``, at once: nothing but vectors whose ids were free."""
        told: list[bytes] = []
        if any(put.metadata for put in puts):
            for put in puts:
                told += put.metadata or [NOTHING] * len(put.ids)
        self._cell.state.rows.append(ids, told)
        for request in accepted:
            self._number(
                request, sum([len(change.ids) for change in request.changes if isinstance(change, Put)]), 0
            )

    def _number(self, request: Request, added: int, removed: int) -> None:
        state = self._cell.state
        state.sequence += 1
        request.outcome = Outcome(state.sequence, added, removed)
        if self.journal is not None:
            self.journal.extend(request.changes)


def _fulfil(done: Future[Begun], work: Callable[[], Begun]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - it belongs to who waits
        done.set_exception(error)


def _settle(batch: Sequence[Request]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[Request]] = {}
    for request in batch:
        if request.future is None:
            request.settle()
        else:
            loops.setdefault(request.future.get_loop(), []).append(request)
    for loop, requests in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_all, requests)
        except RuntimeError:
            continue  # the loop has ended, and nobody waits


def _settle_all(requests: Sequence[Request]) -> None:
    for request in requests:
        request.settle()
