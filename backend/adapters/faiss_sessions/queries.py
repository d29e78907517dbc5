"""Queries that wait for each other: one is answered at once, those that come meanwhile are joined."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from backend.adapters.faiss_sessions.frames import Frame
from backend.adapters.faiss_sessions.joined import FEWEST, Key

_COMING_BACK_S = 0.004
"""How long callers who were answered together have to send their next query, to be joined again."""
_LOOKS = 4
_FULL = 16
"""Queries that one core searches together, however many cores are idle: half of them cost it 0.7 as much."""


@dataclass(frozen=True, slots=True)
class Question:
    """One frame, and how its answer (an HTTP status and the pieces of a body) is sent."""

    session: int
    frame: Frame
    answer: Callable[[int, list[bytes]], None]


@dataclass
class _Queue:
    """Queries on one index with one k."""

    waiting: list[Question] = field(default_factory=list)
    running: int = 0
    """Threads that answer some of them now."""
    asked: int = 0
    """How many are being answered."""


class JoinedQueries:
    """Queries by what they must share. ``alone`` answers one, ``together`` answers several.

    The thread that brings a query answers it itself where nobody else asks. Batches belong to ``threads``
    threads of their own, because a thread that reads a connection must go back to it.
    """

    def __init__(
        self,
        alone: Callable[[Question], None],
        together: Callable[[list[Question]], None],
        threads: int,
    ) -> None:
        self._alone = alone
        self._together = together
        self._threads = threads
        self._mutex = threading.Lock()
        self._queues: dict[Key, _Queue] = {}
        self._later: queue.SimpleQueue[Key] = queue.SimpleQueue()

    def start(self) -> None:
        """Begin to answer batches."""
        for _ in range(self._threads):
            threading.Thread(target=self._work, daemon=True).start()

    def ask(self, key: Key, question: Question) -> None:
        """Answer now, or leave the query to the next batch."""
        with self._mutex:
            waiting = self._queues.setdefault(key, _Queue())
            if waiting.running:
                waiting.waiting.append(question)
                if waiting.running < self._threads and len(waiting.waiting) >= FEWEST:
                    waiting.running += 1
                    self._later.put(key)
                return
            waiting.running = 1
        try:
            self._alone(question)
        finally:
            with self._mutex:
                if waiting.waiting:
                    self._later.put(key)
                else:
                    self._leave(key, waiting)

    def _work(self) -> None:
        while True:
            key = self._later.get()
            while questions := self._next(key):
                self._together(questions)
                self._wait(key, len(questions))

    def _next(self, key: Key) -> list[Question]:
        """A share of those that wait; with none, this thread has left the queue."""
        with self._mutex:
            waiting = self._queues[key]
            share = max(_FULL, ceil((len(waiting.waiting) + waiting.asked) / self._threads))
            taken, waiting.waiting = waiting.waiting[:share], waiting.waiting[share:]
            waiting.asked += len(taken)
            if not taken:
                self._leave(key, waiting)
            elif len(waiting.waiting) >= FEWEST and waiting.running < self._threads:
                waiting.running += 1
                self._later.put(key)
            return taken

    def _wait(self, key: Key, answered: int) -> None:
        """Until those who were answered have asked again, or have had the time to."""
        with self._mutex:
            waiting = self._queues[key]
            waiting.asked -= answered
        for _ in range(_LOOKS if answered > 1 else 0):
            if len(waiting.waiting) >= answered:
                return
            time.sleep(_COMING_BACK_S / _LOOKS)

    def _leave(self, key: Key, waiting: _Queue) -> None:
        waiting.running -= 1
        if not waiting.running:
            del self._queues[key]
