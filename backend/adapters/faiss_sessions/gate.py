"""Many readers or one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets calls that only read run together, and every other one alone. A waiting writer goes first."""

    def __init__(self) -> None:
        self._turn = threading.Condition(threading.Lock())
        self._readers = 0
        self._writing = False
        self._waiting = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Together with other readers."""
        with self._turn:
            while self._writing or self._waiting:
                self._turn.wait()
            self._readers += 1
        try:
            yield
        finally:
            with self._turn:
                self._readers -= 1
                if not self._readers:
                    self._turn.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone."""
        with self._turn:
            self._waiting += 1
            while self._writing or self._readers:
                self._turn.wait()
            self._waiting -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._turn:
                self._writing = False
                self._turn.notify_all()

    @contextmanager
    def alone_now(self) -> Iterator[bool]:
        """Whether the caller, who reads, is the only one, and stays so for the block; never waits."""
        with self._turn:
            alone = self._readers == 1 and not self._waiting
            self._waiting += alone
        try:
            yield alone
        finally:
            with self._turn:
                self._waiting -= alone
                self._turn.notify_all()
