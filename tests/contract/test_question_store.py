"""What every store of question sets must do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.adapters.sql.database import Database
from backend.adapters.sql.question_store import SqlQuestionStore
from backend.errors import InvalidRequest, QuestionSetNotFound
from backend.models.question_sets import Asked, CacheKey, SetItem, StoredSet
from backend.models.questions import Mode
from backend.ports.question_store import QuestionStore
from tests.support.questions import open_question, quiz_question, stored_set

KEY = CacheKey("k" * 64, 3)
HERE, THERE = "here", "there"


@pytest.fixture(params=["sql"])
def store(database: Database) -> QuestionStore:
    return SqlQuestionStore(database)


async def added(store: QuestionStore, *stems: str, key: CacheKey = KEY, tenant: str = HERE) -> StoredSet:
    new = stored_set([open_question(stem, f"{stem} answer") for stem in stems])
    await store.add(tenant, new, key)
    return new


async def test_a_set_comes_back_as_it_was(store: QuestionStore) -> None:
    question = replace(quiz_question("Which?", ["a", "b", "c", "d"], 2), rubric=("p", "q"), bloom="apply")
    asked = Asked("topic", ("d1", "d2"), "hard", ("cause",))
    new = stored_set([question, open_question("Why?")], Mode.QUIZ, asked=asked)
    await store.add(HERE, new, KEY)
    assert await store.question_set(HERE, new.id) == new


async def test_nothing_is_another_tenants(store: QuestionStore) -> None:
    new = await added(store, "What is a leaf?")
    for call in (
        store.question_set(THERE, new.id),
        store.delete(THERE, new.id),
        store.rename(THERE, new.id, "x"),
        store.drop(THERE, new.id, new.items[0].id),
        store.reorder(THERE, new.id, [new.items[0].id]),
        store.replace(THERE, new.id, new.items[0]),
    ):
        with pytest.raises(QuestionSetNotFound):
            await call
    assert await store.item(THERE, new.items[0].id) is None
    assert await store.question_of(THERE, "What is a leaf?") is None
    assert await store.cached(THERE, KEY, 60) is None
    assert (await store.sets(THERE, offset=0, limit=9)).total == 0
    assert await store.asked_before(THERE, KEY.request, 9) == []
    assert (await store.question_set(HERE, new.id)).items == new.items


async def test_a_listing_is_paged_and_searched(store: QuestionStore) -> None:
    for n in range(3):
        new = await added(store, f"stem {n}")
        await store.rename(HERE, new.id, f"Week {n} 100%")
    page = await store.sets(HERE, offset=1, limit=1)
    assert (page.total, [s.title for s in page.items]) == (3, ["Week 1 100%"])
    assert [s.title for s in (await store.sets(HERE, offset=0, limit=9, search="week 2")).items] == [
        "Week 2 100%"
    ]
    assert (await store.sets(HERE, offset=0, limit=9, search="_")).total == 0


async def test_a_question_is_found_by_id_and_by_its_words(store: QuestionStore) -> None:
    new = await added(store, "What is “chlorophyll”?")
    found = await store.question_of(HERE, "  what is CHLOROPHYLL ")
    assert found == new.items[0].question == await store.item(HERE, new.items[0].id)
    assert await store.question_of(HERE, "What is chlorine?") is None
    assert await store.question_of(HERE, "?!") is None


async def test_the_newest_question_of_a_wording_counts(store: QuestionStore) -> None:
    await added(store, "Why?")
    await store.add(HERE, stored_set([open_question("Why?", "a better answer")]), KEY)
    found = await store.question_of(HERE, "Why?")
    assert found is not None
    assert found.answer == "a better answer"


async def test_the_cache_is_of_one_request_one_library_and_a_time(store: QuestionStore) -> None:
    assert await store.cached(HERE, KEY, 60) is None
    first, second = await added(store, "one"), await added(store, "two")
    assert await store.cached(HERE, KEY, 60) == second
    assert await store.cached(HERE, CacheKey(KEY.request, 4), 60) is None
    assert await store.cached(HERE, CacheKey("x" * 64, 3), 60) is None
    assert await store.cached(HERE, KEY, 0) is None
    await store.delete(HERE, second.id)
    assert await store.cached(HERE, KEY, 60) == first


async def test_what_a_person_changed_is_no_cached_answer(store: QuestionStore) -> None:
    new = await added(store, "one", "two")
    changed = await store.drop(HERE, new.id, new.items[0].id)
    assert changed.summary.kept
    assert changed.summary.delivered == 1
    assert await store.cached(HERE, KEY, 60) is None


async def test_a_set_without_version_answers_no_later_request(store: QuestionStore) -> None:
    await added(store, "one", key=CacheKey(KEY.request, None))
    assert await store.cached(HERE, KEY, 60) is None
    assert await store.asked_before(HERE, KEY.request, 9) == ["one"]


async def test_what_was_asked_before_is_known_newest_first(store: QuestionStore) -> None:
    await added(store, "one", "two")
    await added(store, "three", "one", key=CacheKey(KEY.request, 9))
    assert await store.asked_before(HERE, KEY.request, 9) == ["three", "one", "two"]
    assert await store.asked_before(HERE, KEY.request, 1) == ["three"]


async def test_items_are_replaced_dropped_and_moved(store: QuestionStore) -> None:
    new = await added(store, "one", "two", "three")
    a, b, c = (item.id for item in new.items)
    moved = await store.reorder(HERE, new.id, [c, a, b])
    assert [q.stem for q in moved.questions] == ["three", "one", "two"]
    other = SetItem(a, open_question("other"), edited=True)
    assert (await store.replace(HERE, new.id, other)).items[1] == other
    assert await store.question_of(HERE, "one") is None
    left = await store.drop(HERE, new.id, c)
    assert [q.stem for q in left.questions] == ["other", "two"]
    assert await store.question_set(HERE, new.id) == left


async def test_a_wrong_order_is_refused_and_changes_nothing(store: QuestionStore) -> None:
    new = await added(store, "one", "two")
    a, b = (item.id for item in new.items)
    for wrong in ([a], [a, a], [a, b, b], [a, "x"]):
        with pytest.raises(InvalidRequest, match="every item"):
            await store.reorder(HERE, new.id, wrong)
    assert await store.question_set(HERE, new.id) == new


async def test_unknown_items_are_said(store: QuestionStore) -> None:
    new = await added(store, "one")
    with pytest.raises(QuestionSetNotFound, match="nope"):
        await store.drop(HERE, new.id, "nope")
    with pytest.raises(QuestionSetNotFound):
        await store.replace(HERE, new.id, SetItem("nope", open_question("x")))
    assert not (await store.question_set(HERE, new.id)).summary.kept


async def test_sets_expire_unless_a_person_changed_them(store: QuestionStore) -> None:
    old, kept = await added(store, "one"), await added(store, "two")
    await store.rename(HERE, kept.id, "Mine")
    assert await store.expire(60) == 0
    assert await store.expire(-1) == 1
    with pytest.raises(QuestionSetNotFound):
        await store.question_set(HERE, old.id)
    assert await store.question_of(HERE, "one") is None
    assert (await store.question_set(HERE, kept.id)).summary.title == "Mine"
