"""Documents and chunks for tests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence

from backend.models.documents import Chunk, Document, JobState, chunk_key
from backend.models.jobs import NewJob
from backend.ports.catalog import Catalog
from backend.ports.job_table import JobTable
from backend.utils.clock import utc_now


def new_document(tenant: str = "default", content: str = "", filename: str = "notes.txt") -> Document:
    """A document as `accept` takes it; other content, other hash."""
    return Document(
        id=uuid.uuid4().hex,
        number=0,
        tenant=tenant,
        job_id=uuid.uuid4().hex,
        sha256=hashlib.sha256((content or uuid.uuid4().hex).encode()).hexdigest(),
        filename=filename,
        media_type="text/plain",
        size=10,
        created_at=utc_now(),
        state=JobState.QUEUED,
    )


def chunks_of(document: Document, texts: Sequence[str], heading: str | None = None) -> list[Chunk]:
    """Chunks a blank line apart."""
    made, offset = [], 0
    for position, text in enumerate(texts):
        key = chunk_key(document.number, position)
        made.append(Chunk(key, document.id, position, text, offset, offset + len(text), 1, heading))
        offset += len(text) + 2
    return made


async def accept(catalog: Catalog, document: Document) -> Document:
    """Take a document in, with a job that would ingest it."""
    job = NewJob(document.tenant, "ingest", document.id, "ingestion", id=document.job_id)
    return await catalog.accept(document, job)


async def write_chunks(catalog: Catalog, jobs: JobTable, document: Document, chunks: Sequence[Chunk]) -> None:
    """Store chunks as a worker that holds the document's job does, then give the job back."""
    job = await jobs.claim("writer", 60)
    assert job
    assert job.subject == document.id, "another job was due"
    await catalog.add_chunks(document, chunks, job)
    await jobs.finish(job)
