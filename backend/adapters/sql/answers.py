"""Answers by Idempotency-Key in SQL."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import answers
from backend.ports.answers import Claim


class SqlAnswers:
    """Implements the Answers port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, tenant: str, key: str, fingerprint: str, *, keep_s: float, held_s: float) -> Claim:
        """See the port."""
        values = {"tenant": tenant, "key": key, "fingerprint": fingerprint, "created_at": now()}

        def change(connection: Connection) -> Claim:
            connection.execute(delete(answers).where(answers.c.created_at < now() - keep_s))
            ours = connection.execute(insert(answers).values(values).on_conflict_do_nothing()).rowcount == 1
            if not ours:
                same = answers.c.fingerprint == fingerprint
                left = _open(tenant, key), same, func.abs(answers.c.created_at - now()) > held_s
                ours = connection.execute(update(answers).where(*left).values(created_at=now())).rowcount == 1
            row = connection.execute(select(answers).where(_is(tenant, key))).one()
            return Claim(row.fingerprint, row.answer, ours)

        return await self._database.write(change)

    async def hold(self, tenant: str, key: str) -> None:
        """See the port."""
        held = update(answers).where(_open(tenant, key)).values(created_at=now())
        await self._database.write(lambda c: c.execute(held), durable=False)

    async def keep(self, tenant: str, key: str, answer: str) -> str:
        """See the port."""

        def change(connection: Connection) -> str:
            connection.execute(update(answers).where(_open(tenant, key)).values(answer=answer))
            held = connection.execute(select(answers.c.answer).where(_is(tenant, key))).scalar()
            return answer if held is None else str(held)

        return await self._database.write(change)

    async def release(self, tenant: str, key: str) -> None:
        """See the port."""
        gone = delete(answers).where(_open(tenant, key))
        await self._database.write(lambda c: c.execute(gone), durable=False)


def _is(tenant: str, key: str) -> ColumnElement[bool]:
    return and_(answers.c.tenant == tenant, answers.c.key == key)


def _open(tenant: str, key: str) -> ColumnElement[bool]:
    """Claimed and not answered."""
    return and_(_is(tenant, key), answers.c.answer.is_(None))
