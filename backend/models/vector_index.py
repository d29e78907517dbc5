"""What a vector store tells of the index behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class VectorIndexState:
    """The index that one tenant's searches use, at a moment."""

    kind: str
    """``memory`` (nothing is on the disk yet), ``flat``, ``sq8`` or ``hnsw``."""
    vectors: int
    """How many searches can find."""
    pending: int
    """How many of them are held in memory, since the files do not have them yet."""
    bytes: int
    generation: int
    mapped: bool
    check: str
    """Of the blocks on the disk: ``unchecked``, ``checking``, ``sound`` or ``damaged``."""
    recall: float | None = None
    """Recall@10 beside exact search, measured when the structure was made; None for an exact one."""
    refused: Mapping[str, float] | None = None
    """Structures that were tried and not kept, with their recall."""
    troubles: tuple[str, ...] = ()
    """What was found damaged and put right, as sentences."""
    upkeep_failed: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)
