"""A process that writes an index and is killed at a named step: ``python -m tests.support.engine_process``.

Arguments: root, point, how many times the point is passed before, first id. Each acknowledged change is a line
on standard output before the next one begins.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

from backend.adapters.faiss_engine import Engine, Upkeep
from backend.adapters.faiss_engine.disk import Disk

DIMENSION = 8


def vector(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((1, DIMENSION), dtype=np.float32)


LONG = 34_000
"""Vectors of a change that is so long that it is written while FAISS takes them."""


def long_change(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((LONG, DIMENSION), dtype=np.float32)


class DeadlyDisk(Disk):
    """Kills the process at the n-th passing of a point."""

    def __init__(self, point: str, passes: int) -> None:
        self._point, self._left = point, passes

    def reached(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    root, point, passes, first = sys.argv[1:]
    rules = Upkeep(dead_least=10**9, graph_from=5, graph_least_recall=0.5)
    engine = Engine(Path(root), upkeep=rules, disk=DeadlyDisk(point, int(passes)))
    index = engine.open("t", "it", writable=True)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    for number in range(int(first), int(first) + 60):
        if number % 10 == 8:
            index.grow()
        if number % 10 == 9:
            index.add(LONG + LONG * number + np.arange(LONG), long_change(number))
            say("long", number)
        index.add([number], vector(number), [{"n": number}])
        say("add", number)
        if number % 4 == 3:
            index.remove([number - 2])
            say("remove", number - 2)
        if number % 5 == 4:
            index.upsert([number], vector(number + 10_000), [{"n": -number}])
            say("upsert", number)
        if number % 7 == 6:
            index.snapshot()
        if number % 20 == 19:
            index.compact()
    engine.close()


def say(what: str, number: int) -> None:
    sys.stdout.write(f"{what} {number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
