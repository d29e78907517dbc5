"""Upkeep of the SQLite file."""

from __future__ import annotations

import sqlite3
from functools import partial

from sqlalchemy import Connection

from backend.adapters.sql.database import Database, driver_of

_MERGE_PAGES = 64
"""Index pages that one step merges: some milliseconds, in which other writes wait."""
_FREE_PAGES = 256
_MOST_STEPS = 10_000

_ORPHANS = (
    (
        "DELETE FROM chunks WHERE document_number IN (SELECT d.number FROM documents d JOIN jobs j "
        "ON j.id = d.job_id WHERE d.published_at IS NULL AND j.state IN ('failed', 'stopped'))"
    ),
    "DELETE FROM chunks WHERE document_number NOT IN (SELECT number FROM documents)",
    "DELETE FROM vectors WHERE key NOT IN (SELECT key FROM chunks)",
    (
        "DELETE FROM chunk_terms WHERE rowid IN (SELECT t.id FROM chunk_terms_docsize t "
        "LEFT JOIN chunks c ON c.key = t.id WHERE c.key IS NULL)"
    ),
    "DELETE FROM jobs WHERE kind IN ('ingest', 'embed') AND subject NOT IN (SELECT id FROM documents)",
    "DELETE FROM jobs WHERE parent IS NOT NULL AND parent NOT IN (SELECT id FROM jobs)",
)


class SqlUpkeep:
    """Implements the Upkeep port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def optimise(self) -> None:
        """See the port."""
        # The first, negative, step makes one level of all segments; the following ones work it off.
        pages = -_MERGE_PAGES
        for _ in range(_MOST_STEPS):
            if not await self._database.write(partial(_merge, pages), durable=False):
                break
            pages = _MERGE_PAGES
        await self._database.outside(_tidy)

    async def remove_orphans(self) -> int:
        """See the port."""
        removed = 0
        for statement in _ORPHANS:
            removed += await self._database.write(partial(_execute, statement), durable=False)
        return removed


def _execute(statement: str, connection: Connection) -> int:
    return connection.exec_driver_sql(statement).rowcount


def _merge(pages: int, connection: Connection) -> bool:
    """One step; whether there may be more to do."""
    raw = driver_of(connection)
    before = raw.total_changes
    raw.execute("INSERT INTO chunk_terms(chunk_terms, rank) VALUES ('merge', ?)", (pages,))
    return raw.total_changes - before > 1  # the row that says so counts as one


def _tidy(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA optimize")
    while connection.execute("PRAGMA freelist_count").fetchone()[0] > _FREE_PAGES:
        before = connection.execute("PRAGMA freelist_count").fetchone()
        connection.execute(f"PRAGMA incremental_vacuum({_FREE_PAGES})").fetchall()
        if before == connection.execute("PRAGMA freelist_count").fetchone():
            break  # a file that was made without room for it
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
