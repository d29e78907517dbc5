"""Makes the graph of an ``Auto`` index beside its readers and writers, and lengthens it as vectors are added.

The vectors alone are the truth: they are durable, and found, before any graph has them. A graph that is
missing, damaged or of other vectors is made anew; one that misses too much of what exact search finds is not
searched.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import xxhash

from backend.adapters.faiss_engine import graph as graphs
from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.disk import Disk
from backend.adapters.faiss_engine.graph import Graph
from backend.adapters.faiss_engine.recall import NEAREST, TIE, least_effort
from backend.adapters.faiss_engine.spec import Upkeep
from backend.adapters.faiss_engine.state import Cell
from backend.errors import DamagedIndex

logger = logging.getLogger(__name__)

Rows = npt.NDArray[np.float32]

_QUERIES = 64
_COPIED, _LINKED = 16_384, 256
"""Vectors that are read while nobody can write; those that are linked between two looks at ``stop``."""
_AFTER_REFUSAL = 1.5


@dataclass(frozen=True, slots=True)
class GraphStats:
    """``state``: none, building, ready, or refused: it missed too much; tried again at half as many more."""

    state: str
    covered: int
    """Vectors that are searched through it; those behind are compared one by one."""
    recall: float | None
    effort: int
    failed: str


class Grower:
    """Of one index that is open for writing."""

    def __init__(self, folder: Path, cell: Cell, rules: Upkeep, disk: Disk) -> None:
        self._folder, self._cell, self._rules, self._disk = folder, cell, rules, disk
        self._one = Lock()
        self._stop = Event()
        self._looked = False
        self._refused_at = 0
        self._refused_recall: float | None = None
        self._failed = ""

    @property
    def wanted(self) -> bool:
        """Whether ``run`` would do anything that is not being done."""
        return not self._one.locked() and self._due()

    @property
    def stats(self) -> GraphStats:
        """At this moment."""
        graph = self._cell.state.graph
        if graph is not None:
            return GraphStats("ready", graph.covered, graph.recall, graph.effort, self._failed)
        named = "building" if self._one.locked() else "refused" if self._refused_at else "none"
        return GraphStats(named, 0, self._refused_recall, 0, self._failed)

    def run(self) -> None:
        """Do what is due; a failure is kept in the figures and tried again after the next change."""
        with self._one:
            try:
                self._look()
                while self._due() and not self._stop.is_set():
                    self._grow()
                    self._failed = ""  # not by a run that had nothing to do
            except (OSError, RuntimeError, MemoryError) as error:
                self._failed = str(error)
                logger.warning("the graph of an index was not made: %s", error)

    def stop(self) -> None:
        """Return once ``run`` has ended; it does nothing from then on."""
        self._stop.set()
        with self._one:
            pass

    def _due(self) -> bool:
        state, rules = self._cell.state, self._rules
        count = state.rows.count
        if count < rules.graph_from or count < _AFTER_REFUSAL * self._refused_at:
            return False
        covered = state.graph.covered if state.graph is not None else 0
        return not covered or count - covered > max(rules.graph_rest, rules.graph_rest_share * covered)

    def _look(self) -> None:
        """Once: take up the graph of the files, where it is of these vectors."""
        if self._looked:
            return
        self._looked = True
        try:
            found = graphs.kept(self._folder)
        except DamagedIndex as error:
            logger.warning("%s It is made anew.", error)
            return
        state, digest = self._cell.state, xxhash.xxh3_128()
        numbering, count = state.numbering, state.rows.count
        if found is None or found.covered > count:
            return
        whole = self._each(numbering, range(found.covered), _COPIED, lambda rows: digest.update(rows.data))
        if whole and digest.hexdigest() == found.vectors:
            self._attach(numbering, found)

    def _grow(self) -> None:
        """A graph of all that is there now, made from the one before where there is one."""
        state = self._cell.state
        numbering, count, before = state.numbering, state.rows.count, state.graph
        made = self._made(numbering, count, before)
        if made is None:
            return  # the positions are others by now
        if made.recall < self._rules.graph_least_recall:
            self._refused_at, self._refused_recall = count, made.recall
            logger.info("a graph of %d vectors is not searched: its recall@10 is %.3f", count, made.recall)
            return
        self._refused_at, self._refused_recall = 0, None
        if self._attach(numbering, made):
            graphs.keep(made, self._folder, self._disk)

    def _made(self, numbering: object, count: int, before: Graph | None) -> Graph | None:
        faiss.omp_set_num_threads(max(1, (os.cpu_count() or 1) // 2))  # of this thread alone
        spec = self._cell.state.spec
        store = structure.make(spec)
        links = graphs.bare(before.links if before is not None else graphs.empty(spec))
        links.storage, links.own_fields = store, False
        digest, covered = xxhash.xxh3_128(), before.covered if before is not None else 0

        def copied(rows: Rows) -> None:
            digest.update(rows.data)
            store.add(rows)

        def linked(rows: Rows) -> None:
            digest.update(rows.data)
            links.add(rows)

        if not (
            self._each(numbering, range(covered), _COPIED, copied)
            and self._each(numbering, range(covered, count), _LINKED, linked)
        ):
            return None
        effort, recall = _measured(links, store, self._rules.graph_least_recall)
        return Graph(graphs.bare(links), count, effort, recall, digest.hexdigest())

    def _each(self, numbering: object, wanted: range, step: int, take: Callable[[Rows], None]) -> bool:
        """Hand some positions' vectors to ``take``; False where it was broken off."""
        for begin in range(wanted.start, wanted.stop, step):
            with self._cell.lock.reading():
                state = self._cell.state
                if self._stop.is_set() or state.numbering is not numbering:
                    return False
                rows = state.index.reconstruct_n(begin, min(step, wanted.stop - begin))
            take(rows)
        return True

    def _attach(self, numbering: object, graph: Graph) -> bool:
        with self._cell.lock.writing():
            fits = self._cell.state.numbering is numbering and not self._stop.is_set()
            if fits:
                self._cell.state.graph = graph
        return fits


def _measured(links: Any, store: structure.Index, least_recall: float) -> tuple[int, float]:
    """Least effort and its recall, for vectors of the index itself; each one's own does not count."""
    count = int(store.ntotal)
    sample = np.sort(np.random.default_rng(count).choice(count, min(_QUERIES, count), replace=False))
    queries = store.reconstruct_batch(sample)

    def scores(searched: structure.Index, **params: Any) -> Rows:
        found, places = searched.search(queries, NEAREST + 1, **params)
        signed = found if structure.bigger_is_nearer(store) else -found
        signed = np.where((places < 0) | (places == sample[:, None]), -np.inf, signed)
        best: Rows = -np.sort(-signed, axis=1)[:, :NEAREST]
        return best

    worst = scores(store)[:, -1:]
    enough = worst - TIE * np.maximum(1, np.abs(worst))

    def recall_with(effort: int) -> float:
        return float(np.mean(scores(links, params=faiss.SearchParametersHNSW(efSearch=effort)) >= enough))

    return least_effort(recall_with, least_recall)
