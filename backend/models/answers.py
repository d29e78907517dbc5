"""An answer, and the passages that it can be checked against."""

from __future__ import annotations

from dataclasses import dataclass

from backend.models.documents import Chunk, Document, Passage
from backend.models.scope import EVERYTHING, Scope

EXTRACTIVE = "extractive"
"""Names the answerer that quotes sentences, without a language model."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question to the documents."""

    question: str
    k: int
    """Most sources."""
    scope: Scope = EVERYTHING
    session: str | None = None
    """Whose conversation it goes on with; None: it stands alone and is not remembered."""


@dataclass(frozen=True, slots=True)
class Source:
    """A passage of a document; ``chunk`` is the part of it that says most about the question."""

    document: Document
    passage: Passage
    chunk: Chunk


@dataclass(frozen=True, slots=True)
class Citation:
    """A marker of an answer and the very sentences that support what stands before it."""

    number: int
    """Counts the answer's sources from 1."""
    chunk: Chunk
    """Where ``quote`` begins."""
    quote: str
    """Word for word as in the document."""
    start: int
    end: int
    """Its span in the document's extracted text."""
    start_seconds: float | None = None
    """Transcripts: about when it begins to be said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A text whose markers [1], [2] ... count the sources from 1."""

    text: str
    sources: tuple[Source, ...]
    """Best first, not all of them cited; empty where the documents do not answer the question."""
    model: str
    retrieval_ms: float
    total_ms: float
    citations: tuple[Citation, ...] = ()
    """Of every marker in ``text``, in their order."""
    dropped_citations: int = 0
    """Markers of a model that its sources did not support."""
    kind: str = "fact"
    standalone: str = ""
    """The question as it was searched for."""
    fallback_used: bool = False
    """Whether the answer was quoted because no model answered."""


@dataclass(frozen=True, slots=True)
class SourcesFound:
    """The first event of a streamed answer."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """The next characters of a streamed answer; all of them together are its text."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of a streamed answer that broke off."""

    code: str
    message: str
    retryable: bool = False


AnswerEvent = SourcesFound | Token | Answer | Failed
"""``SourcesFound``, then ``Token`` s, then the whole ``Answer``, or ``Failed`` instead."""
