"""The library's vectors on the FAISS engine: rows are the truth, a mapped index is what is searched.

See docs/adr/0013-library-index.md.
"""

from pathlib import Path

from backend.adapters.engine_vectors.growth import Growth
from backend.adapters.engine_vectors.store import EngineVectorStore
from backend.adapters.faiss_engine import Engine, Limits, Upkeep

__all__ = ["EngineVectorStore", "Growth", "product_engine"]

_NEVER = 1 << 62


def product_engine(root: Path) -> Engine:
    """For indexes that the product itself writes: long notes, and upkeep only when asked for."""
    limits = Limits(indexes_per_tenant=_NEVER, note_bytes=1 << 28, metadata_bytes=1 << 26)
    return Engine(root, limits, Upkeep(log_bytes=_NEVER, dead_least=_NEVER))
