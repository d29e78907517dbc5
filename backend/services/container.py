"""Everything that routes and commands may use, built once by ``bootstrap.open_services``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backend.models.language import ProviderState
from backend.ports.catalog import Catalog
from backend.ports.collections import Collections
from backend.ports.conversations import Conversations
from backend.ports.index_relay import IndexRelay
from backend.ports.job_table import JobTable
from backend.ports.question_exporter import QuestionExporter
from backend.ports.question_store import QuestionStore
from backend.ports.vector_store import VectorStore
from backend.services.access import Access
from backend.services.answer_jobs import AnswerJobs
from backend.services.answering.running import RunningAnswers
from backend.services.answers import Answers
from backend.services.generation import QuestionGeneration
from backend.services.health import Health
from backend.services.idempotency import Idempotency
from backend.services.ingestion import Ingestion
from backend.services.integrity import Integrity
from backend.services.job_control import JobControl
from backend.services.logins import Logins
from backend.services.marking import Marking
from backend.services.migration import Migration
from backend.services.question_bank import QuestionBank
from backend.services.question_evaluation import QuestionEvaluation
from backend.services.quiz_marking import QuizMarking
from backend.services.rates import Rates
from backend.services.retrieval import Retriever
from backend.services.schedule import Schedule
from backend.services.scopes import Scopes
from backend.services.sessions import Sessions
from backend.services.stats import Stats
from backend.services.tasks import Worker
from backend.services.vector_indexes import VectorIndexService


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits that the HTTP surface must know."""

    max_upload_bytes: int
    max_questions: int
    default_k: int
    """Sources of an answer where a request names no number."""
    streaming: bool
    """Whether answers may be streamed."""


@dataclass(frozen=True, slots=True)
class IndexServices:
    """What the vector index service needs where it runs alone."""

    indexes: VectorIndexService
    access: Access


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases, and the two records that are read directly."""

    access: Access
    logins: Logins
    catalog: Catalog
    jobs: JobTable
    ingestion: Ingestion
    idempotency: Idempotency
    retriever: Retriever
    generation: QuestionGeneration
    questions: QuestionBank
    question_store: QuestionStore
    exports: Mapping[str, QuestionExporter]
    marking: Marking
    quiz_marking: QuizMarking
    evaluation: QuestionEvaluation
    answers: Answers
    streams: RunningAnswers
    conversations: Conversations
    collections: Collections
    scopes: Scopes
    stats: Stats
    rates: Rates
    answer_jobs: AnswerJobs
    job_control: JobControl
    worker: Worker
    schedule: Schedule
    vectors: VectorStore
    """For its state alone; whoever searches uses the retriever."""
    integrity: Integrity
    migration: Migration
    indexes: VectorIndexService
    relay: IndexRelay | None
    """To the process that serves the vector indexes, where it is not this one."""
    sessions: Sessions
    worker_inside: bool
    """Whether the process that serves also works on jobs; else workers of their own do."""
    health: Health
    providers: Callable[[], Awaitable[list[ProviderState]]]
    """Of language models: what became of the calls to each."""
    limits: Limits
