"""BM25 by SQLite's FTS5, beside the rows it indexes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection

from backend.adapters.sql.database import Database
from backend.models.documents import POSITION_BITS, Document, Hit
from backend.utils.words import query_terms, spaced

_HEADING_WEIGHT = 0.4
"""A word in the heading counts less than one in the text: every chunk of a section shares it."""


class Fts5KeywordIndex:
    """Implements the KeywordIndex port on the catalog's own database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, document: Document) -> None:
        """See the port."""
        await self._database.write(lambda c: add_terms(c, document.tenant, document.number), durable=False)

    async def search(
        self, tenant: str, query: str, k: int, documents: Sequence[Document] | None = None
    ) -> list[Hit]:
        """See the port."""
        terms = query_terms(query)
        if not terms or k <= 0 or (documents is not None and not documents):
            return []
        words = " OR ".join(f'"{term}"' for term in terms)
        match = f'tenant : "{tenant_term(tenant)}" AND {{heading body}} : ({words})'
        return await self._database.read(lambda c: _search(c, match, k, documents))


def tenant_term(tenant: str) -> str:
    """One token, whatever the tenant's name is made of."""
    return f"t{tenant.encode().hex()}"


def _bounds(number: int) -> tuple[int, int]:
    return number << POSITION_BITS, (number + 1) << POSITION_BITS


def add_terms(connection: Connection, tenant: str, number: int) -> None:
    """Index the stored chunks of a document, in place of what there was."""
    first, beyond = _bounds(number)
    connection.exec_driver_sql("DELETE FROM chunk_terms WHERE rowid >= ? AND rowid < ?", (first, beyond))
    rows = connection.exec_driver_sql(
        "SELECT key, heading, text FROM chunks WHERE document_number = ? ORDER BY key", (number,)
    )
    term = tenant_term(tenant)
    while batch := rows.fetchmany(1000):
        connection.exec_driver_sql(
            "INSERT INTO chunk_terms (rowid, tenant, heading, body) VALUES (?, ?, ?, ?)",
            [(key, term, spaced(heading or ""), spaced(text)) for key, heading, text in batch],
        )


def _search(connection: Connection, match: str, k: int, documents: Sequence[Document] | None) -> list[Hit]:
    narrowed = ""
    among: tuple[int | str, ...] = ()
    if documents is not None:
        numbers = [document.number for document in documents]
        narrowed = "AND rowid >= ? AND rowid < ? AND rowid >> ? IN (SELECT value FROM json_each(?))"
        among = (_bounds(min(numbers))[0], _bounds(max(numbers))[1], POSITION_BITS, json.dumps(numbers))
    # bm25() is negative, better the smaller. The inner query ends at the best k before the join.
    rows = connection.exec_driver_sql(
        f"SELECT best.key, -best.score FROM (SELECT rowid AS key, bm25(chunk_terms, 0, {_HEADING_WEIGHT}, 1) AS score "  # noqa: S608, E501 - no input in the text, values are bound
        f"FROM chunk_terms WHERE chunk_terms MATCH ? {narrowed} ORDER BY score LIMIT ?) AS best "
        f"JOIN documents ON documents.number = best.key >> {POSITION_BITS} "
        "WHERE documents.published_at IS NOT NULL ORDER BY best.score",
        (match, *among, k),
    )
    return [Hit(key, score) for key, score in rows]
