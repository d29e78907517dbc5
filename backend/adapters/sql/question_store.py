"""Question sets in SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, insert, select, update

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_rows import now
from backend.adapters.sql.question_rows import item_row, question_of, stored, summary_of
from backend.adapters.sql.tables import question_items, question_sets
from backend.errors import InvalidRequest, QuestionSetNotFound
from backend.models.listing import Listing
from backend.models.question_sets import CacheKey, SetItem, SetSummary, StoredSet
from backend.models.questions import Question
from backend.utils.likeness import digest, normalised

_sets, _items = question_sets.c, question_items.c


class SqlQuestionStore:
    """Implements the QuestionStore port; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, tenant: str, new: StoredSet, key: CacheKey) -> None:
        """See the port; survives the process at once, a power cut with the next durable write."""
        about = new.summary
        values = {
            "id": about.id,
            "tenant": tenant,
            "title": about.title,
            "mode": about.mode.value,
            "model": about.model,
            "requested": about.requested,
            "shortfall": about.shortfall,
            "asked": json.dumps(asdict(about.asked), ensure_ascii=False),
            "request_key": key.request,
            "library_version": key.library_version,
            "fallback_used": int(about.fallback_used),
            "kept": int(about.kept),
            "created_at": about.created_at.timestamp(),
        }

        def change(connection: Connection) -> None:
            number = connection.execute(
                insert(question_sets).values(values).returning(_sets.number)
            ).scalar_one()
            rows = [item_row(tenant, number, place, item) for place, item in enumerate(new.items)]
            if rows:
                connection.execute(insert(question_items), rows)

        await self._database.write(change, durable=False)

    async def question_set(self, tenant: str, set_id: str) -> StoredSet:
        """See the port."""
        return await self._database.read(lambda c: _load(c, tenant, set_id))

    async def sets(self, tenant: str, *, offset: int, limit: int, search: str = "") -> Listing[SetSummary]:
        """See the port."""
        where = [_sets.tenant == tenant]
        if search:
            where.append(_sets.title.icontains(search, autoescape=True))
        page = _with_count().where(*where).order_by(_sets.number.desc()).offset(offset).limit(limit)

        def query(connection: Connection) -> Listing[SetSummary]:
            total = connection.execute(select(func.count()).select_from(question_sets).where(*where))
            items = tuple(map(summary_of, connection.execute(page)))
            return Listing(items, total.scalar_one(), offset, limit)

        return await self._database.read(query)

    async def rename(self, tenant: str, set_id: str, title: str) -> StoredSet:
        """See the port."""

        def change(connection: Connection, number: int) -> None:
            connection.execute(update(question_sets).where(_sets.number == number).values(title=title))

        return await self._changed(tenant, set_id, change)

    async def delete(self, tenant: str, set_id: str) -> None:
        """See the port."""
        gone = delete(question_sets).where(_is(tenant, set_id))
        if not (await self._database.write(lambda c: c.execute(gone).rowcount)):
            raise _unknown(set_id)

    async def replace(self, tenant: str, set_id: str, item: SetItem) -> StoredSet:
        """See the port."""

        def change(connection: Connection, number: int) -> None:
            where = and_(_items.set_number == number, _items.id == item.id)
            position = connection.execute(select(_items.position).where(where)).scalar()
            if position is None:
                raise _unknown_item(item.id)
            connection.execute(
                update(question_items).where(where).values(item_row(tenant, number, position, item))
            )

        return await self._changed(tenant, set_id, change)

    async def drop(self, tenant: str, set_id: str, item_id: str) -> StoredSet:
        """See the port."""

        def change(connection: Connection, number: int) -> None:
            gone = delete(question_items).where(_items.set_number == number, _items.id == item_id)
            if not connection.execute(gone).rowcount:
                raise _unknown_item(item_id)

        return await self._changed(tenant, set_id, change)

    async def reorder(self, tenant: str, set_id: str, item_ids: Sequence[str]) -> StoredSet:
        """See the port."""

        def change(connection: Connection, number: int) -> None:
            there = connection.execute(select(_items.id).where(_items.set_number == number)).scalars().all()
            if sorted(there) != sorted(item_ids):
                raise InvalidRequest(
                    "The new order must name every item of the set exactly once. Load the set again."
                )
            for place, item_id in enumerate(item_ids):
                moved = update(question_items).where(_items.set_number == number, _items.id == item_id)
                connection.execute(moved.values(position=place))

        return await self._changed(tenant, set_id, change)

    async def cached(self, tenant: str, key: CacheKey, max_age_s: float) -> StoredSet | None:
        """See the port."""
        query = (
            select(_sets.id)
            .where(
                _sets.tenant == tenant,
                _sets.request_key == key.request,
                _sets.library_version == key.library_version,
                _sets.kept == 0,
                _sets.created_at > now() - max_age_s,
            )
            .order_by(_sets.number.desc())
            .limit(1)
        )

        def look(connection: Connection) -> StoredSet | None:
            set_id = connection.execute(query).scalar()
            return None if set_id is None else _load(connection, tenant, set_id)

        return await self._database.read(look)

    async def asked_before(self, tenant: str, request: str, limit: int) -> list[str]:
        """See the port."""
        query = (
            select(_items.question)
            .join(question_sets, _sets.number == _items.set_number)
            .where(_sets.tenant == tenant, _sets.request_key == request)
            .order_by(_sets.number.desc(), _items.position)
            .limit(limit)
        )
        texts = await self._database.read(lambda c: list(c.execute(query).scalars()))
        return list(dict.fromkeys(question_of(text).stem for text in texts))

    async def item(self, tenant: str, item_id: str) -> Question | None:
        """See the port."""
        return await self._one(and_(_items.tenant == tenant, _items.id == item_id))

    async def question_of(self, tenant: str, stem: str) -> Question | None:
        """See the port."""
        if not normalised(stem):
            return None
        return await self._one(and_(_items.tenant == tenant, _items.stem_digest == digest(stem)))

    async def expire(self, older_than_s: float) -> int:
        """See the port."""
        gone = delete(question_sets).where(_sets.kept == 0, _sets.created_at < now() - older_than_s)
        return await self._database.write(lambda c: c.execute(gone).rowcount, durable=False)

    async def _one(self, where: ColumnElement[bool]) -> Question | None:
        query = select(_items.question).where(where).order_by(_items.number.desc()).limit(1)
        text = await self._database.read(lambda c: c.execute(query).scalar())
        return None if text is None else question_of(text)

    async def _changed(
        self, tenant: str, set_id: str, change: Callable[[Connection, int], None]
    ) -> StoredSet:
        """Do a change that a person asked for, and return what became of the set."""

        def work(connection: Connection) -> StoredSet:
            number = connection.execute(select(_sets.number).where(_is(tenant, set_id))).scalar()
            if number is None:
                raise _unknown(set_id)
            change(connection, number)
            connection.execute(update(question_sets).where(_sets.number == number).values(kept=1))
            return _load(connection, tenant, set_id)

        return await self._database.write(work)


def _load(connection: Connection, tenant: str, set_id: str) -> StoredSet:
    row = connection.execute(_with_count().where(_is(tenant, set_id))).first()
    if row is None:
        raise _unknown(set_id)
    items = select(question_items).where(_items.set_number == row.number).order_by(_items.position)
    return stored(summary_of(row), connection.execute(items))


def _with_count() -> Select[Any]:
    count = select(func.count()).where(_items.set_number == _sets.number).scalar_subquery()
    return select(question_sets, count.label("delivered"))


def _is(tenant: str, set_id: str) -> ColumnElement[bool]:
    return and_(_sets.tenant == tenant, _sets.id == set_id)


def _unknown(set_id: str) -> QuestionSetNotFound:
    return QuestionSetNotFound(f"There is no question set {set_id[:64]!r}. It may have been deleted.")


def _unknown_item(item_id: str) -> QuestionSetNotFound:
    return QuestionSetNotFound(
        f"There is no question {item_id[:64]!r} in this set. It may have been dropped."
    )
