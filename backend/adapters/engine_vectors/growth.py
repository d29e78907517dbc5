"""Which structure suits a size, and making one that finds what exact search finds."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from backend.adapters.engine_vectors.library import Ids, Vectors
from backend.adapters.faiss_engine import IndexSpec, structure
from backend.adapters.faiss_engine.recall import EFFORTS, NEAREST, TIE, least_effort

KINDS = {"flat": "Flat", "sq8": "SQ8", "hnsw": "HNSW32,SQ8"}
"""Factory strings by name; a graph keeps its vectors in 8 bits a number, too."""

_BATCH, _GRAPH_BATCH = 16_384, 1_024
_LEARN_FROM = 65_536
_REACH = 64
"""Candidates for ten results that are then compared exactly, as a search does."""
_EFFORTS = EFFORTS[1:]
"""Fewer than ``_REACH`` would not give that many."""
_SHRUNK = 0.5
_GROWN = 2.0

Fetch = Callable[[Ids], Vectors]


@dataclass(frozen=True, slots=True)
class Growth:
    """When an index takes another structure, and when what is in memory is written into it."""

    sq8_from: int = 100_000
    """Vectors from which 8 bits a number are kept; candidates are compared exactly with the rows."""
    hnsw_from: int = 500_000
    """Vectors from which a graph is searched."""
    least_recall: float = 0.95
    """Recall@10 beside exact search that a structure must reach to be kept."""
    queries: int = 64
    """Vectors of the library that recall is measured with."""
    pending_least: int = 2_000
    """What is in memory is written into the index when it is more than this ..."""
    pending_share: float = 0.1
    """... and more than this part of the index."""

    def kind_for(self, vectors: int, now: str) -> str:
        """A structure is left only when the library is well below the size that asked for it."""
        names = list(KINDS)
        limits = {"flat": 0, "sq8": self.sq8_from, "hnsw": self.hnsw_from}
        wanted = max((n for n in names if vectors >= limits[n]), key=names.index)
        shrinks = names.index(wanted) < names.index(now)
        return now if shrinks and vectors > _SHRUNK * limits[now] else wanted

    def is_due(self, pending: int, written: int) -> bool:
        """Whether there is enough in memory to be written."""
        return pending > max(self.pending_least, self.pending_share * written)


def name_of(index_type: str) -> str:
    """Of a factory string."""
    return next((name for name, factory in KINDS.items() if factory == index_type), index_type)


def has_outgrown(learnt: int, vectors: int) -> bool:
    """Whether what a structure learnt comes from a part of the library only."""
    return bool(learnt) and vectors > _GROWN * learnt


@dataclass(slots=True)
class Candidate:
    """A structure of the vectors ``ids`` in their order, to be kept where its recall is good enough."""

    kind: str
    dimension: int
    ids: Ids
    fetch: Fetch
    queries: int
    least_recall: float
    check: Callable[[], None]
    """Called between steps; what it raises ends the work."""
    recall: float | None = None

    def build(self, _present: Any) -> Any:  # noqa: ANN401 - FAISS has no types
        """The structure, whatever there was; raises TooInexact."""
        faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # of this thread alone
        made = structure.make(IndexSpec(self.dimension, KINDS[self.kind], "ip"))
        random = np.random.default_rng(len(self.ids))
        if not made.is_trained:
            made.train(self._some(random, _LEARN_FROM))
        sample = np.sort(random.choice(len(self.ids), min(self.queries, len(self.ids)), replace=False))
        queries = self.fetch(self.ids[sample])
        best = np.empty((len(queries), 0), np.float32)
        step = _GRAPH_BATCH if self.kind == "hnsw" else _BATCH
        for begin in range(0, len(self.ids), step):
            self.check()
            rows = self.fetch(self.ids[begin : begin + step])
            made.add(rows)
            best = -np.sort(-np.concatenate([best, queries @ rows.T], axis=1), axis=1)[:, : NEAREST + 1]
        if self.kind != "flat":
            self.recall = self._measured(made, queries, best)
            if self.recall < self.least_recall:
                raise TooInexact(self.kind, self.recall)
        return made

    def _some(self, random: np.random.Generator, most: int) -> Vectors:
        chosen = random.choice(len(self.ids), min(most, len(self.ids)), replace=False)
        return self.fetch(self.ids[np.sort(chosen)])

    def _measured(self, made: Any, queries: Vectors, best: Vectors) -> float:  # noqa: ANN401 - as above
        """Recall@10; a graph gets the least effort that reaches what is asked for."""
        if self.kind != "hnsw":
            return self._recall(made, queries, best)

        def recall_with(effort: int) -> float:
            made.hnsw.efSearch = effort
            return self._recall(made, queries, best)

        return least_effort(recall_with, self.least_recall, _EFFORTS)[1]

    def _recall(self, made: Any, queries: Vectors, best: Vectors) -> float:  # noqa: ANN401 - as above
        """Share of the true nearest that are found; each query's own vector does not count."""
        wanted = min(NEAREST, best.shape[1] - 1)
        if wanted < 1:
            return 1.0
        _, places = made.search(queries, min(_REACH, len(self.ids)))
        found = 0
        for query, row, true in zip(queries, places, best, strict=True):
            scores = np.sort(self.fetch(self.ids[row[row >= 0]]) @ query)[::-1][1 : wanted + 1]
            found += int(np.count_nonzero(scores >= true[wanted] - TIE))
        return found / float(wanted * len(queries))


class TooInexact(Exception):
    """A structure that misses too much of what exact search finds."""

    def __init__(self, kind: str, recall: float) -> None:
        super().__init__(f"recall@10 of {kind} is {recall:.3f}")
        self.kind, self.recall = kind, recall
