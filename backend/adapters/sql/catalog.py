"""Documents, chunks and selections in SQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from backend.adapters.sql import job_rows
from backend.adapters.sql.database import Database, driver_of
from backend.adapters.sql.question_rows import forget_untouched
from backend.adapters.sql.tables import chunks, documents, jobs, libraries, sessions
from backend.errors import DocumentNotFound, NoDocumentSelected, Stopped
from backend.models.documents import (
    POSITION_BITS,
    Chunk,
    Document,
    DocumentMetadata,
    FileSummary,
    JobState,
    chunk_key,
)
from backend.models.jobs import Job, NewJob, mine_job_id
from backend.models.listing import Listing
from backend.ports.catalog import Finished
from backend.utils.clock import utc_now

_METADATA = ("title", "author", "subject", "creator", "producer", "creation_date", "modification_date", "url")
_INSERT_DOCUMENT = (
    "INSERT INTO documents (id, tenant, job_id, sha256, filename, media_type, size, created_at, title, "
    "author, subject, creator, producer, creation_date, modification_date, url, chunks, text_length) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (tenant, sha256) DO NOTHING"
)
INSERT_CHUNK = (
    'INSERT INTO chunks (key, document_number, text, start, "end", page, heading, start_seconds) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET text = excluded.text, "
    'start = excluded.start, "end" = excluded."end", page = excluded.page, heading = excluded.heading, '
    "start_seconds = excluded.start_seconds"
)


class SqlCatalog:
    """Implements the Catalog port; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, document: Document, job: NewJob) -> Document:
        """See the port."""
        return await self._database.write(lambda c: _accept(c, document, job))

    async def document(self, tenant: str, document_id: str) -> Document:
        """See the port."""
        where = and_(documents.c.tenant == tenant, documents.c.id == document_id)
        return await self._one(where, f"There is no document {document_id[:64]!r}. It may have been deleted.")

    async def document_named(self, tenant: str, filename: str) -> Document:
        """See the port."""
        where = and_(
            documents.c.tenant == tenant,
            documents.c.filename == filename,
            documents.c.published_at.is_not(None),
        )
        return await self._one(where, f"There is no document named {filename!r}. Upload it first.")

    async def documents(
        self, tenant: str, *, offset: int, limit: int, search: str = "", published_only: bool = False
    ) -> Listing[Document]:
        """See the port."""
        where = [documents.c.tenant == tenant]
        if published_only:
            where.append(documents.c.published_at.is_not(None))
        if search:
            where.append(
                or_(
                    *(c.icontains(search, autoescape=True) for c in (documents.c.filename, documents.c.title))
                )
            )

        def query(connection: Connection) -> Listing[Document]:
            total = connection.execute(select(func.count()).select_from(documents).where(*where)).scalar_one()
            rows = connection.execute(
                _with_job().where(*where).order_by(documents.c.number.desc()).offset(offset).limit(limit)
            )
            return Listing(tuple(map(_document, rows)), total, offset, limit)

        return await self._database.read(query)

    async def published(self, tenant: str, document_ids: Sequence[str] | None = None) -> list[Document]:
        """See the port."""
        query = published(tenant, document_ids)
        return await self._database.read(lambda c: list(map(_document, c.execute(query))))

    async def delete(self, tenant: str, document_id: str) -> Document:
        """See the port."""
        document = await self.document(tenant, document_id)

        def change(connection: Connection) -> None:
            _remove(connection, document)

        await self._database.write(change)
        return document

    async def version(self, tenant: str) -> int:
        """See the port."""
        query = select(libraries.c.version).where(libraries.c.tenant == tenant)
        return await self._database.read(lambda c: c.execute(query).scalar() or 0)

    async def describe(self, document_id: str, summary: FileSummary) -> None:
        """See the port."""
        values = {name: getattr(summary.metadata, name) for name in _METADATA} | {"pages": summary.pages}
        change = update(documents).where(documents.c.id == document_id).values(values)
        await self._database.write(lambda c: c.execute(change), durable=False)

    async def add_chunks(self, document: Document, new: Sequence[Chunk], job: Job) -> None:
        """See the port."""
        rows = [
            (c.key, document.number, c.text, c.start, c.end, c.page, c.heading, c.start_seconds) for c in new
        ]

        def change(connection: Connection) -> None:
            if not job_rows.is_held(connection, job):
                raise Stopped("The job was taken over, stopped or deleted.")
            driver_of(connection).executemany(INSERT_CHUNK, rows)

        await self._database.write(change, durable=False)

    async def discard_chunks(self, document: Document) -> None:
        """See the port."""
        await self._database.write(lambda c: _discard(c, document), durable=False)

    async def settle(self, document: Document, finished: Finished) -> None:
        """See the port."""
        known = update(documents).where(documents.c.number == document.number).values(asdict(finished))
        await self._database.write(lambda c: c.execute(known), durable=False)

    async def publish(self, document: Document, job: Job | None = None) -> None:
        """See the port."""
        stopped = select(jobs.c.id).where(jobs.c.state.in_([JobState.FAILED.value, JobState.STOPPED.value]))

        def change(connection: Connection) -> bool:
            if job is not None and not job_rows.is_held(connection, job):
                return False
            seen = connection.execute(
                update(documents)
                .where(documents.c.number == document.number, documents.c.job_id.not_in(stopped))
                .values(published_at=_naive(utc_now()))
            )
            if seen.rowcount:
                touch_library(connection, document.tenant)
            return bool(seen.rowcount)

        if not await self._database.write(change):
            raise Stopped("The ingestion was stopped or taken over, or the document deleted.")

    async def chunks(self, tenant: str, keys: Sequence[int]) -> dict[int, Chunk]:
        """See the port."""
        given = json.dumps(list(keys)), tenant

        def read(connection: Connection) -> dict[int, Chunk]:
            return {row[0]: _chunk_of(*row) for row in driver_of(connection).execute(CHUNKS, given)}

        return await self._database.read(read)

    async def chunk_range(self, document: Document, first: int, last: int) -> list[Chunk]:
        """See the port."""
        query = (
            _chunk_columns()
            .join(documents, documents.c.number == chunks.c.document_number)
            .where(
                chunks.c.key >= chunk_key(document.number, max(first, 0)),
                chunks.c.key <= chunk_key(document.number, last),
            )
            .order_by(chunks.c.key)
        )
        return await self._database.read(lambda c: list(map(_chunk, c.execute(query))))

    async def sha256s(self) -> set[tuple[str, str]]:
        """See the port."""
        query = select(documents.c.tenant, documents.c.sha256)
        return await self._database.read(lambda c: {(row.tenant, row.sha256) for row in c.execute(query)})

    async def select(self, tenant: str, session: str, document_id: str) -> None:
        """See the port."""
        document = await self.document(tenant, document_id)
        key = and_(sessions.c.tenant == tenant, sessions.c.session == session)
        row = {
            "tenant": tenant,
            "session": session,
            "document_number": document.number,
            "selected_at": _naive(utc_now()),
        }

        def change(connection: Connection) -> None:
            connection.execute(delete(sessions).where(key))
            connection.execute(insert(sessions).values(row))

        await self._database.write(change)

    async def selected(self, tenant: str, session: str) -> tuple[Document, datetime]:
        """See the port."""
        query = (
            _with_job()
            .add_columns(sessions.c.selected_at)
            .join(sessions, sessions.c.document_number == documents.c.number)
            .where(sessions.c.tenant == tenant, sessions.c.session == session)
        )
        row = await self._database.read(lambda c: c.execute(query).first())
        if row is None:
            raise NoDocumentSelected("No PDF selected")
        return _document(row), row.selected_at.replace(tzinfo=UTC)

    async def _one(self, where: ColumnElement[bool], missing: str) -> Document:
        query = _with_job().where(where).order_by(documents.c.number.desc()).limit(1)
        row = await self._database.read(lambda c: c.execute(query).first())
        if row is None:
            raise DocumentNotFound(missing)
        return _document(row)


