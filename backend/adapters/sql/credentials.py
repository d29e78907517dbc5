"""Keys and logins in SQL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Update, and_, delete, insert, or_, select, update

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.tables import credentials
from backend.models.access import Credential, Kind, NewCredential, scopes_of, scopes_text

_WITH_STATE = select(
    credentials,
    and_(
        credentials.c.revoked_at.is_(None),
        or_(credentials.c.expires_at.is_(None), credentials.c.expires_at > now()),
    ).label("live"),
)


class SqlCredentials:
    """Implements the Credentials port.

    A row that was found is given again without a query until any process commits anything.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: int | None = None
        self._known: dict[str, Credential] = {}

    async def add(self, new: NewCredential) -> Credential:
        """See the port."""
        values = {
            "id": new.id,
            "kind": new.kind.value,
            "tenant": new.tenant,
            "name": new.name,
            "scopes": scopes_text(new.scopes),
            "digest": new.digest,
            "created_at": now(),
            "expires_at": None if new.lifetime_s is None else now() + new.lifetime_s,
        }
        over = and_(credentials.c.kind == Kind.LOGIN.value, credentials.c.expires_at <= now())

        def change(connection: Connection) -> Credential:
            connection.execute(delete(credentials).where(over))
            connection.execute(insert(credentials).values(values))
            return _credential(connection.execute(_WITH_STATE.where(credentials.c.id == new.id)).one())

        return await self._database.write(change)

    async def find(self, credential_id: str) -> Credential | None:
        """See the port."""
        version = self._database.version()
        if version is None or version != self._seen:
            self._seen, self._known = version, {}
        elif known := self._known.get(credential_id):
            return replace(known, live=_is_live(known))
        query = _WITH_STATE.where(credentials.c.id == credential_id)
        row = await self._database.read(lambda c: c.execute(query).one_or_none())
        if row is None:
            return None
        found = _credential(row)
        if version is not None and version == self._seen:  # else what was read may be older than that
            self._known[credential_id] = found
        return found

    async def keys(self, tenant: str | None) -> Sequence[Credential]:
        """See the port."""
        query = _WITH_STATE.where(credentials.c.kind == Kind.KEY.value).order_by(credentials.c.number)
        if tenant is not None:
            query = query.where(credentials.c.tenant == tenant)
        return [_credential(row) for row in await self._database.read(lambda c: c.execute(query).all())]

    async def revoke(self, credential_id: str) -> bool:
        """See the port."""
        change = end(credentials.c.id == credential_id)
        return await self._database.write(lambda c: c.execute(change).rowcount) > 0

    async def note_use(self, credential_id: str) -> None:
        """See the port."""
        change = update(credentials).where(credentials.c.id == credential_id).values(last_used_at=now())
        await self._database.write(lambda c: c.execute(change), durable=False)


def end(which: ColumnElement[bool]) -> Update:
    """Ends credentials that have not been ended."""
    return update(credentials).where(which, credentials.c.revoked_at.is_(None)).values(revoked_at=now())


def _is_live(known: Credential) -> bool:
    """The store's clock is this machine's."""
    return known.revoked_at is None and (known.expires_at is None or known.expires_at > time.time())


def _credential(row: Row[Any]) -> Credential:
    return Credential(
        id=row.id,
        kind=Kind(row.kind),
        tenant=row.tenant,
        name=row.name,
        scopes=scopes_of(row.scopes),
        digest=row.digest,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        live=bool(row.live),
    )
