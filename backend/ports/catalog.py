"""Documents, their chunks and what each session has selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from backend.models.documents import Chunk, Document, FileSummary
from backend.models.jobs import Job, NewJob
from backend.models.listing import Listing


@dataclass(frozen=True, slots=True)
class Finished:
    """What ingestion learned of a document."""

    chunks: int
    text_length: int
    warning: str | None = None
    language: str | None = None


class Catalog(Protocol):
    """The record of what is stored. A document is visible once it is published, in one step."""

    async def accept(self, document: Document, job: NewJob) -> Document:
        """Store a new document and the job that ingests it in one durable step.

        Where the tenant already has a document of the same hash, that one is returned instead;
        one that failed or was stopped gives way to the new one.
        """

    async def document(self, tenant: str, document_id: str) -> Document:
        """One document in any state; raises DocumentNotFound."""

    async def document_named(self, tenant: str, filename: str) -> Document:
        """The newest published document of that name; raises DocumentNotFound."""

    async def documents(
        self, tenant: str, *, offset: int, limit: int, search: str = "", published_only: bool = False
    ) -> Listing[Document]:
        """Newest first; ``search`` is looked for in filename and title, ignoring case."""

    async def published(self, tenant: str, document_ids: Sequence[str] | None = None) -> list[Document]:
        """Published documents, oldest first: all, or those of ``document_ids`` that there are."""

    async def delete(self, tenant: str, document_id: str) -> Document:
        """Remove a document, its chunks, vectors and keyword entries, and its job; returns what it was."""

    async def version(self, tenant: str) -> int:
        """Counts the changes of what the tenant can find; 0 before the first."""

    async def describe(self, document_id: str, summary: FileSummary) -> None:
        """Keep what the file says of itself."""

    async def add_chunks(self, document: Document, chunks: Sequence[Chunk], job: Job) -> None:
        """Store chunks, replacing those of the same key; not visible yet.

        Raises Stopped where ``job`` is no longer held: stopped, taken over, or gone with its document.
        """

    async def discard_chunks(self, document: Document) -> None:
        """Remove what an ingestion that did not finish has stored: chunks, vectors and keyword entries."""

    async def settle(self, document: Document, finished: Finished) -> None:
        """Keep what ingestion learned of a document."""

    async def publish(self, document: Document, job: Job | None = None) -> None:
        """Make a document visible to every search, in one step; harmless when repeated.

        Raises Stopped where its ingestion was stopped or failed, the document is gone, or ``job`` is given
        and no longer held.
        """

    async def chunks(self, tenant: str, keys: Sequence[int]) -> dict[int, Chunk]:
        """Visible chunks by key; keys of others are left out."""

    async def chunk_range(self, document: Document, first: int, last: int) -> list[Chunk]:
        """Chunks of positions ``first`` to ``last``, both included, in order."""

    async def sha256s(self) -> set[tuple[str, str]]:
        """(tenant, sha256) of every document: the files that are still needed."""

    async def select(self, tenant: str, session: str, document_id: str) -> None:
        """Remember which document a session has selected."""

    async def selected(self, tenant: str, session: str) -> tuple[Document, datetime]:
        """The selected document and when it was selected; raises NoDocumentSelected."""
