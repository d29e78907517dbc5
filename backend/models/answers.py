"""An answer, and the passages that it can be checked against."""

from __future__ import annotations

from dataclasses import dataclass

from backend.models.documents import Chunk, Document, Passage

EXTRACTIVE = "extractive"
"""Names the answerer that quotes sentences, without a language model."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of a document; ``chunk`` is the part of it that says most about the question."""

    document: Document
    passage: Passage
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Answer:
    """A text whose markers [1], [2] ... count the sources from 1."""

    text: str
    sources: tuple[Source, ...]
    """Best first, not all of them cited; empty where the documents do not answer the question."""
    model: str
    retrieval_ms: float
    total_ms: float
