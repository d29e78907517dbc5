"""Nodes of another product as documents, chunks, vectors and keywords: one transaction for each batch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select, update

from backend.adapters.sql import job_rows
from backend.adapters.sql.catalog import INSERT_CHUNK, touch_library
from backend.adapters.sql.database import Database
from backend.adapters.sql.keyword_index import add_terms
from backend.adapters.sql.tables import chunks, document_origins, documents, jobs
from backend.errors import DocumentNotFound, Stopped
from backend.models.documents import POSITION_BITS, JobState, chunk_key
from backend.models.jobs import Job, NewJob
from backend.models.migration import ForeignDocument, Node
from backend.ports.embedder import Vectors
from backend.ports.transfers import Arrived, Piece
from backend.utils.clock import utc_now
from backend.utils.ids import new_id

MOVED = "moved"
"""Kind of the job that stands for a document that came whole; nobody ever runs it."""

_GAP = 2
"""Characters between the texts of two nodes: each is a paragraph of its own."""

_LOOKED_UP = 500
_ARRIVED = (
    "SELECT d.sha256, d.id, d.number, d.published_at IS NOT NULL AS published, "
    "(SELECT count(*) FROM chunks c WHERE c.document_number = d.number) AS held "
    "FROM documents d WHERE d.tenant = ? AND d.sha256 IN (%s)"
)
_VECTOR = (
    "INSERT INTO vectors (key, vector) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET vector = excluded.vector"
)
_NODE = (
    "INSERT INTO node_origins (key, node_id, metadata, relationships, rest) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (key) DO NOTHING"
)


class SqlTransfers:
    """Implements the Transfers port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def arrived(self, tenant: str, sha256s: Sequence[str]) -> dict[str, Arrived]:
        """See the port."""

        def query(connection: Connection) -> dict[str, Arrived]:
            found: dict[str, Arrived] = {}
            for start in range(0, len(sha256s), _LOOKED_UP):
                some = sha256s[start : start + _LOOKED_UP]
                marks = ", ".join("?" * len(some))
                for row in connection.exec_driver_sql(_ARRIVED % marks, (tenant, *some)):
                    found[row.sha256] = Arrived(row.id, row.number, row.held, bool(row.published))
            return found

        return await self._database.read(query)

    async def take(self, product: str, pieces: Sequence[Piece], job: Job) -> None:
        """See the port."""

        def change(connection: Connection) -> None:
            if not job_rows.is_held(connection, job):
                raise Stopped("The migration was taken over, stopped or deleted.")
            published = [_take(connection, product, piece, job) for piece in pieces]
            if any(published):
                touch_library(connection, job.tenant)

        await self._database.write(change, durable=False)

    async def nodes(self, tenant: str, document_id: str, first: int, last: int) -> list[Node]:
        """See the port."""
        rows = await self._database.read(
            lambda c: c.exec_driver_sql(
                "SELECT n.*, c.text, c.page, c.heading, o.ref_id FROM documents d "  # noqa: S608 - a constant
                "JOIN document_origins o ON o.document_number = d.number "
                f"JOIN node_origins n ON n.key BETWEEN (d.number << {POSITION_BITS}) + ? "
                f"AND (d.number << {POSITION_BITS}) + ? JOIN chunks c ON c.key = n.key "
                "WHERE d.tenant = ? AND d.id = ? ORDER BY n.key",
                (first, last, tenant, document_id),
            ).all()
        )
        return [
            Node(
                id=row.node_id,
                text=row.text,
                metadata=json.loads(row.metadata),
                relationships=json.loads(row.relationships),
                rest=json.loads(row.rest),
                source=row.ref_id,
                page=row.page,
                heading=row.heading,
            )
            for row in rows
        ]

    async def vectors(self, number: int, positions: Sequence[int]) -> Vectors:
        """See the port."""

        def query(connection: Connection) -> list[bytes]:
            one = "SELECT vector FROM vectors WHERE key = ?"
            found = (
                connection.exec_driver_sql(one, (chunk_key(number, position),)).scalar()
                for position in positions
            )
            return [vector for vector in found if vector is not None]

        rows = await self._database.read(query)
        if len(rows) != len(positions):
            raise DocumentNotFound("The document was deleted meanwhile.")
        return np.stack([np.frombuffer(row, "<f4") for row in rows])


