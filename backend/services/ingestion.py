"""From an uploaded file to a document that can be searched and asked about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from backend.errors import (
    NoTextInFile,
    QuaestioError,
    Stopped,
    Unavailable,
    UnreadableFile,
)
from backend.models.documents import (
    Chunk,
    Document,
    DocumentMetadata,
    FileSummary,
    JobState,
    Problem,
    Progress,
    Segment,
)
from backend.models.failures import error_of
from backend.models.jobs import Job, NewJob, Priority
from backend.ports.blob_store import Blob, BlobStore
from backend.ports.catalog import Catalog, Finished
from backend.ports.embedder import Embedder
from backend.ports.job_table import READING_SHARE, JobTable
from backend.ports.keyword_index import KeywordIndex
from backend.ports.task_queue import TaskQueue
from backend.ports.text_extractor import TextExtractor
from backend.ports.vector_store import VectorStore
from backend.services.chunking import Chunker
from backend.utils import languages
from backend.utils.clock import utc_now
from backend.utils.file_names import safe_name
from backend.utils.ids import new_id

READ = "ingest"
EMBED = "embed"
INGESTION_QUEUE = "ingestion"
EMBEDDING_QUEUE = "embedding"

BATCH = 128
"""Chunks embedded and committed together: less than half a second of work that a crash may repeat."""
LEAST_BATCH = 8
"""Of work that was lost before its first checkpoint the batch is halved each time, down to this: where
processes live for seconds only, e.g. on a machine that is killed again and again, it still moves."""
INLINE = 512
"""Chunks of a document that the job which reads it also embeds: short documents are done in one go."""
PART = 256
"""Chunks of one part of a long document: about a second of work, then someone else may have a turn."""
LONG_BYTES = 2_000_000
"""Files from this size on are read by a job that never takes every worker."""

_PUBLISH = "publish"

_LOST = "The job was taken over, stopped or deleted."
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document taken in, and whether the same bytes were there before."""

    document: Document
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that is stored and of a kind that can be read, before it is a document."""

    tenant: str
    name: str
    blob: Blob
    media_type: str
    deletions: int
    """How many documents had been deleted when it began to be stored."""


class Waiting(Exception):
    """Ends a job without finishing it."""


class Ingestion:
    """Accepts files at once, and reads, cuts, embeds and publishes them as a job.

    ``follow_up`` names the job that a published document has for its next one.
    """

    def __init__(
        self,
        *,
        blobs: BlobStore,
        catalog: Catalog,
        jobs: JobTable,
        queue: TaskQueue,
        extractor: TextExtractor,
        embedder: Embedder,
        vectors: VectorStore,
        keywords: KeywordIndex,
        max_bytes: int,
        follow_up: Callable[[Document], NewJob] | None = None,
    ) -> None:
        self._blobs = blobs
        self._catalog = catalog
        self._jobs = jobs
        self._queue = queue
        self._extractor = extractor
        self._embedder = embedder
        self._vectors = vectors
        self._keywords = keywords
        self._max_bytes = max_bytes
        self._follow_up = follow_up
        # Accepting a file and deleting the last document of the same bytes exclude each other; other
        # files do not wait, so that their commits share a sync.
        self._files: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._deletions = 0

    async def accept(
        self,
        tenant: str,
        filename: str,
        content: AsyncIterator[bytes],
        *,
        metadata: DocumentMetadata | None = None,
    ) -> Accepted:
        """Keep a file and queue its ingestion, both durable; the same bytes give the same document.

        What ``metadata`` says of the file wins over what the file says of itself.
        Raises TooLarge, EmptyFile or UnsupportedFile, and then keeps nothing.
        """
        return await self.take_in(await self.keep(tenant, filename, content), metadata=metadata)

    async def keep(self, tenant: str, filename: str, content: AsyncIterator[bytes]) -> Kept:
        """The first half of ``accept``, which may be done for many files at once; raises what that raises."""
        name, deletions = safe_name(filename), self._deletions
        blob = await self._blobs.put(tenant, content, self._max_bytes)
        try:
            media_type = self._extractor.recognise(blob.head, name)
        except QuaestioError:
            async with self._file(tenant, blob.sha256):
                if (tenant, blob.sha256) not in await self._catalog.sha256s():
                    await self._blobs.delete(tenant, blob.sha256)
            raise
        return Kept(tenant, name, blob, media_type, deletions)

    async def take_in(self, kept: Kept, *, metadata: DocumentMetadata | None = None) -> Accepted:
        """The second half of ``accept``: of the same bytes the first that comes here is the document."""
        tenant, blob = kept.tenant, kept.blob
        document_id = new_id()
        priority = Priority.LONG if blob.size >= LONG_BYTES else Priority.SHORT
        job = NewJob(tenant, READ, document_id, INGESTION_QUEUE, priority)
        new = Document(
            id=document_id,
            number=0,
            tenant=tenant,
            job_id=job.id,
            sha256=blob.sha256,
            filename=kept.name,
            media_type=kept.media_type,
            size=blob.size,
            created_at=utc_now(),
            state=JobState.QUEUED,
            metadata=metadata or DocumentMetadata(),
        )
        async with self._file(tenant, blob.sha256):
            if self._deletions != kept.deletions and not await self._is_stored(new):
                raise Unavailable("The same file was deleted at this moment. Upload it again.")
            stored = await self._catalog.accept(new, job)
        if stored.id == new.id:
            await self._queue.ring(INGESTION_QUEUE, stored.job_id)
        return Accepted(stored, duplicate=stored.id != new.id)

    async def finished(self, document: Document) -> Document:
        """Wait until a document can be asked about.

        Raises UnreadableFile (or the kind it failed with) and then removes the document, since the
        caller has been told; raises DocumentNotFound where someone deletes it meanwhile.
        """
        while not document.state.ended:
            await asyncio.sleep(_POLL_S)
            document = await self._catalog.document(document.tenant, document.id)
        if document.state is JobState.FINISHED:
            return document
        await self.delete(document.tenant, document.id)
        raise _as_error(document.error)

    async def delete(self, tenant: str, document_id: str) -> Document:
        """Remove a document everywhere, in whatever state; a running ingestion of it ends by itself."""
        document = await self._catalog.document(tenant, document_id)
        async with self._file(tenant, document.sha256):
            self._deletions += 1
            document = await self._catalog.delete(tenant, document_id)
            await self._blobs.delete(tenant, document.sha256)
        return document

    async def sweep(self, older_than_s: float) -> int:
        """Remove files that no document needs; returns how many."""
        return await self._blobs.sweep(await self._catalog.sha256s(), older_than_s)

    async def stop(self, tenant: str, document_id: str) -> Document:
        """Stop an ingestion and remove what it wrote; one that has ended stays as it is.

        Whoever works on it ends within a second or two, and can write no more from now on.
        """
        document = await self._catalog.document(tenant, document_id)
        job = await self._jobs.stop(tenant, document.job_id)
        if job.state is JobState.STOPPED:
            await self._catalog.discard_chunks(document)
        return await self._catalog.document(tenant, document_id)

    async def retry(self, tenant: str, document_id: str) -> Document:
        """Read a failed or stopped document again from its beginning; raises JobNotRetryable."""
        document = await self._catalog.document(tenant, document_id)
        job = await self._jobs.retry(tenant, document.job_id)
        await self._queue.ring(job.queue, job.id)
        return await self._catalog.document(tenant, document_id)

    async def read(self, job: Job) -> None:
        """Job: read a file into chunks; embed a short document, leave a long one to parts.

        Resumes behind its checkpoint and is harmless when repeated.
        """
        document = await self._catalog.document(job.tenant, job.subject)
        if job.phase == _PUBLISH:
            await self._publish(document, job)
            return
        try:
            await self._read(job, document)
        except UnreadableFile:
            # What was stored before the fault was found is no document.
            await self._catalog.discard_chunks(document)
            raise

    async def embed(self, job: Job) -> None:
        """Job: embed one part of a long document."""
        document = await self._catalog.document(job.tenant, job.subject)
        first, last = int(job.payload["first"]), int(job.payload["last"])
        first = max(first, job.checkpoint)
        step = _batch(job)
        for start in range(first, last + 1, step):
            chunks = await self._catalog.chunk_range(document, start, min(start + step - 1, last))
            await self._embed(document, chunks)
            await self._report(job, Progress("embedding", unit="passages"), start + len(chunks))

    async def _read(self, job: Job, document: Document) -> None:
        async with self._blobs.local(document.tenant, document.sha256) as path:
            if path is None:
                raise UnreadableFile("The uploaded file is no longer stored. Upload it again.")
            await self._read_file(job, document, path)

    async def _read_file(self, job: Job, document: Document, path: Path) -> None:
        chunker = await asyncio.to_thread(Chunker, document)
        pending: list[Chunk] = []
        warning, stored, sample = None, job.checkpoint, ""
        reached = Progress("embedding", unit="passages")
        async with aclosing(self._extractor.extract(path, document.media_type)) as extracted:
            async for item in extracted:
                if isinstance(item, Segment):
                    sample += item.text[: languages.SAMPLE - len(sample)]
                    pending += [c for c in chunker.cut(item) if c.position >= job.checkpoint]
                    while len(pending) >= _size(stored, job):
                        batch = pending[: _size(stored, job)]
                        stored = await self._store(job, document, batch)
                        del pending[: len(batch)]
                        reached = _reached(document, item, stored)
                        await self._report(job, reached, stored)
                elif isinstance(item, FileSummary):
                    await self._catalog.describe(document.id, _completed(item, document.metadata))
                    total = item.pages or 0
                    await self._report(
                        job, Progress("extracting", 0, total, unit="pages" if total else "bytes"), stored
                    )
                else:
                    warning = item.warning
        while pending:  # of work that was lost, several batches
            batch = pending[: _size(stored, job)]
            stored = await self._store(job, document, batch)
            del pending[: len(batch)]
            if pending:
                await self._report(job, reached, stored)
        if stored == 0:
            raise NoTextInFile("There is no text in this file. If it is a scan, run OCR on it first.")
        finished = Finished(stored, chunker.text_length, warning, languages.language_of(sample))
        await self._catalog.settle(document, finished)
        await self._end_reading(job, document, stored)

    async def _store(self, job: Job, document: Document, batch: list[Chunk]) -> int:
        """Keep a batch, embedded now or as a part of its own; returns the checkpoint behind it."""
        await self._catalog.add_chunks(document, batch, job)
        first, last = batch[0].position, batch[-1].position
        if first < INLINE:
            await self._embed(document, batch)
        else:
            part = NewJob(
                tenant=job.tenant,
                kind=EMBED,
                subject=document.id,
                queue=EMBEDDING_QUEUE,
                priority=Priority.BATCH,
                payload={"first": first, "last": last},
                id=f"{job.id}-{first}",
                units=len(batch),
            )
            if not await self._jobs.spawn(job, [part]):
                raise Stopped(_LOST)
            await self._queue.ring(EMBEDDING_QUEUE, part.id)
        return last + 1

    async def _embed(self, document: Document, chunks: list[Chunk]) -> None:
        vectors = await self._embedder.embed([chunk.text for chunk in chunks])
        await self._vectors.add(document, [chunk.key for chunk in chunks], vectors)

    async def _end_reading(self, job: Job, document: Document, chunks: int) -> None:
        if chunks <= INLINE:
            await self._report(job, Progress("indexing", fraction=0.99), chunks)
            await self._publish(document, job)
        elif not await self._jobs.wait(job, _PUBLISH, chunks):
            raise Stopped(_LOST)
        else:
            raise Waiting

    async def _publish(self, document: Document, job: Job) -> None:
        await self._keywords.add(document)
        await self._catalog.publish(document, job)
        if self._follow_up is not None:
            # Behind the switch and before this job ends: a crash between them only repeats both.
            published = await self._catalog.document(document.tenant, document.id)
            following = await self._jobs.add(self._follow_up(published))
            await self._queue.ring(following.queue, following.id)

    async def _report(self, job: Job, progress: Progress, checkpoint: int) -> None:
        if not await self._jobs.report(job, progress, checkpoint):
            raise Stopped(_LOST)

    def _file(self, tenant: str, sha256: str) -> asyncio.Lock:
        return self._files.setdefault((tenant, sha256), asyncio.Lock())

    async def _is_stored(self, document: Document) -> bool:
        async with self._blobs.local(document.tenant, document.sha256) as path:
            return path is not None


def _batch(job: Job) -> int:
    """Chunks that are embedded together."""
    return max(LEAST_BATCH, BATCH >> max(0, job.tries - 1))


def _size(stored: int, job: Job) -> int:
    """Chunks of the next batch. Parts are of one size always: their names tell where they begin."""
    return min(_batch(job), INLINE - stored) if stored < INLINE else PART


def _reached(document: Document, segment: Segment, stored: int) -> Progress:
    share = segment.done / segment.total if segment.total else 0.0
    unit = "pages" if segment.page else "bytes"
    if stored > INLINE or document.size >= LONG_BYTES:
        # The parts that follow are most of the work; their share is counted as they finish.
        return Progress("extracting", segment.done, segment.total, READING_SHARE * share, unit)
    return Progress("embedding", segment.done, segment.total, 0.98 * share, unit)


def _completed(summary: FileSummary, given: DocumentMetadata) -> FileSummary:
    """The file's own metadata under what was given with it."""
    said = {name: value for name, value in asdict(given).items() if value is not None}
    return replace(summary, metadata=replace(summary.metadata, **said))


def _as_error(problem: Problem | None) -> QuaestioError:
    if problem is None:
        return Stopped("The ingestion was stopped.")
    error = error_of(problem.code, problem.message)
    return error if isinstance(error, UnreadableFile) else UnreadableFile(problem.message)
