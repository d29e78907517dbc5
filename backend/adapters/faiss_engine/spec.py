"""What an index is made of, and how much it may hold."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import faiss

from backend.errors import InvalidRequest

METRICS = {
    "l2": faiss.METRIC_L2,
    "ip": faiss.METRIC_INNER_PRODUCT,
    "l1": faiss.METRIC_L1,
    "linf": faiss.METRIC_Linf,
    "canberra": faiss.METRIC_Canberra,
    "braycurtis": faiss.METRIC_BrayCurtis,
    "jensenshannon": faiss.METRIC_JensenShannon,
}
MOST_DIMENSIONS = 65_536
AUTO = "Auto"
"""The type that is flat and, once it is large enough, searched through a graph: see ``grower.py``."""

_CLASSES = {
    AUTO: "Flat",
    "IndexFlat": "Flat",
    "IndexFlatL2": "Flat",
    "IndexFlatIP": "Flat",
    "IndexIDMap": "Flat",
    "IndexIDMap2": "Flat",
    "IndexIVFFlat": "IVF64,Flat",
    "IndexIVFPQ": "IVF64,PQ{m}",
    "IndexIVFScalarQuantizer": "IVF64,SQ8",
    "IndexHNSWFlat": "HNSW32",
    "IndexHNSWSQ": "HNSW32,SQ8",
    "IndexHNSWPQ": "HNSW32,PQ{m}",
    "IndexPQ": "PQ{m}",
    "IndexScalarQuantizer": "SQ8",
    "IndexLSH": "LSH",
    "IndexNSGFlat": "NSG32",
    "IndexRefineFlat": "SQ8,RFlat",
    "IndexPreTransform": "OPQ{m},Flat",
    "IndexBinaryFlat": "BFlat",
    "IndexBinaryIVF": "BIVF64",
    "IndexBinaryHNSW": "BHNSW32",
    "IndexBinaryHash": "BHash16",
}
"""FAISS's class names with the factory string of their usual parameters."""

_METRIC_OF_CLASS = {"IndexFlatL2": "l2", "IndexFlatIP": "ip"}


@dataclass(frozen=True)
class IndexSpec:
    """What an index is to be.

    ``dimension`` counts floats, or bits for a binary index; ``index_type`` is a factory string or the
    name of a FAISS class; ``metric`` one of METRICS (binary indexes: Hamming, whatever it says).
    An IDMap around an index is dropped: the engine itself keeps the ids. Raises InvalidRequest.
    """

    dimension: int
    index_type: str = "Flat"
    metric: str = "l2"

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 1 <= self.dimension <= MOST_DIMENSIONS:
            raise InvalidRequest(f"The dimension must be from 1 to {MOST_DIMENSIONS}, not {self.dimension}.")
        if self.metric not in METRICS:
            raise InvalidRequest(f"There is no metric '{self.metric}'; use one of {', '.join(METRICS)}.")
        if self.binary and self.dimension % 8:
            raise InvalidRequest(f"A binary index needs a dimension divisible by 8, not {self.dimension}.")
        expected = _METRIC_OF_CLASS.get(self.index_type, self.metric)
        if expected != self.metric and self.metric == "l2":
            object.__setattr__(self, "metric", expected)
        elif expected != self.metric:
            raise InvalidRequest(f"{self.index_type} measures by {expected}, not by {self.metric}.")

    @cached_property
    def factory(self) -> str:
        """The factory string, without an IDMap."""
        text = _CLASSES.get(self.index_type, self.index_type)
        if "{m}" in text:
            text = text.format(m=next(m for m in (64, 32, 16, 8, 4, 2, 1) if self.dimension % m == 0))
        return re.sub(r"^IDMap2?,|,IDMap2?$", "", text)

    @property
    def automatic(self) -> bool:
        """Whether a graph is made of its vectors beside them."""
        return self.index_type == AUTO

    @cached_property
    def binary(self) -> bool:
        """Whether vectors are bits."""
        named = self.index_type.startswith("IndexBinary")
        return named or bool(re.match(r"B(Flat|IVF|HNSW|Hash)", self.factory))

    @cached_property
    def columns(self) -> int:
        """Width of a row of vectors: floats, or bytes of a binary index."""
        return self.dimension // 8 if self.binary else self.dimension

    @property
    def row_bytes(self) -> int:
        """Bytes of one vector as it is handed in."""
        return self.columns * (1 if self.binary else 4)

    def to_json(self) -> dict[str, Any]:
        """As plain values, for the manifest."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one tenant may keep; over it, QuotaExceeded says which limit and by how much."""

    indexes_per_tenant: int = 1_000
    vectors_per_index: int = 100_000_000
    bytes_per_index: int = 1 << 40
    """Vectors as handed in, with their metadata."""
    metadata_bytes: int = 1 << 16
    """Of one vector, as JSON."""
    note_bytes: int = 1 << 16


@dataclass(frozen=True, slots=True)
class Upkeep:
    """When the engine tidies up by itself."""

    log_bytes: int = 64 << 20
    """A snapshot is taken in the background when the log above the last one is this long ..."""
    log_share: float = 0.5
    """... and this long in parts of the snapshot."""
    closing_log_bytes: int = 1 << 20
    """Closing takes a snapshot where the log is longer, so that the next opening has little to replay."""
    dead_share: float = 0.2
    """Removed vectors are cleared out when they are more than this share of all ..."""
    dead_least: int = 1_000
    """... and more than this many."""
    graph_from: int = 5_000
    """Vectors of an Auto index from which a graph is worth its making."""
    graph_rest: int = 2_000
    """What is behind the graph is put into it when it is more than this ..."""
    graph_rest_share: float = 0.1
    """... and more than this part of it."""
    graph_least_recall: float = 0.99
    """Recall@10 beside exact search that a graph must reach to be searched."""
