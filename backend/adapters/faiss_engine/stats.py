"""An index in figures."""

from __future__ import annotations

from dataclasses import dataclass

from backend.adapters.faiss_engine.grower import GraphStats
from backend.adapters.faiss_engine.keeper import Health
from backend.adapters.faiss_engine.side import WritingSide
from backend.adapters.faiss_engine.state import State


@dataclass(frozen=True, slots=True)
class Stats:
    """An index in figures; bytes are those of the newest snapshot and of the log above it."""

    name: str
    index_type: str
    metric: str
    dimension: int
    vectors: int
    removed: int
    """Positions that wait to be cleared out."""
    trained: bool
    mapped: bool
    writable: bool
    sequence: int
    generation: int
    snapshot_bytes: int
    log_bytes: int
    """0 where it is open for reading."""
    metadata_bytes: int
    check: str
    troubles: tuple[str, ...]
    upkeep_failed: str
    graph: GraphStats | None
    """Of an ``Auto`` index that is open for writing."""


def stats_of(name: str, state: State, health: Health, side: WritingSide | None) -> Stats:
    """``side``: of an index that is open for writing."""
    manifest = state.generation.manifest
    return Stats(
        name=name,
        index_type=state.spec.index_type,
        metric=state.spec.metric,
        dimension=state.spec.dimension,
        vectors=state.rows.live,
        removed=state.rows.count - state.rows.live,
        trained=bool(state.index.is_trained),
        mapped=not state.owned,
        writable=side is not None,
        sequence=state.sequence,
        generation=manifest.number,
        snapshot_bytes=state.generation.bytes,
        log_bytes=0 if side is None else side.writer.log.bytes,
        metadata_bytes=state.rows.metadata_bytes,
        check=health.check,
        troubles=tuple(health.troubles),
        upkeep_failed=health.upkeep_failed,
        graph=None if side is None or side.grower is None else side.grower.stats,
    )