def _take(connection: Connection, product: str, piece: Piece, job: Job) -> bool:
    """Store one piece; whether its document is published by it."""
    number, held, published = _document(connection, product, piece.document, job)
    if published:
        return False
    if held < piece.first:
        raise Stopped("The document was deleted while it was moved.")
    skip = held - piece.first
    new, first = piece.nodes[skip:], held
    if not new:
        return False
    start = _end(connection, number)
    connection.exec_driver_sql(INSERT_CHUNK, list(_chunk_rows(number, first, start, new)))
    vectors = piece.vectors[skip:].astype("<f4")
    keys = [chunk_key(number, first + place) for place in range(len(new))]
    connection.exec_driver_sql(_VECTOR, [(k, row.tobytes()) for k, row in zip(keys, vectors, strict=True)])
    connection.exec_driver_sql(_NODE, [_node_row(k, node) for k, node in zip(keys, new, strict=True)])
    whole = first + len(new) == piece.document.nodes
    if whole:
        _publish(connection, number, job)
    return whole


def _document(connection: Connection, product: str, new: ForeignDocument, job: Job) -> tuple[int, int, bool]:
    """Number of the document, how many chunks it has, and whether it is published."""
    found = connection.execute(
        select(documents.c.number, documents.c.published_at, documents.c.job_id).where(
            documents.c.tenant == job.tenant, documents.c.sha256 == new.sha256
        )
    ).first()
    if found is None:
        return _insert(connection, product, new, job), 0, False
    if found.published_at is None and found.job_id != job.id:
        # An earlier migration that did not finish leaves it to this one.
        connection.execute(update(documents).where(documents.c.number == found.number).values(job_id=job.id))
    last = connection.exec_driver_sql(
        "SELECT max(key) FROM chunks WHERE document_number = ?", (found.number,)
    ).scalar()
    held = 0 if last is None else last - chunk_key(found.number, 0) + 1
    return found.number, held, found.published_at is not None


def _insert(connection: Connection, product: str, new: ForeignDocument, job: Job) -> int:
    row = {
        "id": new_id(),
        "tenant": job.tenant,
        "job_id": job.id,
        "sha256": new.sha256,
        "filename": new.filename,
        "media_type": new.media_type,
        "size": new.size,
        "created_at": utc_now().replace(tzinfo=None),
        "pages": new.pages,
        **asdict(new.metadata),
    }
    number = connection.execute(insert(documents).values(row).returning(documents.c.number)).scalar_one()
    origin = {"document_number": number, "product": product, "ref_id": new.ref_id, "said": _json(new.said)}
    connection.execute(insert(document_origins), origin)
    return int(number)


def _publish(connection: Connection, number: int, job: Job) -> None:
    """Give the document a finished job of its own and make it visible."""
    row = connection.execute(select(documents.c.id).where(documents.c.number == number)).one()
    own = NewJob(job.tenant, MOVED, row.id, job.queue)
    job_rows.insert_job(connection, own)
    now = job_rows.now()
    ended = {"state": JobState.FINISHED.value, "stage": "ready", "fraction": 1.0}
    connection.execute(
        update(jobs).where(jobs.c.id == own.id).values(ended | {"started_at": now, "ended_at": now})
    )
    add_terms(connection, job.tenant, number)
    held = connection.exec_driver_sql(
        "SELECT count(*) FROM chunks WHERE document_number = ?", (number,)
    ).scalar_one()
    connection.execute(
        update(documents)
        .where(documents.c.number == number)
        .values(
            job_id=own.id,
            chunks=held,
            text_length=_end(connection, number) - _GAP,
            published_at=utc_now().replace(tzinfo=None),
        )
    )


def _end(connection: Connection, number: int) -> int:
    """Where the text of the next node begins."""
    last = (
        select(chunks.c.end).where(chunks.c.document_number == number).order_by(chunks.c.key.desc()).limit(1)
    )
    end = connection.execute(last).scalar()
    return 0 if end is None else int(end) + _GAP


def _chunk_rows(
    number: int, first: int, start: int, nodes: Sequence[Node]
) -> Iterator[tuple[int, int, str, int, int, int | None, str | None, None]]:
    for place, node in enumerate(nodes):
        end = start + len(node.text)
        yield chunk_key(number, first + place), number, node.text, start, end, node.page, node.heading, None
        start = end + _GAP


def _node_row(key: int, node: Node) -> tuple[int, str, str, str, str]:
    return key, node.id, _json(node.metadata), _json(node.relationships), _json(node.rest)


def _json(value: Mapping[str, Any]) -> str:
    # ASCII, so that half a surrogate pair in somebody's metadata is kept as it was written.
    return json.dumps(value, ensure_ascii=True, default=str)
