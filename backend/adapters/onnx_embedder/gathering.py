"""Small calls that arrive while every thread is busy are computed together; a lone one does not wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock

from backend.adapters.lanes import Lanes
from backend.errors import Unavailable
from backend.ports.embedder import Vectors


@dataclass(frozen=True, slots=True)
class _Call:
    texts: Sequence[str]
    future: Future[Vectors] = field(default_factory=Future)


class Gathering:
    """At most ``threads`` batches at a time, each of all that waits, up to ``most`` texts.

    Serves any number of event loops. A cancelled call is left out and disturbs no other.
    """

    def __init__(self, lanes: Lanes, threads: int, most: int, work: Callable[[list[str]], Vectors]) -> None:
        self._lanes = lanes
        self._threads = threads
        self._most = most
        self._work = work
        self._lock = Lock()
        self._waiting: deque[_Call] = deque()
        self._booked = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of ``texts``, shape (len(texts), dimension). Unavailable once the lanes are closed."""
        call = _Call(texts)
        with self._lock:
            self._waiting.append(call)
            begin = self._booked < self._threads
            self._booked += begin
        if begin:
            self._book()
        return await asyncio.wrap_future(call.future)

    def _book(self) -> None:
        """Have a thread compute what waits by then."""
        try:
            self._lanes.submit(self._compute, urgent=True).add_done_callback(self._refused)
        except Unavailable as error:
            self._refuse(error)

    def _refused(self, booked: Future[None]) -> None:
        if error := booked.exception():
            self._refuse(error)

    def _refuse(self, error: BaseException) -> None:
        with self._lock:
            self._booked -= 1
            waiting = list(self._waiting)
            self._waiting.clear()
        for call in waiting:
            if call.future.set_running_or_notify_cancel():
                call.future.set_exception(error)

    def _compute(self) -> None:
        with self._lock:
            calls = self._taken()
        if calls:
            self._answer(calls)
        with self._lock:
            again = bool(self._waiting)
            self._booked -= not again
        if again:  # as a new item, so that long calls have their turn too
            self._book()

    def _taken(self) -> list[_Call]:
        calls: list[_Call] = []
        texts = 0
        while self._waiting and (not calls or texts + len(self._waiting[0].texts) <= self._most):
            call = self._waiting.popleft()
            if call.future.set_running_or_notify_cancel():
                calls.append(call)
                texts += len(call.texts)
        return calls

    def _answer(self, calls: list[_Call]) -> None:
        try:
            vectors = self._work([text for call in calls for text in call.texts])
        except BaseException as error:  # noqa: BLE001 - whatever went wrong belongs to the callers
            for call in calls:
                call.future.set_exception(error)
            return
        first = 0
        for call in calls:
            rows = vectors[first : first + len(call.texts)]
            # A copy, unless it is all: nobody should keep the vectors of others.
            call.future.set_result(rows if len(calls) == 1 else rows.copy())
            first += len(call.texts)
