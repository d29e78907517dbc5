"""A second table of vectors, which takes the name of the first."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from backend.adapters.sql.database import Database
from backend.ports.embedder import Vectors

_MODEL = "embedding_model"
_NEXT_MODEL = "next_embedding_model"

_MAKE = (
    "CREATE TABLE IF NOT EXISTS vectors_next (key INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (key), "
    "FOREIGN KEY(key) REFERENCES chunks (key) ON DELETE CASCADE)"
)
_MISSING = (
    "SELECT c.key, c.text FROM chunks c LEFT JOIN vectors_next v ON v.key = c.key "
    "WHERE v.key IS NULL ORDER BY c.key LIMIT ?"
)
_COUNT = "SELECT (SELECT count(*) FROM vectors_next), (SELECT count(*) FROM chunks)"
_KEEP = (
    "INSERT INTO vectors_next (key, vector) SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM chunks WHERE key = ?1) "
    "ON CONFLICT (key) DO UPDATE SET vector = excluded.vector"
)


class SqlNextVectors:
    """Implements the NextVectors port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, fingerprint: str) -> bool:
        """See the port."""
        return await self._database.write(lambda c: _begin(c, fingerprint))

    async def count(self) -> tuple[int, int]:
        """See the port."""
        done, total = await self._database.read(lambda c: c.exec_driver_sql(_COUNT).one())
        return done, total

    async def missing(self, limit: int) -> Sequence[tuple[int, str]]:
        """See the port."""
        rows = await self._database.read(lambda c: c.exec_driver_sql(_MISSING, (limit,)).all())
        return [(row.key, row.text) for row in rows]

    async def keep(self, keys: Sequence[int], vectors: Vectors) -> None:
        """See the port."""
        rows = [(key, row.tobytes()) for key, row in zip(keys, vectors.astype("<f4"), strict=True)]
        await self._database.write(lambda c: c.exec_driver_sql(_KEEP, rows), durable=False)

    async def switch(self, fingerprint: str) -> bool:
        """See the port."""
        return await self._database.write(lambda c: _switch(c, fingerprint))


def _begin(connection: Connection, fingerprint: str) -> bool:
    if _fact(connection, _MODEL) == fingerprint:
        return False
    if _fact(connection, _NEXT_MODEL) != fingerprint:
        connection.exec_driver_sql("DROP TABLE IF EXISTS vectors_next")
        connection.exec_driver_sql(
            "INSERT INTO facts (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (_NEXT_MODEL, fingerprint),
        )
    connection.exec_driver_sql(_MAKE)
    return True


def _switch(connection: Connection, fingerprint: str) -> bool:
    if connection.exec_driver_sql(_MISSING, (1,)).first() or _fact(connection, _NEXT_MODEL) != fingerprint:
        return False
    connection.exec_driver_sql("DROP TABLE vectors")
    connection.exec_driver_sql("ALTER TABLE vectors_next RENAME TO vectors")
    connection.exec_driver_sql("UPDATE facts SET value = ? WHERE name = ?", (fingerprint, _MODEL))
    connection.exec_driver_sql("DELETE FROM facts WHERE name = ?", (_NEXT_MODEL,))
    # Whoever holds an index of the old vectors notices at the next search.
    connection.exec_driver_sql("UPDATE libraries SET version = version + 1")
    return True


def _fact(connection: Connection, name: str) -> str | None:
    found: str | None = connection.exec_driver_sql("SELECT value FROM facts WHERE name = ?", (name,)).scalar()
    return found
