"""Users, and attempts to log in, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Row, Update, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.adapters.sql.credentials import end
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import credentials, login_attempts, users
from backend.errors import UserExists
from backend.models.access import Kind, User, scopes_of, scopes_text


class SqlUsers:
    """Implements the Users port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, user: User) -> None:
        """See the port."""
        values = {
            "name": user.name,
            "tenant": user.tenant,
            "scopes": scopes_text(user.scopes),
            "password_hash": user.password_hash,
            "created_at": now(),
        }
        try:
            await self._database.write(lambda c: c.execute(insert(users).values(values)))
        except IntegrityError as error:
            raise UserExists(f"There is a user {user.name} already.") from error

    async def find(self, name: str) -> User | None:
        """See the port."""
        query = select(users).where(users.c.name == name)
        row = await self._database.read(lambda c: c.execute(query).one_or_none())
        return None if row is None else _user(row)

    async def users(self) -> Sequence[User]:
        """See the port."""
        query = select(users).order_by(users.c.name)
        return [_user(row) for row in await self._database.read(lambda c: c.execute(query).all())]

    async def change_password(self, name: str, password_hash: str) -> bool:
        """See the port."""
        return await self._change(name, update(users).values(password_hash=password_hash))

    async def remove(self, name: str) -> bool:
        """See the port."""
        return await self._change(name, delete(users))

    async def _change(self, name: str, change: Update | Delete) -> bool:
        logins = and_(credentials.c.kind == Kind.LOGIN.value, credentials.c.name == name)

        def both(connection: Connection) -> bool:
            connection.execute(end(logins))
            return connection.execute(change.where(users.c.name == name)).rowcount > 0

        return await self._database.write(both)


class SqlLoginAttempts:
    """Implements the LoginAttempts port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, subject: str, window_s: float) -> tuple[int, float]:
        """See the port."""
        same = login_attempts.c.subject == subject

        def change(connection: Connection) -> tuple[int, float]:
            connection.execute(delete(login_attempts).where(login_attempts.c.began_at <= now() - window_s))
            more = update(login_attempts).where(same).values(attempts=login_attempts.c.attempts + 1)
            if connection.execute(more).rowcount == 0:
                first = {"subject": subject, "attempts": 1, "began_at": now()}
                connection.execute(insert(login_attempts).values(first))
            left = (login_attempts.c.began_at + window_s - now()).label("left")
            row = connection.execute(select(login_attempts.c.attempts, left).where(same)).one()
            return int(row.attempts), float(row.left)

        return await self._database.write(change, durable=False)

    async def forget(self, subject: str) -> None:
        """See the port."""
        gone = delete(login_attempts).where(login_attempts.c.subject == subject)
        await self._database.write(lambda c: c.execute(gone), durable=False)


def _user(row: Row[Any]) -> User:
    return User(
        name=row.name,
        tenant=row.tenant,
        scopes=scopes_of(row.scopes),
        password_hash=row.password_hash,
        created_at=row.created_at,
    )
