"""Turns of conversations in SQL."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import turns
from backend.models.conversation import Turn


class SqlConversations:
    """Implements the Conversations port: the last ``most`` turns of a session, for ``keep_s`` seconds."""

    def __init__(self, database: Database, *, keep_s: float, most: int = 50) -> None:
        self._database = database
        self._keep_s = keep_s
        self._most = most

    async def recent(self, tenant: str, session: str, limit: int) -> list[Turn]:
        """See the port."""
        query = (
            select(turns)
            .where(_of(tenant, session), turns.c.asked_at >= now() - self._keep_s)
            .order_by(turns.c.number.desc())
            .limit(limit)
        )
        rows = await self._database.read(lambda c: c.execute(query).all())
        return [
            Turn(row.question, row.standalone, row.answer, datetime.fromtimestamp(row.asked_at, UTC))
            for row in reversed(rows)
        ]

    async def remember(self, tenant: str, session: str, turn: Turn) -> None:
        """See the port."""
        row = {
            "tenant": tenant,
            "session": session,
            "question": turn.question,
            "standalone": turn.standalone,
            "answer": turn.answer,
            "asked_at": turn.asked_at.timestamp(),
        }
        beyond = (
            select(turns.c.number)
            .where(_of(tenant, session))
            .order_by(turns.c.number.desc())
            .limit(-1)
            .offset(self._most)
        )

        def change(connection: Connection) -> None:
            connection.execute(insert(turns).values(row))
            connection.execute(delete(turns).where(turns.c.number.in_(beyond)))
            connection.execute(delete(turns).where(turns.c.asked_at < now() - self._keep_s))

        await self._database.write(change, durable=False)

    async def forget(self, tenant: str, session: str) -> int:
        """See the port."""
        gone = delete(turns).where(_of(tenant, session))
        return await self._database.write(lambda c: c.execute(gone).rowcount)


def _of(tenant: str, session: str) -> ColumnElement[bool]:
    return and_(turns.c.tenant == tenant, turns.c.session == session)
