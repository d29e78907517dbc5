"""Collections and conversations on every store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.adapters.memory_rate_limiter import MemoryRateLimiter
from backend.adapters.sql.collections import SqlCollections
from backend.adapters.sql.conversations import SqlConversations
from backend.adapters.sql.database import Database
from backend.errors import CollectionExists, CollectionNotFound, DocumentNotFound
from backend.models.conversation import Turn
from backend.utils.clock import utc_now
from tests.support.house import TENANT, House


@pytest.fixture
def collections(database: Database) -> SqlCollections:
    return SqlCollections(database)


async def test_a_collection_is_made_changed_and_forgotten(house: House, collections: SqlCollections) -> None:
    one, two = await house.add("One text about leaves."), await house.add("Two texts about roots.", "b.txt")
    made = await collections.create(TENANT, "botany", [two.id])
    assert (made.name, made.document_ids) == ("botany", (two.id,))
    for _ in range(2):
        assert (await collections.add(TENANT, "botany", [one.id])).document_ids == (one.id, two.id)
    assert (await collections.remove(TENANT, "botany", one.id)).document_ids == (two.id,)
    with pytest.raises(DocumentNotFound):
        await collections.remove(TENANT, "botany", one.id)
    with pytest.raises(CollectionExists):
        await collections.create(TENANT, "botany", [])
    await collections.create(TENANT, "art", [])
    assert [c.name for c in await collections.collections(TENANT)] == ["art", "botany"]
    await collections.delete(TENANT, "botany")
    with pytest.raises(CollectionNotFound):
        await collections.collection(TENANT, "botany")
    assert (await house.catalog.document(TENANT, two.id)).id == two.id


async def test_a_deleted_document_is_in_none(house: House, collections: SqlCollections) -> None:
    document = await house.add("One text about leaves.")
    await collections.create(TENANT, "botany", [document.id])
    await house.ingestion.delete(TENANT, document.id)
    assert (await collections.collection(TENANT, "botany")).document_ids == ()


async def test_a_wrong_id_makes_nothing(collections: SqlCollections) -> None:
    with pytest.raises(DocumentNotFound):
        await collections.create(TENANT, "botany", ["none"])
    assert await collections.collections(TENANT) == []


async def test_tenants_have_collections_of_their_own(house: House, collections: SqlCollections) -> None:
    document = await house.add("One text about leaves.")
    await collections.create(TENANT, "botany", [document.id])
    await collections.create("other", "botany", [])
    for change in (collections.add, collections.create):
        with pytest.raises((DocumentNotFound, CollectionExists)):
            await change("other", "botany", [document.id])
    assert (await collections.collection("other", "botany")).document_ids == ()


def turn(number: int, ago_s: float = 0) -> Turn:
    return Turn(f"q{number}", f"s{number}", f"a{number}", utc_now() - timedelta(seconds=ago_s))


async def test_turns_are_bounded_expire_and_are_forgotten(database: Database) -> None:
    kept = SqlConversations(database, keep_s=100, most=3)
    for number in range(5):
        await kept.remember(TENANT, "s", turn(number))
    await kept.remember(TENANT, "other", turn(9))
    assert [t.question for t in await kept.recent(TENANT, "s", 10)] == ["q2", "q3", "q4"]
    assert [t.question for t in await kept.recent(TENANT, "s", 2)] == ["q3", "q4"]
    assert await kept.recent("nobody", "s", 10) == []
    await kept.remember(TENANT, "old", turn(1, ago_s=200))
    assert await kept.recent(TENANT, "old", 10) == []
    assert await kept.forget(TENANT, "s") == 3
    assert await kept.recent(TENANT, "s", 10) == []
    assert len(await kept.recent(TENANT, "other", 10)) == 1


async def test_a_bucket_empties_and_fills() -> None:
    now = [0.0]
    limiter = MemoryRateLimiter(per_minute=60, burst=3, clock=lambda: now[0])
    taken = [await limiter.take("a") for _ in range(4)]
    assert [t.allowed for t in taken] == [True, True, True, False]
    assert [t.remaining for t in taken] == [2, 1, 0, 0]
    assert taken[-1].retry_after_s == pytest.approx(1.0)
    assert (await limiter.take("b")).allowed
    now[0] = 0.5
    assert not (await limiter.take("a")).allowed
    now[0] = 1.0
    assert (await limiter.take("a")).allowed
    now[0] = 1000.0
    assert (await limiter.take("a")).remaining == 2
