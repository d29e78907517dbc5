"""Facts about the store as a whole."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from backend.adapters.sql.database import Database
from backend.adapters.sql.tables import facts


async def settle(database: Database, name: str, value: str) -> str:
    """Write a fact if the store has none of that name; returns the one that holds."""

    def change(connection: Connection) -> str:
        known: str | None = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
        if known is None:
            connection.execute(insert(facts).values(name=name, value=value))
            return value
        return known

    return await database.write(change)
