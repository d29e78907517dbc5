"""What one tenant's searches look through: a mapped index, and in memory what is newer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import faiss
import numpy as np
import numpy.typing as npt

from backend.adapters.engine_vectors.library import Ids, Vectors, keys_of
from backend.adapters.engine_vectors.note import LibraryNote
from backend.adapters.faiss_engine import EngineIndex
from backend.adapters.faiss_engine.cores import cores_for
from backend.adapters.faiss_engine.locks import ReadWriteLock

FLAT = "Flat"
_REACH, _LEAST = 4, 64


@dataclass(frozen=True, slots=True)
class Base:
    """An index of the engine, open for reading, and what it said of itself."""

    index: EngineIndex
    note: LibraryNote
    troubles: int
    """Faults of the files that were known when it was opened."""

    @property
    def was_mended(self) -> bool:
        """Whether another generation took the place of a damaged one; what was hidden is found again."""
        return len(self.index.stats().troubles) != self.troubles

    @property
    def exact(self) -> bool:
        """Whether its distances are those of the vectors as they were given."""
        return self.index.spec.index_type == FLAT


@dataclass(slots=True)
class Arrivals:
    """Vectors by document that the index does not have."""

    documents: dict[int, int] = field(default_factory=dict)
    keys: list[Ids] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)

    def add(self, number: int, stamp: int, pages: Iterable[tuple[Ids, Vectors]]) -> None:
        """A document."""
        self.documents[number] = stamp
        for keys, vectors in pages:
            self.keys.append(keys)
            self.vectors.append(vectors)


class View:
    """Searches run beside each other; a change waits for them and is seen whole.

    ``following`` is held by whoever brings it up to date. ``held`` and ``fresh`` are the documents that are
    found through the index and in memory.
    """

    def __init__(self, dimension: int) -> None:
        self.following = Lock()
        self.version = -1
        self.stale = True
        """Whether the files are to be opened anew."""
        self.base: Base | None = None
        self.held: dict[int, int] = {}
        self.fresh: dict[int, int] = {}
        self.hidden = 0
        self._lock = ReadWriteLock()
        self._memory = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))

    @property
    def pending(self) -> int:
        """Vectors that are only in memory."""
        return int(self._memory.ntotal)

    def __len__(self) -> int:
        """Vectors that can be found."""
        return self.pending + (len(self.base.index) if self.base else 0)

    def change(self, base: Base | None, wanted: dict[int, int], arrivals: Arrivals) -> Base | None:
        """Have exactly ``wanted`` found; returns the index that was let go, to be closed.

        Every document of ``wanted`` is in ``base``, in memory, or among ``arrivals``.
        """
        told = self.held if base is self.base else dict(base.note.documents) if base else {}
        held = {n: stamp for n, stamp in told.items() if wanted.get(n) == stamp}
        gone = [n for n in told if n not in held]
        kept = {n: s for n, s in self.fresh.items() if wanted.get(n) == s and n not in held}
        with self._lock.writing():
            before, let_go = (len(base.index) if base else 0), None
            if base is not None and gone:
                base.index.hide([keys_of(n) for n in gone])
            for number in self.fresh.keys() - kept.keys():
                left = keys_of(number)
                self._memory.remove_ids(faiss.IDSelectorRange(left.start, left.stop))
            for keys, vectors in zip(arrivals.keys, arrivals.vectors, strict=True):
                self._memory.add_with_ids(vectors, keys)
            if base is not self.base:
                let_go, self.base, self.hidden = self.base, base, 0
            self.hidden += before - (len(base.index) if base else 0)
            self.held, self.fresh = held, kept | arrivals.documents
        return let_go

    def search(
        self, query: npt.NDArray[np.float32], k: int, ranges: Sequence[range] | None
    ) -> tuple[dict[int, float], bool]:
        """Scores by key, at least the ``k`` best there are; whether all of them are exact."""
        rows = query.reshape(1, -1)
        faiss.omp_set_num_threads(cores_for(len(self) * rows.shape[1]))  # of this thread
        with self._lock.reading():
            found = self._in_memory(rows, k, ranges)
            if self.base is None or not len(self.base.index):
                return found, True
            reach = k if self.base.exact else max(_REACH * k, _LEAST)
            reach = min(reach, len(self.base.index))
            scores, keys = self.base.index.search(rows, reach, ranges=ranges)
            exact = self.base.exact
        found |= {i: s for i, s in zip(keys[0].tolist(), scores[0].tolist(), strict=True) if i >= 0}
        return found, exact

    def _in_memory(
        self, rows: npt.NDArray[np.float32], k: int, ranges: Sequence[range] | None
    ) -> dict[int, float]:
        k = min(k, self.pending)
        if not k:
            return {}
        parameters = None if ranges is None else faiss.SearchParameters(sel=_only(ranges))
        scores, keys = self._memory.search(rows, k, params=parameters)
        return {i: s for i, s in zip(keys[0].tolist(), scores[0].tolist(), strict=True) if i >= 0}

    def keys_in(self, keys: range) -> Ids:
        """Which of some keys can be found, ascending."""
        with self._lock.reading():
            mine = faiss.vector_to_array(self._memory.id_map)
            mine = mine[(mine >= keys.start) & (mine < keys.stop)]
            there = self.base.index.ids_between(keys) if self.base else np.empty(0, np.int64)
        found: Ids = np.sort(np.concatenate([mine, there]))
        return found

    def vector(self, key: int) -> Vectors:
        """As searches use it; raises VectorNotFound."""
        with self._lock.reading():
            if self.base is not None and self.base.index.has([key])[0]:
                kept: Vectors = self.base.index.reconstruct(key)
                return kept
            held: Vectors = self._memory.reconstruct(key)
            return held


def _only(ranges: Sequence[range]) -> faiss.IDSelectorBatch:
    parts = [np.arange(some.start, some.stop, dtype=np.int64) for some in ranges]
    return faiss.IDSelectorBatch(np.concatenate([np.empty(0, np.int64), *parts]))
