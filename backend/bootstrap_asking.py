"""The part of the composition root that answers questions."""

from __future__ import annotations

import time
from dataclasses import dataclass

from backend.adapters.language_models.chain import ModelChain
from backend.adapters.memory_rate_limiter import MemoryRateLimiter
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.collections import SqlCollections
from backend.adapters.sql.conversations import SqlConversations
from backend.adapters.sql.database import Database
from backend.config.settings import Settings
from backend.ports.embedder import Embedder
from backend.services.answering.evidence import EvidenceSearch
from backend.services.answering.running import RunningAnswers
from backend.services.answers import Answers
from backend.services.rates import Rates
from backend.services.retrieval import Retriever
from backend.services.scopes import Scopes

_AROUND_MODEL_S = 10.0
"""Seconds of a streamed answer beside those of its model."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What answers questions."""

    answers: Answers
    quoted: Answers
    """The same without a language model."""
    evidence: EvidenceSearch
    scopes: Scopes
    streams: RunningAnswers
    conversations: SqlConversations
    collections: SqlCollections


def open_asking(
    settings: Settings, database: Database, embedder: Embedder, models: ModelChain, retriever: Retriever
) -> Asking:
    """Build it all."""
    catalog, collections = SqlCatalog(database), SqlCollections(database)
    conversations = SqlConversations(database, keep_s=settings.chat_history_ttl_s)
    scopes = Scopes(catalog=catalog, collections=collections)
    evidence = EvidenceSearch(
        catalog=catalog,
        retriever=retriever,
        embedder=embedder,
        scopes=scopes,
        least_relevance=settings.least_relevance,
        max_context=settings.max_context_length,
    )
    quoted = Answers(evidence=evidence, embedder=embedder, conversations=conversations)
    answers = Answers(
        evidence=evidence,
        embedder=embedder,
        conversations=conversations,
        model=models.model,
        deadline_s=settings.llm_deadline_s,
        max_tokens=settings.llm_max_tokens,
    )
    return Asking(
        answers=answers,
        quoted=quoted,
        evidence=evidence,
        scopes=scopes,
        streams=RunningAnswers(
            most_per_tenant=settings.max_streams,
            total_s=settings.llm_deadline_s + _AROUND_MODEL_S,
            idle_s=settings.stream_idle_s,
        ),
        conversations=conversations,
        collections=collections,
    )


def limited(settings: Settings) -> Rates:
    """How often a client may call, as the settings say."""
    if not settings.rate_limit_per_minute:
        return Rates(None)
    limiter = MemoryRateLimiter(
        per_minute=settings.rate_limit_per_minute, burst=settings.rate_limit_burst, clock=time.monotonic
    )
    return Rates(limiter)
