"""The indexes of a data folder, opened together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.adapters.engine_kept import EngineKeptVectors
from backend.adapters.engine_vectors import EngineVectorStore, Growth, product_engine
from backend.adapters.sql.database import Database
from backend.config.settings import Settings
from backend.ports.embedder import Embedder

INDEXES = "indexes"
"""Folder of vector indexes, in the data folder."""


@asynccontextmanager
async def open_indexes(
    settings: Settings, database: Database, embedder: Embedder
) -> AsyncIterator[tuple[EngineVectorStore, EngineKeptVectors]]:
    """The library's vectors, and those kept beside it; closed before the database is."""
    engine = product_engine(settings.data_dir / INDEXES)
    growth = Growth(
        sq8_from=settings.index_sq8_from,
        hnsw_from=settings.index_hnsw_from,
        least_recall=settings.index_least_recall,
        pending_least=settings.index_pending,
    )
    vectors = EngineVectorStore(
        database, engine, embedder.dimension, fingerprint=embedder.fingerprint, growth=growth
    )
    try:
        yield vectors, EngineKeptVectors(engine)
    finally:
        await vectors.close()
        await asyncio.to_thread(engine.close)
