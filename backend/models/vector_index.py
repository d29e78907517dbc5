"""Named vector indexes as services and ports see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Rows = npt.NDArray[Any]
"""(n, columns): float32, or uint8 for binary indexes."""


@dataclass(frozen=True, slots=True)
class GraphFigures:
    """The graph of an ``Auto`` index: none, building, ready or refused; ``covered`` vectors are in it.

    ``recall`` of the ten nearest beside exact search, with ``effort`` candidates; ``failed`` says why it was
    not made.
    """

    state: str
    covered: int
    recall: float | None
    effort: int
    failed: str


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """An index at a moment. ``bytes``: of its vectors and metadata; ``disk_bytes``: of snapshot and log."""

    name: str
    index_type: str
    metric: str
    dimension: int
    binary: bool
    ntotal: int
    removed: int
    trained: bool
    bytes: int
    disk_bytes: int
    generation: int
    check: str
    """unchecked, checking, sound or damaged."""
    troubles: tuple[str, ...] = ()
    graph: GraphFigures | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What a search found: scores and numbers, (n, k), best first, number -1 where there is none.

    ``metadata`` is per query and result the JSON that was stored, empty for none, read in the same moment.
    """

    scores: Rows
    numbers: Numbers
    metadata: Sequence[Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One vector as it is kept: number, metadata as JSON, and values where they were asked for."""

    number: int
    metadata: bytes
    values: Rows | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What an upsert did."""

    added: int
    replaced: int


@dataclass(frozen=True, slots=True)
class IndexQuota:
    """What one tenant may keep in all its indexes together."""

    indexes: int = 1_000
    vectors: int = 100_000_000
    bytes: int = 1 << 40
