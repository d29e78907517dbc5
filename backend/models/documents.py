"""Documents, their chunks, and the work that makes one from the other."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import accumulate

from backend.models.work import Work


class JobState(StrEnum):
    """States of a job, and so of the document that it makes."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen without a person asking for it."""
        return self in {JobState.FINISHED, JobState.FAILED, JobState.STOPPED}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a job failed: a stable ``code`` of the error tree and a sentence for a person."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is: ``done`` of ``total`` units of the named stage (total 0: unknown)."""

    stage: str = "waiting"
    done: int = 0
    total: int = 0
    fraction: float = 0.0
    """Share of the whole job, 0..1, never falling."""
    unit: str = ""
    """What ``done`` and ``total`` count: pages, bytes or passages."""


@dataclass(frozen=True, slots=True)
class DocumentMetadata:
    """What the file says of itself; dates as the file writes them (ISO 8601 where parsable)."""

    title: str | None = None
    author: str | None = None
    subject: str | None = None
    creator: str | None = None
    producer: str | None = None
    creation_date: str | None = None
    modification_date: str | None = None
    url: str | None = None
    """Where the original can be seen, e.g. the video of a transcript."""


@dataclass(frozen=True, slots=True)
class Document:
    """An uploaded file and the state of what was made from it."""

    id: str
    number: int
    """Position of the document in its catalog, from 1; 0 before it is stored."""
    tenant: str
    job_id: str
    sha256: str
    filename: str
    media_type: str
    size: int
    """Bytes of the file as uploaded."""
    created_at: datetime
    state: JobState
    progress: Progress = field(default_factory=Progress)
    metadata: DocumentMetadata = field(default_factory=DocumentMetadata)
    pages: int | None = None
    """None for formats without pages."""
    chunks: int = 0
    text_length: int = 0
    """Characters of extracted text."""
    language: str | None = None
    """ISO 639-1; None where it could not be told."""
    warning: str | None = None
    """What a person should know though it worked, e.g. pages that could not be read."""
    error: Problem | None = None
    work: Work | None = None
    """None before it is stored."""

    @property
    def waiting(self) -> bool:
        """Whether it has not ended and nobody works on it."""
        return not self.state.ended and (self.work is None or self.work.rests)


@dataclass(frozen=True, slots=True)
class FileSummary:
    """What an extractor knows of a file before its text: metadata and the number of pages."""

    metadata: DocumentMetadata
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text under one heading on one page, in reading order."""

    text: str
    page: int | None = None
    """1-based; None for formats without pages."""
    heading: str | None = None
    """The headings above the text, outermost first, joined by ' > '."""
    done: int = 0
    """Units (pages, or bytes for formats without pages) read when this segment ended."""
    total: int = 0
    start_seconds: float | None = None
    """Transcripts: when the first word of the text is said."""


@dataclass(frozen=True, slots=True)
class ExtractionEnd:
    """The last word of an extraction: everything was read, or what was left out and why."""

    warning: str | None = None


Extracted = FileSummary | Segment | ExtractionEnd


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: the unit of retrieval."""

    key: int
    document_id: str
    position: int
    """0-based, in reading order."""
    text: str
    start: int
    """Offset of the first character in the document's extracted text."""
    end: int
    page: int | None = None
    heading: str | None = None
    start_seconds: float | None = None
    """Transcripts: when the text begins to be said."""

    @property
    def id(self) -> str:
        """The key as clients see it (JavaScript cannot hold 63-bit integers)."""
        return f"{self.key:x}"


POSITION_BITS = 24
"""A document holds fewer than 2**24 chunks (about 4 GB of text)."""


def chunk_key(document_number: int, position: int) -> int:
    """Key of a chunk in every index, a positive 63-bit integer.

    It follows from document and position alone, so a rerun writes the same rows again; the chunks of
    a document are neighbours in it, so a document is a range of keys.
    """
    return (document_number << POSITION_BITS) | position


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found by one index. Scores of different indexes cannot be compared."""

    key: int
    score: float


_SLOWEST = 8
"""Characters of slow speech in a second."""


@dataclass(frozen=True)
class Passage:
    """Consecutive chunks of one document as one text, around the chunk that was found."""

    document_id: str
    filename: str
    chunks: tuple[Chunk, ...]
    """In reading order, without gaps in ``position``."""
    score: float = 0.0
    """Relevance 0..1; 0 where the passage was sampled, not searched."""
    hit: int = 0
    """Index in ``chunks`` of the chunk that was found."""

    @property
    def text(self) -> str:
        """The chunks joined by the white space that stood between them."""
        return "".join(self._pieces())

    @property
    def found(self) -> Chunk:
        """The chunk that was found."""
        return self.chunks[self.hit]

    @property
    def text_before_hit(self) -> str:
        """What stands in ``text`` before the chunk that was found."""
        return "".join(self._pieces()[: self.hit])

    def chunk_at(self, offset: int) -> Chunk:
        """The chunk that holds the character of ``text`` at ``offset``."""
        return self.chunks[self._index_at(offset)]

    def place_of(self, offset: int) -> int:
        """Where the character of ``text`` at ``offset`` stands in the document's extracted text."""
        if offset >= self._ends[-1]:
            return self.chunks[-1].end
        index = self._index_at(offset)
        chunk = self.chunks[index]
        return min(chunk.start + offset - (self._ends[index - 1] if index else 0), chunk.end)

    def _index_at(self, offset: int) -> int:
        return min(bisect_right(self._ends, offset), len(self.chunks) - 1)

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        """Where in ``text`` each chunk and the gap behind it end."""
        return tuple(accumulate(map(len, self._pieces())))

    def second_of(self, offset: int) -> float | None:
        """About when the character of ``text`` at ``offset`` is said, between the times of its chunks."""
        chunk, place = self.chunk_at(offset), self.place_of(offset)
        after = next((c for c in self.chunks if c.position == chunk.position + 1), None)
        began = chunk.start_seconds
        if began is None or after is None or after.start_seconds is None or after.start <= chunk.start:
            return began
        before = place - chunk.start
        spread = before / (after.start - chunk.start) * (after.start_seconds - began)
        return began + min(spread, before / _SLOWEST)  # a chunk may end in silence

    def _pieces(self) -> list[str]:
        """Each chunk's text with the gap that follows it (a paragraph break from 2 characters on)."""
        pieces = []
        for index, chunk in enumerate(self.chunks):
            gap = 0
            if index + 1 < len(self.chunks):
                gap = self.chunks[index + 1].start - chunk.end
            pieces.append(chunk.text + ("\n\n" if gap > 1 else " " * gap))
        return pieces
