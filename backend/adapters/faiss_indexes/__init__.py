"""Named FAISS indexes for many tenants, over ``faiss_engine``: opened when used, closed when idle."""

from backend.adapters.faiss_indexes.indexes import FaissIndexes

__all__ = ["FaissIndexes"]
