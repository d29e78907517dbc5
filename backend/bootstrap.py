"""The composition root: one choice per port, opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from backend.adapters.argon2_passwords import Argon2Passwords
from backend.adapters.embedded_queue import EmbeddedQueue
from backend.adapters.engine_kept import EngineKeptVectors
from backend.adapters.engine_vectors import EngineVectorStore
from backend.adapters.engine_vectors.opening import open_indexes
from backend.adapters.exports import EXPORTS
from backend.adapters.extractive.apart import Apart
from backend.adapters.extractive.writer import ExtractiveWriter
from backend.adapters.extractors.extractor import ChildProcessExtractor
from backend.adapters.file_blobs import FileBlobStore
from backend.adapters.http_index_relay import HttpIndexRelay
from backend.adapters.language_models.chain import ModelChain
from backend.adapters.llamaindex.stores import LlamaIndexStores
from backend.adapters.sized_blobs import SizedBlobStore
from backend.adapters.sql.answers import SqlAnswers
from backend.adapters.sql.audit import SqlAudit
from backend.adapters.sql.candidates import SqlCandidates
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.adapters.sql.facts import settle
from backend.adapters.sql.job_table import SqlJobTable
from backend.adapters.sql.keyword_index import Fts5KeywordIndex
from backend.adapters.sql.next_vectors import SqlNextVectors
from backend.adapters.sql.question_store import SqlQuestionStore
from backend.adapters.sql.small_files import SmallFiles
from backend.adapters.sql.transfers import SqlTransfers
from backend.adapters.sql.upkeep import SqlUpkeep
from backend.adapters.sql.users import SqlLoginAttempts, SqlUsers
from backend.bootstrap_asking import limited, open_asking
from backend.bootstrap_index_service import open_index_service
from backend.bootstrap_parts import (
    check_queue,
    faiss_sessions,
    jobs_at_once,
    load_embedder,
    make_folder,
    open_queue,
    question_writer,
)
from backend.config.providers import providers
from backend.config.settings import Settings
from backend.errors import ConfigurationError
from backend.ports.embedder import Embedder
from backend.services.access import ANYONE, Access
from backend.services.answer_jobs import AnswerJobs
from backend.services.container import Limits, Services
from backend.services.generation import QuestionGeneration
from backend.services.health import Health
from backend.services.idempotency import Idempotency
from backend.services.ingestion import INGESTION_QUEUE, Ingestion
from backend.services.integrity import ABANDONED_S, Integrity
from backend.services.job_control import JobControl
from backend.services.jobs import PERIODS, job_kinds, maintenance_kinds, migration_kinds, mining_kinds
from backend.services.keeping import Keeping
from backend.services.logins import Logins
from backend.services.maintenance import Maintenance
from backend.services.marking import Marking
from backend.services.migration import Migration
from backend.services.mined_questions import MinedQuestions
from backend.services.mining import Mining, mine_job
from backend.services.model_marker import ModelMarker
from backend.services.question_bank import QuestionBank
from backend.services.question_evaluation import QuestionEvaluation
from backend.services.quiz_marking import QuizMarking
from backend.services.reembedding import Reembedding
from backend.services.retrieval import Retriever
from backend.services.schedule import Schedule
from backend.services.stats import Stats
from backend.services.tasks import Worker
from backend.services.transfer_check import TransferCheck
from backend.services.vector_indexes import VectorIndexService
from backend.utils.ids import new_id
from backend.utils.processes import is_gone, own_name

if TYPE_CHECKING:
    from backend.adapters.celery_queue import CeleryQueue

DEFAULT_TENANT = ANYONE.tenant
"""Whose library the command line works on, and everybody where no credential is required."""
SAMPLE = Path(__file__).parent / "samples" / "how-plants-make-food.txt"

_MB = 1_000_000


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Build everything; raises ConfigurationError with the setting to change."""
    check_queue(settings)
    configured = providers(settings)
    async with AsyncExitStack() as stack:
        make_folder(settings.data_dir)
        # The model is read while the database opens: together they are most of a start.
        opening = asyncio.create_task(asyncio.to_thread(load_embedder, settings))
        database = Database(settings.data_dir / "quaestio.db")
        stack.callback(database.close)
        await database.migrate()
        embedder = await opening
        stack.push_async_callback(embedder.close)
        await _check_model(database, embedder, settings)
        queue = open_queue(settings, stack)
        models = ModelChain(configured)
        stack.push_async_callback(models.close)
        warming = asyncio.create_task(
            models.warm()
        )  # a start does not wait for the SDK, nor the first request
        stack.callback(warming.cancel)
        vectors, kept = await stack.enter_async_context(open_indexes(settings, database, embedder))
        access = Access(SqlCredentials(database), required=settings.auth_required)
        stack.push_async_callback(access.close)
        indexes = await stack.enter_async_context(open_index_service(settings))
        relay = HttpIndexRelay(settings.index_url) if settings.index_url else None
        if relay:
            stack.push_async_callback(relay.aclose)
        apart = Apart()
        stack.push_async_callback(apart.close)
        services = _services(
            settings, database, embedder, queue, models, vectors, kept, access, apart, indexes, relay
        )
        stack.push_async_callback(services.sessions.aclose)
        stack.push_async_callback(services.streams.close)
        await services.jobs.release_lost(is_gone)
        await services.ingestion.sweep(ABANDONED_S)
        await _welcome(settings, database, services)
        yield services


