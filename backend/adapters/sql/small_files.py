"""Small uploaded files as rows: one sync of the database makes many of them durable."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from backend.adapters.sql.database import Database
from backend.ports.blob_store import StoredBlob

_KEEP = (
    "INSERT INTO small_files (tenant, sha256, content, stored_at) "
    "VALUES (?, ?, ?, (julianday('now') - 2440587.5) * 86400.0) "
    "ON CONFLICT (tenant, sha256) DO UPDATE SET stored_at = excluded.stored_at"
)
_NAMES = "SELECT tenant, sha256, (julianday('now') - 2440587.5) * 86400.0 - stored_at FROM small_files"


class SmallFiles:
    """Contents by tenant and hash, each small enough to be held in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, tenant: str, sha256: str, content: bytes) -> None:
        """Store a content; durable with the next durable write, which accepts what it belongs to."""
        row = (tenant, sha256, content)
        await self._database.write(lambda c: c.exec_driver_sql(_KEEP, row), durable=False)

    async def content(self, tenant: str, sha256: str) -> bytes | None:
        """What is stored, None where nothing is."""
        query = "SELECT content FROM small_files WHERE tenant = ? AND sha256 = ?"
        return await self._database.read(lambda c: c.exec_driver_sql(query, (tenant, sha256)).scalar())

    async def hash_of(self, tenant: str, sha256: str) -> str | None:
        """What the stored content hashes to now."""
        content = await self.content(tenant, sha256)
        return None if content is None else hashlib.sha256(content).hexdigest()

    async def delete(self, tenant: str, sha256: str) -> None:
        """Remove a content; harmless where it is gone."""
        await self._database.write(lambda c: _delete(c, [(tenant, sha256)]), durable=False)

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """Remove what is not to be kept and at least that old; returns how many."""

        def change(connection: Connection) -> int:
            rows = connection.exec_driver_sql(_NAMES).all()
            old = [(t, s) for t, s, age in rows if age >= older_than_s and (t, s) not in keep]
            _delete(connection, old)
            return len(old)

        return await self._database.write(change, durable=False)

    async def stored(self) -> list[StoredBlob]:
        """Every content there is."""
        return await self._database.read(lambda c: [StoredBlob(*row) for row in c.exec_driver_sql(_NAMES)])


def _delete(connection: Connection, names: Sequence[tuple[str, str]]) -> None:
    if names:
        connection.exec_driver_sql("DELETE FROM small_files WHERE tenant = ? AND sha256 = ?", list(names))
