"""Answers by Idempotency-Key in SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import answers
from backend.ports.answers import Claim


class SqlAnswers:
    """Implements the Answers port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, tenant: str, key: str, fingerprint: str, keep_s: float) -> Claim:
        """See the port."""
        values = {"tenant": tenant, "key": key, "fingerprint": fingerprint, "created_at": now()}

        def change(connection: Connection) -> Claim:
            connection.execute(delete(answers).where(answers.c.created_at < now() - keep_s))
            connection.execute(insert(answers).values(values).on_conflict_do_nothing())
            row = connection.execute(select(answers).where(_is(tenant, key))).one()
            return Claim(row.fingerprint, row.answer)

        return await self._database.write(change)

    async def keep(self, tenant: str, key: str, answer: str) -> str:
        """See the port."""

        def change(connection: Connection) -> str:
            open_one = and_(_is(tenant, key), answers.c.answer.is_(None))
            connection.execute(update(answers).where(open_one).values(answer=answer))
            held = connection.execute(select(answers.c.answer).where(_is(tenant, key))).scalar()
            return answer if held is None else str(held)

        return await self._database.write(change)

    async def release(self, tenant: str, key: str) -> None:
        """See the port."""
        gone = delete(answers).where(_is(tenant, key), answers.c.answer.is_(None))
        await self._database.write(lambda c: c.execute(gone), durable=False)


def _is(tenant: str, key: str) -> ColumnElement[bool]:
    return and_(answers.c.tenant == tenant, answers.c.key == key)