@asynccontextmanager
async def open_reembedding(settings: Settings) -> AsyncIterator[Reembedding]:
    """Only what a change of the model needs; a server may go on with the old one meanwhile."""
    async with AsyncExitStack() as stack:
        make_folder(settings.data_dir)
        database = Database(settings.data_dir / "quaestio.db")
        stack.callback(database.close)
        await database.migrate()
        embedder = await asyncio.to_thread(load_embedder, settings)
        stack.push_async_callback(embedder.close)
        yield Reembedding(SqlNextVectors(database), embedder)


def _services(
    settings: Settings,
    database: Database,
    embedder: Embedder,
    queue: EmbeddedQueue | CeleryQueue,
    models: ModelChain,
    vectors: EngineVectorStore,
    kept: EngineKeptVectors,
    access: Access,
    apart: Apart,
    indexes: VectorIndexService,
    relay: HttpIndexRelay | None,
) -> Services:
    catalog, jobs, store = SqlCatalog(database), SqlJobTable(database), SqlQuestionStore(database)
    keywords = Fts5KeywordIndex(database)
    blobs = SizedBlobStore(SmallFiles(database), FileBlobStore(settings.data_dir / "files"))
    ingestion = Ingestion(
        blobs=blobs,
        catalog=catalog,
        jobs=jobs,
        queue=queue,
        extractor=ChildProcessExtractor(
            memory_limit=settings.extraction_memory_mb * _MB,
            timeout=settings.extraction_timeout_s,
            max_pages=settings.max_pages,
            ocr=settings.ocr == "auto",
        ),
        embedder=embedder,
        vectors=vectors,
        keywords=keywords,
        max_bytes=settings.max_upload_mb * _MB,
        follow_up=lambda document: mine_job(document, INGESTION_QUEUE),
    )
    extractive, candidates = ExtractiveWriter(embedder, apart), SqlCandidates(database)
    mining = Mining(
        catalog=catalog,
        jobs=jobs,
        miner=extractive,
        candidates=candidates,
        embedder=embedder,
        vectors=vectors,
    )
    retriever = Retriever(
        embedder=embedder,
        vectors=vectors,
        keywords=keywords,
        catalog=catalog,
        vector_weight=settings.vector_weight,
    )
    asking = open_asking(settings, database, embedder, models, retriever)
    answers = asking.answers
    answer_jobs = AnswerJobs(
        answers=answers,
        jobs=jobs,
        queue=queue,
        result_ttl_s=settings.result_ttl_s,
        k=settings.default_k_documents,
    )
    audit = SqlAudit(database, embedder.dimension)
    transfers = SqlTransfers(database)
    migration = Migration(
        stores=LlamaIndexStores(settings.data_dir),
        transfers=transfers,
        check=TransferCheck(transfers=transfers, vectors=vectors, catalog=catalog),
        keeping=Keeping(kept),
        embedder=embedder,
        jobs=jobs,
        queue=queue,
        roots=[settings.data_dir, *([Path(settings.llamaindex_dir)] if settings.llamaindex_dir else [])],
        tenant=DEFAULT_TENANT,
    )
    kinds = job_kinds(ingestion, answer_jobs)
    maintenance = Maintenance(
        upkeep=SqlUpkeep(database),
        audit=audit,
        ingestion=ingestion,
        jobs=jobs,
        vectors=vectors,
        question_store=store,
        sets_kept_s=settings.question_sets_ttl_s,
        expiring=[name for name, kind in kinds.items() if kind.expires],
        results_kept_s=settings.result_ttl_s,
    )
    writer = question_writer(settings, models, embedder, extractive)
    generation = QuestionGeneration(
        catalog=catalog,
        retriever=retriever,
        writer=writer,
        least_relevance=settings.least_relevance,
        mined=MinedQuestions(candidates),
    )
    marking = Marking(
        store=store,
        answers=asking.quoted,
        embedder=embedder,
        model=None if models.model is None else ModelMarker(models.model),
    )
    return Services(
        access=access,
        logins=Logins(
            users=SqlUsers(database),
            attempts=SqlLoginAttempts(database),
            credentials=SqlCredentials(database),
            passwords=Argon2Passwords(),
            lifetime_s=settings.login_ttl_s,
        ),
        catalog=catalog,
        jobs=jobs,
        ingestion=ingestion,
        idempotency=Idempotency(SqlAnswers(database)),
        retriever=retriever,
        generation=generation,
        questions=QuestionBank(
            generation=generation,
            store=store,
            catalog=catalog,
            retriever=retriever,
            models=writer.names,
            max_age_s=settings.question_cache_s,
        ),
        evaluation=QuestionEvaluation(
            generation=generation, retriever=retriever, catalog=catalog, embedder=embedder
        ),
        question_store=store,
        exports=EXPORTS,
        marking=marking,
        quiz_marking=QuizMarking(marking),
        answers=answers,
        streams=asking.streams,
        conversations=asking.conversations,
        collections=asking.collections,
        scopes=asking.scopes,
        stats=Stats(
            catalog=catalog,
            collections=asking.collections,
            vectors=vectors,
            evidence=asking.evidence,
            streams=asking.streams,
            providers=models.states,
            dimension=embedder.dimension,
        ),
        rates=limited(settings),
        answer_jobs=answer_jobs,
        job_control=JobControl(jobs=jobs, queue=queue, ingestion=ingestion, answer_jobs=answer_jobs),
        worker=Worker(
            owner=own_name(),
            jobs=jobs,
            kinds=kinds | mining_kinds(mining) | maintenance_kinds(maintenance) | migration_kinds(migration),
            queue=queue,
            wait=queue.wait,
            concurrency=jobs_at_once(settings),
        ),
        schedule=Schedule(jobs=jobs, queue=queue, periods=PERIODS),
        vectors=vectors,
        integrity=Integrity(audit=audit, catalog=catalog, blobs=blobs, vectors=vectors),
        migration=migration,
        indexes=indexes,
        relay=relay,
        sessions=faiss_sessions(settings),
        worker_inside=settings.job_queue == "embedded",
        health=Health(
            {
                "database": database.ping,
                "files": blobs.ping,
                "vectors": lambda: vectors.warm(DEFAULT_TENANT),
                "embedder": lambda: embedder.embed(["ready"]),
            },
            ({} if isinstance(queue, EmbeddedQueue) else {"redis": queue.ping})
            | ({"vector indexes": relay.ping} if relay else {}),
        ),
        providers=models.states,
        limits=Limits(
            max_upload_bytes=settings.max_upload_mb * _MB,
            max_questions=settings.max_questions,
            default_k=settings.default_k_documents,
            streaming=settings.enable_streaming,
        ),
    )


async def _check_model(database: Database, embedder: Embedder, settings: Settings) -> None:
    """Vectors of two models cannot be compared: an index of another one is refused."""
    known = await settle(database, "embedding_model", embedder.fingerprint)
    if known != embedder.fingerprint:
        raise ConfigurationError(
            f"The data folder was indexed with the embedding model {known}, but EMBEDDING_MODEL="
            f"{settings.embedding_model} is {embedder.fingerprint}. Run `quaestio reembed` to change the "
            "library to the new model, set EMBEDDING_MODEL back, or choose another DATA_DIR."
        )


async def _welcome(settings: Settings, database: Database, services: Services) -> None:
    """Put the sample text into a library that never had a document."""
    if not settings.sample_document:
        return
    first = new_id()
    if await settle(database, "sample", first) != first:
        return
    if (await services.catalog.documents(DEFAULT_TENANT, offset=0, limit=1)).total == 0:
        await services.ingestion.accept(DEFAULT_TENANT, SAMPLE.name, _pieces(SAMPLE))


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    yield await asyncio.to_thread(path.read_bytes)
