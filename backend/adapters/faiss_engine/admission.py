"""Which changes of a batch may happen: ids that are free, quotas that are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.changes import Change, Ids, Note, Put, Remove, Reset
from backend.adapters.faiss_engine.spec import Limits
from backend.adapters.faiss_engine.state import State
from backend.errors import InvalidRequest, NotTrained, QuotaExceeded, VectorExists


def only_new(puts: Sequence[Put], state: State, limits: Limits) -> Ids | None:
    """The ids of puts that may all happen and replace nothing; None where each must be looked at by itself.

    One look at all of them, since many small changes at once are mostly of this kind.
    """
    if not state.index.is_trained or structure.fixed(state.index):
        return None
    ids = puts[0].ids if len(puts) == 1 else np.concatenate([put.ids for put in puts])
    if len(puts) > 1 and len(set(ids.tolist())) < len(ids):
        return None
    size = _bytes_of(state) + sum([put.bytes for put in puts])
    if state.rows.live + len(ids) > limits.vectors_per_index or size > limits.bytes_per_index:
        return None
    return None if (state.rows.find(ids) >= 0).any() else ids


@dataclass(slots=True)
class Admission:
    """What a batch will have done by the time that its next change comes."""

    state: State
    limits: Limits
    emptied: bool = False
    there: dict[int, bool] = field(default_factory=dict)
    live: int = field(init=False)
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        """Nothing has happened yet."""
        self.live, self.bytes = self.state.rows.live, _bytes_of(self.state)

    def admit(self, changes: Sequence[Change]) -> None:
        """Count in what one caller wants; raises where it must be refused, and then nothing of it counts."""
        kept = self.emptied, dict(self.there) if len(changes) > 1 else None, self.live, self.bytes
        try:
            for change in changes:
                self._admit(change)
        except BaseException:
            self.emptied, there, self.live, self.bytes = kept
            self.there = self.there if there is None else there
            raise

    def _admit(self, change: Change) -> None:
        """One that is refused leaves no trace."""
        match change:
            case Put():
                self._admit_put(change)
            case Remove():
                self.live -= len(self._holds(change.ids))
                self.there.update(dict.fromkeys(change.ids.tolist(), False))
            case Reset():
                self.emptied, self.there, self.live, self.bytes = True, {}, 0, 0
            case Note():
                if len(change.content) > self.limits.note_bytes:
                    raise QuotaExceeded(f"A note may have {self.limits.note_bytes} bytes.")

    def _admit_put(self, put: Put) -> None:
        index, limits = self.state.index, self.limits
        if not index.is_trained:
            raise NotTrained(
                f"An index of type {self.state.spec.index_type} must be trained before vectors are added."
            )
        if structure.fixed(index) and (self.state.rows.count or self.there):
            raise InvalidRequest("FAISS refused: NSG does not support incremental addition")
        present = self._holds(put.ids)
        if present and not put.replace:
            more = f" and {len(present) - 1} more" if len(present) > 1 else ""
            raise VectorExists(
                f"The index holds a vector {present[0]}{more} already; use upsert to replace it."
            )
        live = self.live + len(put.ids) - len(present)
        size = self.bytes + put.bytes
        if live > limits.vectors_per_index:
            raise QuotaExceeded(
                f"An index may hold {limits.vectors_per_index} vectors; this would make {live}."
            )
        if size > limits.bytes_per_index:
            raise QuotaExceeded(f"An index may hold {limits.bytes_per_index} bytes; this would make {size}.")
        self.live, self.bytes = live, size
        self.there.update(dict.fromkeys(put.ids.tolist(), True))

    def _holds(self, sought: Ids) -> list[int]:
        """Those of some ids that are there."""
        positions = self.state.rows.find(sought)
        if not self.there and not self.emptied:
            there: list[int] = sought[positions >= 0].tolist()
            return there
        ids, found = sought.tolist(), (positions >= 0).tolist()
        known = self.there
        return [i for i, f in zip(ids, found, strict=True) if known.get(i, f and not self.emptied)]


def _bytes_of(state: State) -> int:
    return state.rows.live * state.spec.row_bytes + state.rows.metadata_bytes
