"""Parts of the composition root: one choice each, made from the settings."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from backend.adapters.embedded_queue import EmbeddedQueue
from backend.adapters.extractive.writer import ExtractiveWriter
from backend.adapters.faiss_sessions.processes import FaissProcesses
from backend.adapters.language_models.chain import ModelChain
from backend.adapters.onnx_embedder.embedder import OnnxEmbedder
from backend.adapters.sentence_transformers_embedder import SentenceTransformersEmbedder
from backend.config.settings import BUNDLED_MODEL, Settings
from backend.errors import ConfigurationError
from backend.models.sessions import SessionLimits
from backend.ports.embedder import Embedder
from backend.ports.question_writer import QuestionWriter
from backend.services.model_questions.writer import ModelQuestionWriter
from backend.services.sessions import Sessions

if TYPE_CHECKING:
    from backend.adapters.celery_queue import CeleryQueue

_MB = 1_000_000


def faiss_sessions(settings: Settings) -> Sessions:
    """Objects of FAISS for clients, in child processes."""
    limits = SessionLimits(
        max_sessions=settings.session_max_per_tenant,
        max_tenants=settings.session_max_tenants,
        max_handles=settings.session_max_handles,
        memory_bytes=settings.session_memory_mb * _MB,
        max_body_bytes=settings.session_max_body_mb * _MB,
        idle_s=settings.session_idle_s,
        call_timeout_s=settings.session_call_timeout_s,
        uploads=settings.session_uploads,
    )
    return Sessions(FaissProcesses(limits), limits)


def check_queue(settings: Settings) -> None:
    """Raise ConfigurationError where JOB_QUEUE cannot work with the rest."""
    if settings.job_queue == "embedded":
        return
    if not settings.redis_url:
        raise ConfigurationError(
            "JOB_QUEUE=celery needs Redis. Set REDIS_URL, e.g. redis://127.0.0.1:6379/0, "
            "or set JOB_QUEUE=embedded."
        )
    if not settings.redis_url.startswith(("redis://", "rediss://")):
        raise ConfigurationError("REDIS_URL must begin with redis:// or rediss://.")
    if find_spec("celery") is None or find_spec("redis") is None:
        raise ConfigurationError(
            "JOB_QUEUE=celery needs packages that are not installed: run tools/setup distributed, "
            "or set JOB_QUEUE=embedded."
        )


def question_writer(
    settings: Settings, models: ModelChain, embedder: Embedder, extractive: ExtractiveWriter
) -> QuestionWriter:
    """The extractive writer, behind the language models where there are any."""
    if models.model is None:
        return extractive
    return ModelQuestionWriter(
        model=models.model,
        names=models.names,
        embedder=embedder,
        last=extractive,
        deadline_s=settings.llm_deadline_s,
        max_tokens=settings.llm_max_tokens,
    )


def open_queue(settings: Settings, stack: AsyncExitStack) -> EmbeddedQueue | CeleryQueue:
    """The doorbell that JOB_QUEUE names."""
    if settings.job_queue == "embedded":
        return EmbeddedQueue()
    # Imported here: the embedded product starts without Celery.
    from backend.adapters.celery_queue import CeleryQueue  # noqa: PLC0415

    queue = CeleryQueue(settings.redis_url)
    stack.callback(queue.close)
    return queue


def jobs_at_once(settings: Settings) -> int:
    """Jobs that one process works on at a time."""
    return settings.worker_concurrency if settings.job_queue == "embedded" else settings.celery_concurrency


def make_folder(folder: Path) -> None:
    """Make the data folder; raises ConfigurationError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder cannot be made ({error.strerror}). Set DATA_DIR to one that can be written."
        ) from error


def load_embedder(settings: Settings) -> OnnxEmbedder | SentenceTransformersEmbedder:
    """The model that EMBEDDING_MODEL names; takes most of a start."""
    threads = settings.embedding_threads or os.cpu_count() or 1
    if settings.embedding_model == BUNDLED_MODEL:
        return OnnxEmbedder(threads=threads)
    return SentenceTransformersEmbedder(settings.embedding_model, threads=threads)
