"""Collections in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import collection_documents, collections, documents
from backend.errors import CollectionExists, CollectionNotFound, DocumentNotFound
from backend.models.collections import Collection


class SqlCollections:
    """Implements the Collections port; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, tenant: str, name: str, document_ids: Sequence[str]) -> Collection:
        """See the port."""

        def change(connection: Connection) -> Collection:
            values = {"tenant": tenant, "name": name, "created_at": now()}
            made = connection.execute(sqlite_insert(collections).values(values).on_conflict_do_nothing())
            if made.rowcount == 0:
                raise CollectionExists(f"There is a collection {name!r} already. Choose another name.")
            return _put(connection, tenant, name, document_ids)

        return await self._database.write(change)

    async def collections(self, tenant: str) -> list[Collection]:
        """See the port."""
        query = select(collections.c.name).where(collections.c.tenant == tenant).order_by(collections.c.name)
        return await self._database.read(
            lambda c: [_one(c, tenant, str(name)) for name in c.execute(query).scalars()]
        )

    async def collection(self, tenant: str, name: str) -> Collection:
        """See the port."""
        return await self._database.read(lambda c: _one(c, tenant, name))

    async def delete(self, tenant: str, name: str) -> None:
        """See the port."""

        def change(connection: Connection) -> None:
            number = _number(connection, tenant, name)
            connection.execute(delete(collections).where(collections.c.number == number))

        await self._database.write(change)

    async def add(self, tenant: str, name: str, document_ids: Sequence[str]) -> Collection:
        """See the port."""
        return await self._database.write(lambda c: _put(c, tenant, name, document_ids))

    async def remove(self, tenant: str, name: str, document_id: str) -> Collection:
        """See the port."""

        def change(connection: Connection) -> Collection:
            held = _one(connection, tenant, name)
            if document_id not in held.document_ids:
                raise DocumentNotFound(f"{document_id[:64]!r} is not in the collection {name!r}.")
            numbers = _documents(connection, tenant, [document_id]).values()
            connection.execute(
                delete(collection_documents).where(
                    collection_documents.c.collection_number == _number(connection, tenant, name),
                    collection_documents.c.document_number.in_(numbers),
                )
            )
            return _one(connection, tenant, name)

        return await self._database.write(change)


def _put(connection: Connection, tenant: str, name: str, document_ids: Sequence[str]) -> Collection:
    number = _number(connection, tenant, name)
    known = _documents(connection, tenant, document_ids)
    for missing in sorted(set(document_ids) - known.keys()):
        raise DocumentNotFound(f"There is no document {missing[:64]!r}. It may have been deleted.")
    held = set(
        connection.execute(
            select(collection_documents.c.document_number).where(
                collection_documents.c.collection_number == number
            )
        ).scalars()
    )
    rows = [
        {"collection_number": number, "document_number": document}
        for document in sorted(set(known.values()) - held)
    ]
    if rows:
        connection.execute(insert(collection_documents), rows)
    return _one(connection, tenant, name)


def _number(connection: Connection, tenant: str, name: str) -> int:
    query = select(collections.c.number).where(collections.c.tenant == tenant, collections.c.name == name)
    number = connection.execute(query).scalar()
    if number is None:
        raise CollectionNotFound(f"There is no collection {name[:64]!r}.")
    return int(number)


def _documents(connection: Connection, tenant: str, document_ids: Sequence[str]) -> dict[str, int]:
    """Numbers of the documents that there are, by id."""
    query = select(documents.c.id, documents.c.number).where(
        documents.c.tenant == tenant, documents.c.id.in_(document_ids)
    )
    return {row.id: row.number for row in connection.execute(query)}


def _one(connection: Connection, tenant: str, name: str) -> Collection:
    number = _number(connection, tenant, name)
    created_at = connection.execute(
        select(collections.c.created_at).where(collections.c.number == number)
    ).scalar_one()
    ids = connection.execute(
        select(documents.c.id)
        .join(collection_documents, collection_documents.c.document_number == documents.c.number)
        .where(collection_documents.c.collection_number == number)
        .order_by(documents.c.number)
    ).scalars()
    return Collection(name, tuple(ids), datetime.fromtimestamp(created_at, UTC))
