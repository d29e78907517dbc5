"""Random calls on random FAISS objects, as a session makes them: ``python -m tests.support.session_fuzz SEED COUNT``.

Ends with status 0 where the process lives to the end and every refusal is an error that a client understands. The
last call is the last line of standard output.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions.frames import BrokenFrame, Frame
from backend.adapters.faiss_sessions.objects import Session
from backend.adapters.faiss_sessions.operations import Operations
from backend.adapters.faiss_sessions.values import CLASSES

FACTORY = ["Flat", "IVF4,Flat", "IVF4,PQ4x4", "HNSW8", "HNSW8,SQ8", "NSG8", "PQ4x4fs", "SQ8", "LSH", "IDMap,Flat",
           "IDMap2,HNSW8", "PCA4,Flat", "Flat,RFlat", "IVF4_HNSW8,Flat", "RaBitQ", "IVF4,PQ4x4fsr,RFlat"]  # fmt: skip
CALLS = ["search", "range_search", "reconstruct", "reconstruct_n", "reconstruct_batch", "remove_ids", "add", "assign",
         "add_with_ids", "merge_from", "sa_encode", "train", "reset", "search_and_reconstruct",
         "get_distance_computer", "check_compatible_for_merge", "make_direct_map"]  # fmt: skip
UNDERSTOOD = (RuntimeError, AssertionError, TypeError, ValueError, AttributeError, IndexError, MemoryError,
              OverflowError, ReferenceError, NotImplementedError, BrokenFrame)  # fmt: skip


class Fuzz:
    """One session and what it holds."""

    def __init__(self, seed: int) -> None:
        self._random, self._numpy = random.Random(seed), np.random.default_rng(seed)  # noqa: S311 - repeatable
        self._operations = Operations(64 << 20, threading.Lock(), uploads=False)
        self._session = Session(10_000, 1)
        self._rows = self._numpy.random((300, 8), dtype=np.float32)
        self._handles: list[int] = []

    def step(self) -> None:
        """One more call."""
        chance = self._random.random()
        if chance < 0.1 or not self._handles:
            self._index()
        elif chance < 0.15:
            arrays: list[Any] = []
            name = self._random.choice(sorted(CLASSES))
            self._ask({"op": "new", "name": name, "args": self._values(arrays)}, arrays)
        else:
            self._call()

    def _index(self) -> None:
        made = self._ask(
            {"op": "function", "name": "index_factory", "args": [8, self._random.choice(FACTORY)]}
        )
        if made is None or self._random.random() < 0.2:
            return
        on = made["h"][0]
        self._ask({"op": "call", "on": on, "name": "train", "args": [{"a": 0}]}, [self._rows])
        if "IDMap" in made["h"][1]:
            ids = np.arange(300) * 2
            self._ask(
                {"op": "call", "on": on, "name": "add_with_ids", "args": [{"a": 0}, {"a": 1}]},
                [self._rows, ids],
            )
        elif self._random.random() < 0.8:
            self._ask({"op": "call", "on": on, "name": "add", "args": [{"a": 0}]}, [self._rows])

    def _call(self) -> None:
        on, arrays = self._random.choice(self._handles[-25:]), []
        known = self._session.of(on).obj
        possible = [name for name in CALLS if hasattr(known, name)]
        fields = [name for name in dir(type(known)) if not name.startswith("__")]
        name = self._random.choice(possible if possible and self._random.random() < 0.7 else fields)
        if callable(getattr(type(known), name, None)):
            self._ask({"op": "call", "on": on, "name": name, "args": self._values(arrays)}, arrays)
        elif self._random.random() < 0.7:
            self._ask({"op": "get", "on": on, "name": name})
        else:
            self._ask({"op": "set", "on": on, "name": name, "value": self._value(arrays)}, arrays)

    def _values(self, arrays: list[Any]) -> list[Any]:
        return [self._value(arrays) for _ in range(self._random.choice([0, 1, 1, 2, 2, 3]))]

    def _value(self, arrays: list[Any]) -> Any:
        chance = self._random.random()
        if chance < 0.45:
            rows, columns = self._random.choice([0, 1, 2, 5, 300]), self._random.choice([8, 8, 8, 1, 7, 9])
            array = self._numpy.random((rows, columns), dtype=np.float32)
            arrays.append(array if chance < 0.35 else self._numpy.integers(-2, 310, rows))
            return {"a": len(arrays) - 1}
        if chance < 0.7:
            return self._random.choice(
                [0, 1, 2, 3, 5, 8, 300, -1, 1000, 2**31, 2**40, 2**62, 0.5, float("inf")]
            )
        if chance < 0.9 and self._handles:
            return {"h": self._random.choice(self._handles[-40:])}
        return self._random.choice([None, None, True, "Flat", {"c": self._random.choice(sorted(CLASSES))}])

    def _ask(self, header: dict[str, Any], arrays: list[Any] | None = None) -> Any:
        shapes = [[str(array.dtype), array.shape] for array in arrays or []]
        sys.stdout.write(json.dumps([header, shapes]) + "\n")
        sys.stdout.flush()
        try:
            found = self._operations.run(self._session, Frame(header, arrays or []))[0]["value"]
        except UNDERSTOOD:
            return None
        except KeyError:  # FAISS's own answer to a constructor without its argument
            return None
        if isinstance(found, dict) and "h" in found:
            self._handles.append(found["h"][0])
            return found
        return None


def main() -> None:
    faiss.omp_set_num_threads(1)
    fuzz = Fuzz(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        fuzz.step()


if __name__ == "__main__":
    main()