def _accept(connection: Connection, new: Document, job: NewJob) -> Document:
    """Insert unless there is one of the same hash that is of use."""
    number = _insert(connection, new, job)
    if number is None:
        row = connection.execute(_of_file(), {"of_tenant": new.tenant, "of_sha256": new.sha256}).one()
        known = _document(row)
        if known.state not in {JobState.FAILED, JobState.STOPPED}:
            return known
        _remove(connection, known)
        number = _insert(connection, new, job)
    job_rows.insert_job(connection, job)
    return replace(new, number=number or 0)


def _insert(connection: Connection, new: Document, job: NewJob) -> int | None:
    """The new document's number; None where there is one of these bytes."""
    values = (new.id, new.tenant, job.id, new.sha256, new.filename, new.media_type, new.size)
    said = (getattr(new.metadata, name) for name in _METADATA)
    row = (*values, _naive(new.created_at).isoformat(" ", "microseconds"), *said)
    done = connection.exec_driver_sql(_INSERT_DOCUMENT, row)
    return done.lastrowid if done.rowcount == 1 else None


@cache  # building it takes longer than running it
def _of_file() -> Select[Any]:
    same = and_(documents.c.tenant == bindparam("of_tenant"), documents.c.sha256 == bindparam("of_sha256"))
    return _with_job().where(same)


