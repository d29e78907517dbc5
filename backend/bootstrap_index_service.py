"""The composition root of the vector index service, inside the API or by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backend.adapters.faiss_indexes import FaissIndexes
from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.bootstrap_parts import make_folder
from backend.config.settings import Settings
from backend.models.vector_index import IndexQuota
from backend.services.access import Access
from backend.services.container import IndexServices
from backend.services.vector_indexes import VectorIndexService

_GB = 1_000_000_000


@asynccontextmanager
async def open_index_service(settings: Settings) -> AsyncIterator[VectorIndexService]:
    """Only the vector indexes."""
    make_folder(settings.data_dir)
    indexes = FaissIndexes(
        settings.data_dir / "indexes",
        IndexQuota(settings.index_max_indexes, settings.index_max_vectors, settings.index_max_gb * _GB),
        most_open=settings.index_open,
        idle_s=settings.index_idle_s,
        threads=settings.index_threads,
    )
    try:
        yield VectorIndexService(indexes)
    finally:
        await indexes.aclose()


@asynccontextmanager
async def open_standalone(settings: Settings) -> AsyncIterator[IndexServices]:
    """The indexes and who may use them: the keys are those of the data folder."""
    async with open_index_service(settings) as indexes:
        database = Database(settings.data_dir / "quaestio.db")
        try:
            await database.migrate()
            access = Access(SqlCredentials(database), required=settings.auth_required)
            try:
                yield IndexServices(indexes, access)
            finally:
                await access.close()
        finally:
            database.close()
