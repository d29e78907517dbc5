"""What an index holds at one moment, for answers that need more than one look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from backend.adapters.faiss_engine import checks, structure
from backend.adapters.faiss_engine.changes import Ids
from backend.adapters.faiss_engine.state import State
from backend.errors import DamagedIndex, NotTrained

Filter = Mapping[str, Any] | None
Options = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Moment:
    """Made by ``EngineIndex.moment``, and of no use behind the end of its block."""

    state: State
    mask: Callable[[State, Filter], structure.Mask | None]

    def search(
        self, queries: npt.ArrayLike, k: int, filter_: Filter, options: Options
    ) -> tuple[npt.NDArray[Any], Ids, list[list[bytes]]]:
        """As of the index, in no more columns than vectors live, with metadata as JSON (see ``texts``)."""
        state = self._trained()
        sought = checks.vectors_of(queries, state.spec, None)
        checks.check_k(k)
        reach = min(k, max(state.rows.live, 1))
        mask = self.mask(state, filter_)
        distances, positions = state.search(sought, reach, mask, options or {})
        rows = positions.tolist()
        if not state.rows.metadata_bytes:
            return distances, state.rows.ids_at(positions), [[b""] * reach] * len(rows)
        told = [[state.rows.metadata_at(p) if p >= 0 else b"" for p in row] for row in rows]
        return distances, state.rows.ids_at(positions), told

    def range_search(
        self, queries: npt.ArrayLike, radius: float, filter_: Filter, options: Options
    ) -> list[tuple[npt.NDArray[Any], Ids, list[bytes]]]:
        """Per query distances, ids and metadata of all within ``radius``, best first."""
        state = self._trained()
        sought = checks.vectors_of(queries, state.spec, None)
        limits, distances, positions = structure.range_search(
            state.index, sought, radius, self.mask(state, filter_), options or {}
        )
        signs = -1 if structure.bigger_is_nearer(state.index) else 1
        found = []
        for begin, end in zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True):
            order = begin + np.argsort(signs * distances[begin:end], kind="stable")
            there = positions[order]
            told = [state.rows.metadata_at(p) for p in there.tolist()]
            found.append((distances[order], state.rows.ids_at(there), told))
        return found

    def _trained(self) -> State:
        if not self.state.index.is_trained:
            raise NotTrained(
                f"An index of type {self.state.spec.index_type} must be trained before it is searched."
            )
        return self.state

    def texts(self, ids: npt.ArrayLike) -> list[bytes | None]:
        """Metadata of ids as JSON, empty for none; None for ids that are not there."""
        rows = self.state.rows
        return [rows.metadata_at(p) if p >= 0 else None for p in rows.find(checks.ids_of(ids)).tolist()]


def parsed(text: bytes) -> dict[str, Any] | None:
    """Metadata as it was handed in."""
    try:
        found: dict[str, Any] | None = orjson.loads(text) if text else None
    except orjson.JSONDecodeError as error:
        raise DamagedIndex("Metadata of this index is damaged.") from error
    return found
