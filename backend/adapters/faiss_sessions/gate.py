"""Many readers, or one writer, or those who share a setting of the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MOMENT_S = 0.05


class Gate:
    """Lets calls that only read run together, and every other one alone. A waiting writer goes first.

    Between the two are those who share: they run beside each other, but beside no reader.
    """

    def __init__(self) -> None:
        self._turn = threading.Condition(threading.Lock())
        self._readers = 0
        self._writing = False
        self._waiting = 0
        self._sharing = 0
        self._held_up = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Together with other readers."""
        with self._turn:
            self._held_up += 1
            while self._writing or self._waiting or self._sharing:
                self._turn.wait()
            self._held_up -= 1
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
            while self._writing or self._readers or self._sharing:
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
    def sharing(self) -> Iterator[bool]:
        """Whether the caller runs beside others in this block alone; waits for a moment at most."""
        with self._turn:
            admitted = self._turn.wait_for(
                lambda: not (self._writing or self._waiting or self._readers or self._held_up), _MOMENT_S
            )
            self._sharing += admitted
        try:
            yield admitted
        finally:
            if admitted:
                with self._turn:
                    self._sharing -= 1
                    if not self._sharing:
                        self._turn.notify_all()
