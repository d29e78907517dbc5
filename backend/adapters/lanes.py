"""Two queues before a few threads: short calls pass long ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from backend.errors import Unavailable

T = TypeVar("T")

URGENT_IN_A_ROW = 8
"""After so many urgent items a waiting bulk item has its turn, so that bulk work always moves."""


@dataclass(frozen=True, slots=True)
class _Item(Generic[T]):
    work: Callable[[], T]
    future: Future[T] = field(default_factory=Future)

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.work()
        except BaseException as error:  # noqa: BLE001 - whatever went wrong belongs to the caller
            self.future.set_exception(error)
        else:
            self.future.set_result(result)

    def refuse(self, error: Exception) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(error)


class Lanes:
    """Runs CPU work off the event loop on at most ``threads`` threads.

    An urgent item starts before every bulk item that waits; nothing that runs is interrupted, so keep
    items short. Serves any number of event loops and tasks. Threads start with the first call.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = Lock()
        self._urgent: deque[_Item[object]] = deque()
        self._bulk: deque[_Item[object]] = deque()
        self._in_a_row = 0
        self._closed = False

    async def run(self, work: Sequence[Callable[[], T]], *, urgent: bool) -> list[T]:
        """Results of ``work`` in its order.

        Cancelled, or after the first error, the items that have not started never do. Raises
        Unavailable after ``close``.
        """
        futures = [self.submit(item, urgent=urgent) for item in work]
        try:
            return await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
        finally:
            for future in futures:
                future.cancel()

    def submit(self, work: Callable[[], T], *, urgent: bool) -> Future[T]:
        """Its result, once there is one. Unavailable where ``close`` comes first; raised after it."""
        item = _Item(work)
        with self._lock:
            if self._closed:
                raise self._refusal()
            (self._urgent if urgent else self._bulk).append(item)  # type: ignore[arg-type]  # a queue of any T
            # A thread is booked per item; which item it runs is decided when it is free.
            self._pool.submit(self._run_next)
        return item.future

    async def close(self) -> None:
        """Waits for the items that run; those that wait end with Unavailable."""
        with self._lock:
            self._closed = True
            waiting = [*self._urgent, *self._bulk]
            self._urgent.clear()
            self._bulk.clear()
        for item in waiting:
            item.refuse(self._refusal())
        await asyncio.to_thread(self._pool.shutdown)

    def _run_next(self) -> None:
        with self._lock:
            item = self._take()
        if item is not None:
            item.run()

    def _take(self) -> _Item[object] | None:
        if self._urgent and not (self._bulk and self._in_a_row >= URGENT_IN_A_ROW):
            self._in_a_row += 1
            return self._urgent.popleft()
        self._in_a_row = 0
        return self._bulk.popleft() if self._bulk else None

    def _refusal(self) -> Unavailable:
        return Unavailable(f"{self._name} is shut down.")
