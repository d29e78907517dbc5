"""The audit of the database: rules as queries, vectors and keywords row by row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from sqlalchemy import Connection, CursorResult, Row
from sqlalchemy.exc import DatabaseError

from backend.adapters.sql.audit_queries import RULES, Rule
from backend.adapters.sql.database import Database
from backend.adapters.sql.keyword_index import tenant_term
from backend.models.integrity import Fault
from backend.models.vectors import UNIT_TOLERANCE
from backend.ports.store_audit import StoredFile
from backend.utils.words import spaced

_SHOWN = 10
_ROWS = 4096
_VECTORS = (
    "SELECT v.key, v.vector, n.key IS NOT NULL AS foreign_made FROM vectors v "
    "LEFT JOIN node_origins n ON n.key = v.key"
)

_PASSAGES = (
    'SELECT c.key, c.heading, c.text, c."end" - c.start AS length, d.tenant, '
    "t.tenant AS t_tenant, t.heading AS t_heading, t.body AS t_body FROM chunk_terms t "
    "JOIN chunks c ON c.key = t.rowid JOIN documents d ON d.number = c.document_number"
)


class SqlAudit:
    """Implements the StoreAudit port. ``dimension`` is the length that every vector must have."""

    def __init__(self, database: Database, dimension: int) -> None:
        self._database = database
        self._dimension = dimension

    async def faults(self) -> Sequence[Fault]:
        """See the port."""
        found = await self._database.read(lambda c: list(self._look(c)))
        # Compares the index with its own rows; SQLite asks for the writer, though it writes nothing.
        return found + await self._database.write(_check_index, durable=False)

    async def findable(self) -> dict[str, int]:
        """See the port."""
        query = (
            "SELECT d.tenant, count(*) FROM documents d JOIN chunks c ON c.document_number = d.number "
            "WHERE d.published_at IS NOT NULL GROUP BY d.tenant"
        )
        rows = await self._database.read(lambda c: c.exec_driver_sql(query).all())
        return {tenant: count for tenant, count in rows}  # noqa: C416 - rows are no tuples to mypy

    async def files(self, after: str, limit: int) -> Sequence[StoredFile]:
        """See the port."""
        query = (
            "SELECT tenant, id, filename, sha256, size FROM documents WHERE id > ? AND number NOT IN "
            "(SELECT document_number FROM document_origins) ORDER BY id LIMIT ?"
        )
        return await self._database.read(
            lambda c: [StoredFile(*row) for row in c.exec_driver_sql(query, (after, limit))]
        )

    def _look(self, connection: Connection) -> Iterator[Fault]:
        for rule in RULES:
            yield from _broken(connection, rule)
        vectors = connection.exec_driver_sql(_VECTORS)
        yield from _first("vectors", self._bad_vectors(vectors))
        yield from _first("keywords", _bad_words(connection.exec_driver_sql(_PASSAGES)))

    def _bad_vectors(self, rows: CursorResult[tuple[int, bytes, int]]) -> Iterator[str]:
        for batch in _batches(rows):
            right = [row for row in batch if len(row.vector) == 4 * self._dimension]
            for row in batch:
                if len(row.vector) != 4 * self._dimension:
                    yield f"Vector {row.key:x} has {len(row.vector)} bytes, not {4 * self._dimension}."
            matrix = np.frombuffer(b"".join(row.vector for row in right), "<f4")
            matrix = matrix.reshape(-1, self._dimension).astype(np.float64)
            lengths = np.linalg.norm(matrix, axis=1)
            for row, length in zip(right, lengths, strict=True):
                if row.foreign_made:  # kept as it came; only its direction counts
                    if not 0 < length < np.inf:
                        yield f"Vector {row.key:x} has length {length:g}, so it has no direction."
                elif not abs(length - 1) <= UNIT_TOLERANCE:  # so that NaN is seen, too
                    yield f"Vector {row.key:x} has length {length:g}, not 1."


def _broken(connection: Connection, rule: Rule) -> Iterator[Fault]:
    rows = connection.exec_driver_sql(rule.query)
    sentences = (rule.sentence.format(*row) for batch in _batches(rows) for row in batch)
    yield from _first(rule.area, sentences, harmless=rule.harmless)


def _first(area: str, sentences: Iterator[str], *, harmless: bool = False) -> Iterator[Fault]:
    """The first faults of a sort as they are, the others as a number."""
    for sentence in islice(sentences, _SHOWN):
        yield Fault(area, sentence, harmless)
    if more := sum(1 for _ in sentences):
        yield Fault(area, f"{more} more of the same.", harmless)


def _bad_words(rows: CursorResult[tuple[object, ...]]) -> Iterator[str]:
    for batch in _batches(rows):
        for row in batch:
            if row.length != len(row.text):
                yield f"Passage {row.key:x} has {len(row.text)} characters, but its place has {row.length}."
            wanted = (tenant_term(row.tenant), spaced(row.heading or ""), spaced(row.text))
            if (row.t_tenant, row.t_heading, row.t_body) != wanted:
                yield f"The keyword entry of passage {row.key:x} holds other words than the passage."


def _batches(rows: CursorResult[tuple[object, ...]]) -> Iterator[Sequence[Row[tuple[object, ...]]]]:
    while batch := rows.fetchmany(_ROWS):
        yield batch


def _check_index(connection: Connection) -> list[Fault]:
    try:
        connection.exec_driver_sql("INSERT INTO chunk_terms(chunk_terms) VALUES ('integrity-check')")
    except DatabaseError as error:
        return [Fault("keywords", f"The keyword index does not agree with its own entries ({error.orig}).")]
    return []