def _remove(connection: Connection, document: Document) -> None:
    """Chunks, vectors, candidates, keyword entries and selections go by cascade and trigger."""
    connection.execute(delete(documents).where(documents.c.number == document.number))
    family = or_(jobs.c.id.in_([document.job_id, mine_job_id(document)]), jobs.c.parent == document.job_id)
    connection.execute(delete(jobs).where(family))
    forget_untouched(connection, document.id)
    touch_library(connection, document.tenant)


def _discard(connection: Connection, document: Document) -> None:
    """Vectors go by cascade; keyword entries have their trigger on the document, which stays."""
    connection.execute(delete(chunks).where(chunks.c.document_number == document.number))
    first, beyond = chunk_key(document.number, 0), chunk_key(document.number + 1, 0)
    connection.exec_driver_sql("DELETE FROM chunk_terms WHERE rowid >= ? AND rowid < ?", (first, beyond))
    nothing = {"chunks": 0, "text_length": 0, "warning": None, "mined_at": None}
    connection.execute(update(documents).where(documents.c.number == document.number).values(nothing))


def touch_library(connection: Connection, tenant: str) -> None:
    """Have every process notice that a tenant's published documents have changed."""
    changed = connection.execute(
        update(libraries).where(libraries.c.tenant == tenant).values(version=libraries.c.version + 1)
    )
    if changed.rowcount == 0:
        connection.execute(insert(libraries).values(tenant=tenant, version=1))


@cache
def _with_job() -> Select[Any]:
    job_columns = [c.label(f"job_{c.name}") for c in jobs.c if c.name != "id"]
    clock = job_rows.now().label("as_of")
    return select(documents, *job_columns, clock).join_from(documents, jobs, jobs.c.id == documents.c.job_id)


def published(tenant: str, document_ids: Sequence[str] | None) -> Select[Any]:
    """Rows of published documents with their jobs."""
    query = _with_job().where(documents.c.published_at.is_not(None)).order_by(documents.c.number)
    if document_ids is None:
        return query.where(documents.c.tenant == tenant)
    # As an expression, or SQLite reads every document of the tenant to find a few by their ids.
    return query.where(documents.c.id.in_(document_ids), documents.c.tenant + "" == tenant)


def _chunk_columns() -> Select[Any]:
    return select(chunks, documents.c.id.label("document_id"))


CHUNKS = (
    'SELECT key, documents.id, text, start, "end", page, heading, start_seconds FROM chunks '
    "CROSS JOIN documents ON documents.number = chunks.document_number "
    "WHERE chunks.key IN (SELECT value FROM json_each(?)) AND documents.tenant = ? "
    "AND documents.published_at IS NOT NULL"
)
"""One text for any number of keys, read by the driver: each search asks for sixty chunks.

A cross join is taken in its order: SQLite would else look for every key in every document of the tenant.
"""


def _chunk(row: Row[Any]) -> Chunk:
    return _chunk_of(
        row.key, row.document_id, row.text, row.start, row.end, row.page, row.heading, row.start_seconds
    )


def _chunk_of(
    key: int,
    document_id: str,
    text: str,
    start: int,
    end: int,
    page: int | None,
    heading: str | None,
    start_seconds: float | None,
) -> Chunk:
    # Names that all chunks of a document share are one string: a thousand answers hold twenty chunks each.
    return Chunk(
        key=key,
        document_id=sys.intern(document_id),
        position=key & ((1 << POSITION_BITS) - 1),
        text=text,
        start=start,
        end=end,
        page=page,
        heading=heading and sys.intern(heading),
        start_seconds=start_seconds,
    )


def _document(row: Row[Any]) -> Document:
    state = JobState(row.job_state)
    return Document(
        id=row.id,
        number=row.number,
        tenant=row.tenant,
        job_id=row.job_id,
        sha256=row.sha256,
        filename=row.filename,
        media_type=row.media_type,
        size=row.size,
        created_at=row.created_at.replace(tzinfo=UTC),
        state=state,
        progress=job_rows.progress(row, "job_"),
        metadata=DocumentMetadata(**{name: getattr(row, name) for name in _METADATA}),
        pages=row.pages,
        chunks=row.chunks,
        text_length=row.text_length,
        language=row.language,
        warning=row.warning,
        error=job_rows.problem(row, "job_"),
        work=job_rows.work(row, "job_"),
    )


def _naive(moment: datetime) -> datetime:
    """UTC without a zone, as the columns hold it."""
    return moment.astimezone(UTC).replace(tzinfo=None)
