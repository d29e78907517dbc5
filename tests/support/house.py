"""The embedded product on small fakes of its slow parts: extraction and embedding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from backend.adapters.embedded_queue import EmbeddedQueue
from backend.adapters.engine_kept import EngineKeptVectors
from backend.adapters.engine_vectors import EngineVectorStore, product_engine
from backend.adapters.file_blobs import FileBlobStore
from backend.adapters.llamaindex.stores import LlamaIndexStores
from backend.adapters.sized_blobs import SizedBlobStore
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.collections import SqlCollections
from backend.adapters.sql.conversations import SqlConversations
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.adapters.sql.keyword_index import Fts5KeywordIndex
from backend.adapters.sql.small_files import SmallFiles
from backend.adapters.sql.transfers import SqlTransfers
from backend.models.documents import Document
from backend.ports.language_model import LanguageModel
from backend.services.answer_jobs import AnswerJobs
from backend.services.answering.evidence import EvidenceSearch
from backend.services.answers import Answers
from backend.services.ingestion import Ingestion
from backend.services.jobs import job_kinds, migration_kinds
from backend.services.keeping import Keeping
from backend.services.migration import Migration
from backend.services.retrieval import Retriever
from backend.services.scopes import Scopes
from backend.services.tasks import Worker
from backend.services.transfer_check import TransferCheck
from tests.support.fakes import DIMENSION, PlainExtractor, WordEmbedder

TENANT = "default"


async def stream(content: bytes) -> AsyncIterator[bytes]:
    yield content


@dataclass
class House:
    database: Database
    root: Path
    extractor: PlainExtractor = field(default_factory=PlainExtractor)
    embedder: WordEmbedder = field(default_factory=WordEmbedder)

    def __post_init__(self) -> None:
        self.catalog = SqlCatalog(self.database)
        self.jobs = SqlJobTable(self.database)
        self.queue = EmbeddedQueue()
        self.blobs = SizedBlobStore(SmallFiles(self.database), FileBlobStore(self.root / "files"))
        self.indexes = product_engine(self.root / "indexes")
        self.vectors = EngineVectorStore(self.database, self.indexes, DIMENSION)
        self.keywords = Fts5KeywordIndex(self.database)
        self.ingestion = Ingestion(
            blobs=self.blobs,
            catalog=self.catalog,
            jobs=self.jobs,
            queue=self.queue,
            extractor=self.extractor,
            embedder=self.embedder,
            vectors=self.vectors,
            keywords=self.keywords,
            max_bytes=1_000_000,
        )
        self.retriever = Retriever(
            embedder=self.embedder, vectors=self.vectors, keywords=self.keywords, catalog=self.catalog
        )

        self.collections = SqlCollections(self.database)
        self.conversations = SqlConversations(self.database, keep_s=3600)
        self.evidence = EvidenceSearch(
            catalog=self.catalog,
            retriever=self.retriever,
            embedder=self.embedder,
            scopes=Scopes(catalog=self.catalog, collections=self.collections),
            least_relevance=0.6,
            max_context=4000,
        )
        self.answers = self.answering(None)
        self.answer_jobs = AnswerJobs(
            answers=self.answers, jobs=self.jobs, queue=self.queue, result_ttl_s=60.0, k=4
        )

        self.transfers = SqlTransfers(self.database)
        self.migration = Migration(
            stores=LlamaIndexStores(self.root),
            transfers=self.transfers,
            check=TransferCheck(transfers=self.transfers, vectors=self.vectors, catalog=self.catalog),
            keeping=Keeping(EngineKeptVectors(self.indexes)),
            embedder=self.embedder,
            jobs=self.jobs,
            queue=self.queue,
            roots=[self.root],
            tenant=TENANT,
        )

    def answering(self, model: LanguageModel | None, deadline_s: float = 20.0) -> Answers:
        """The answer engine with a language model of one's own."""
        return Answers(
            evidence=self.evidence,
            embedder=self.embedder,
            conversations=self.conversations,
            model=model,
            deadline_s=deadline_s,
        )

    async def close(self) -> None:
        """End what goes on in the background."""
        await self.vectors.close()
        await asyncio.to_thread(self.indexes.close)

    def worker(self, owner: str = "worker") -> Worker:
        return Worker(
            owner=owner,
            jobs=self.jobs,
            kinds=job_kinds(self.ingestion, self.answer_jobs) | migration_kinds(self.migration),
            queue=self.queue,
            wait=self.queue.wait,
            concurrency=2,
        )

    async def add(self, text: str, filename: str = "notes.txt", tenant: str = TENANT) -> Document:
        """Ingest a text to its end."""
        accepted = await self.ingestion.accept(tenant, filename, stream(text.encode()))
        async with working(self.worker()):
            return await self.ingestion.finished(accepted.document)

    async def files(self) -> list[str]:
        """Names of what is stored, in the database or as files."""
        return [blob.name for blob in await self.blobs.stored()]


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[None]:
    """A worker beside the test."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
