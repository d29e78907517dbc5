"""What lies beside the FAISS index: per position its id, its metadata, and whether it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine.blocks import Mapped
from backend.adapters.faiss_engine.changes import Ids

_SETTLED = 200_000
"""So many ids are held in a dictionary before they are sorted into an array."""
_MANY, _MUCH = 1_000, 0.1
"""New ids that are sorted in at once: as many as this, and as large a part of all."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a generation holds: arrays that are mapped and only read.

    ``order`` are the positions of ``by_id``, the sorted ids of those that live; ``offsets`` (n + 1) cut the
    metadata, which may be empty altogether.
    """

    ids: Ids
    dead: npt.NDArray[np.bool_]
    by_id: Ids
    order: npt.NDArray[Any]
    offsets: npt.NDArray[np.uint64]
    metadata: Mapped | None


class Rows:
    """Positions from 0 on; ids that live are unique. Not thread-safe: the index locks around it."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._first = len(stored.ids)
        self._ids: Ids = np.empty(0, np.int64)
        self._dead = stored.dead.copy()
        self._newest: dict[int, int] = {}
        self._by_id, self._order = stored.by_id, stored.order
        self._metadata: list[bytes] = []
        self.count = self._first
        self.live = len(stored.by_id)
        self.metadata_bytes = int(stored.offsets[-1]) if len(stored.offsets) else 0
        self.version = 0

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Per position whether it is gone."""
        return self._dead[: self.count]

    def find(self, ids: Ids) -> Ids:
        """Positions of ids, -1 where they are not there."""
        positions = np.full(len(ids), -1, np.int64)
        if self._newest:
            get = self._newest.get
            positions = np.fromiter((get(i, -1) for i in ids.tolist()), np.int64, len(ids))
        if len(self._by_id):
            open_ = np.flatnonzero(positions < 0)
            places = np.minimum(np.searchsorted(self._by_id, ids[open_]), len(self._by_id) - 1)
            there = self._by_id[places] == ids[open_]
            found = np.asarray(self._order[places[there]], np.int64)
            alive = ~self._dead[found]
            positions[open_[there][alive]] = found[alive]
        return positions

    def append(self, ids: Ids, metadata: Sequence[bytes]) -> None:
        """New positions at the end, alive; the caller has seen to it that no id lives twice.

        ``metadata`` may be empty where no vector has any.
        """
        begin, end = self.count, self.count + len(ids)
        self._reserve(end)
        self._ids[begin - self._first : end - self._first] = ids
        self._dead[begin:end] = False
        self._metadata.extend(metadata or [b""] * len(ids))
        self.metadata_bytes += sum(map(len, metadata))
        self.count, self.live = end, self.live + len(ids)
        self.version += 1
        if len(ids) >= _MANY and len(ids) >= self.live * _MUCH:
            self._settle()
            return
        self._newest.update(zip(ids.tolist(), range(begin, end), strict=True))
        if len(self._newest) > _SETTLED:
            self._settle()

    def skip(self, count: int) -> None:
        """Positions that the FAISS index has but that hold nothing."""
        end = self.count + count
        self._reserve(end)
        self._ids[self.count - self._first : end - self._first] = -1
        self._dead[self.count : end] = True
        self._metadata.extend([b""] * count)
        self.count = end

    def kill(self, positions: Ids) -> None:
        """Let positions that live be gone."""
        if not len(positions):
            return
        self._dead[positions] = True
        for one in self.ids_at(positions).tolist():
            self._newest.pop(one, None)
        self.live -= len(positions)
        self.version += 1

    def ids_at(self, positions: Ids) -> Ids:
        """The ids of positions; -1 for position -1."""
        if not positions.size:
            return np.empty(positions.shape, np.int64)
        lowest = positions.min()
        if lowest >= self._first:  # the usual cases, which many a search waits for
            return self._ids[positions - self._first]
        if lowest >= 0 and positions.max() < self._first:
            return np.asarray(self._stored.ids[positions], np.int64)
        known = positions >= 0
        early = known & (positions < self._first)
        late = positions >= self._first
        found = np.full(positions.shape, -1, np.int64)
        found[early] = self._stored.ids[positions[early]]
        found[late] = self._ids[positions[late] - self._first]
        return found

    def metadata_at(self, position: int) -> bytes:
        """JSON; empty for none."""
        if position >= self._first:
            return self._metadata[position - self._first]
        stored = self._stored
        if stored.metadata is None:
            return b""
        return stored.metadata.bytes_between(int(stored.offsets[position]), int(stored.offsets[position + 1]))

    def sorted_ids(self) -> tuple[Ids, Ids]:
        """All ids that live, ascending, and their positions."""
        if self._newest or self.live != len(self._by_id):
            self._settle()
        return self._by_id, np.asarray(self._order)

    def between(self, first: int, beyond: int) -> Ids:
        """Positions of the ids from ``first`` to before ``beyond`` that live."""
        begin, end = np.searchsorted(self._by_id, [first, beyond])
        sorted_ones = np.asarray(self._order[begin:end], np.int64)
        late = [p for i, p in self._newest.items() if first <= i < beyond] if self._newest else []
        positions = np.concatenate([sorted_ones, np.array(late, np.int64)]) if late else sorted_ones
        alive: Ids = positions[~self._dead[positions]]
        return alive

    def all_ids(self) -> Ids:
        """Per position its id, -1 where none was."""
        return np.concatenate([self._stored.ids, self._ids[: self.count - self._first]])

    def kept(self, positions: Ids) -> Rows:
        """New rows of some positions, in their order."""
        ids = self.ids_at(positions)
        order = np.argsort(ids, kind="stable")
        nothing = np.empty(0, np.uint64)
        empty = Stored(ids, np.zeros(len(ids), np.bool_), ids[order], order, nothing, None)
        rows = Rows(empty)
        if self.metadata_bytes:
            bare = np.empty(0, np.int64)
            rows = Rows(Stored(bare, np.empty(0, np.bool_), bare, bare, nothing, None))
            rows.append(ids, [self.metadata_at(p) for p in positions.tolist()])
        return rows

    def _settle(self) -> None:
        """Sort what lives, so that the dictionary begins anew."""
        positions = np.flatnonzero(~self.dead)
        ids = self.ids_at(positions)
        order = np.argsort(ids, kind="stable")
        self._by_id, self._order, self._newest = ids[order], positions[order], {}

    def _reserve(self, end: int) -> None:
        if end > len(self._dead):
            room = max(end, len(self._dead) * 3 // 2, 1024)
            self._dead = np.concatenate([self._dead, np.zeros(room - len(self._dead), np.bool_)])
        if end - self._first > len(self._ids):
            room = max(end - self._first, len(self._ids) * 3 // 2, 1024)
            self._ids = np.concatenate([self._ids, np.full(room - len(self._ids), -1, np.int64)])


def no_rows() -> Rows:
    """Of an empty index."""
    bare = np.empty(0, np.int64)
    return Rows(Stored(bare, np.empty(0, np.bool_), bare, bare, np.empty(0, np.uint64), None))
