"""The port of named indexes on its adapter: tenants, opening and closing, quotas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.faiss_indexes import FaissIndexes, kinds
from backend.errors import IndexExists, IndexNotFound, InvalidRequest, NotTrained, QuotaExceeded
from backend.models.vector_index import IndexQuota
from backend.services.vector_indexes import Batch, VectorIndexService


@pytest.fixture
async def indexes(tmp_path: Path) -> AsyncIterator[FaissIndexes]:
    opened = FaissIndexes(tmp_path, IndexQuota(indexes=30, vectors=50, bytes=10_000), most_open=3)
    yield opened
    await opened.aclose()


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(count).standard_normal((count, 4), np.float32)


async def fill(indexes: FaissIndexes, tenant: str, name: str, count: int) -> None:
    await indexes.put(tenant, name, np.arange(count), rows(count), None, replace=True)


async def test_a_tenant_sees_nothing_of_another(indexes: FaissIndexes) -> None:
    await indexes.create("a", "it", 4, "Flat", "l2")
    await fill(indexes, "a", "it", 5)
    assert await indexes.names("b") == []
    service = VectorIndexService(indexes)
    one = rows(1)
    for call in (
        service.figures("b", "it"),
        service.search("b", "it", one, 1, None, None),
        service.range_search("b", "it", one, 1.0, None, None),
        service.vector("b", "it", "1"),
        service.vectors("b", "it", None, 10, values=True),
        service.write("b", "it", Batch([9], one, None), replace=True),
        service.remove("b", "it", [1]),
        service.remove_one("b", "it", "1"),
        service.remove_where("b", "it", {"x": 1}),
        service.reset("b", "it"),
        service.train("b", "it", one),
        service.optimise("b", "it"),
        service.drop("b", "it"),
    ):
        with pytest.raises(IndexNotFound, match="There is no index 'it'"):
            await call
    await indexes.create("b", "it", 8, "Flat", "l2")
    assert (await indexes.describe("a", "it")).ntotal == 5
    assert (await indexes.describe("b", "it")).ntotal == 0
    with pytest.raises(IndexExists):
        await indexes.create("a", "it", 4, "Flat", "l2")


async def test_idle_indexes_are_closed_and_come_back(indexes: FaissIndexes) -> None:
    for n in range(10):
        await indexes.create("a", f"i{n}", 4, "Flat", "l2")
        await fill(indexes, "a", f"i{n}", n % 4 + 1)
    found = await asyncio.gather(
        *(indexes.search("a", f"i{n % 10}", rows(n % 10 % 4 + 1)[:1], 1, None, None) for n in range(60))
    )
    assert all(one.numbers.tolist() == [[0]] for one in found)
    assert indexes.opened() <= 3
    assert [(await indexes.describe("a", f"i{n}")).ntotal for n in range(10)] == [
        n % 4 + 1 for n in range(10)
    ]


async def test_an_index_is_dropped_between_its_searches(indexes: FaissIndexes) -> None:
    await indexes.create("a", "it", 4, "Flat", "l2")
    await fill(indexes, "a", "it", 5)

    async def search() -> bool:
        try:
            await indexes.search("a", "it", rows(1), 1, None, None)
        except IndexNotFound:
            return False
        return True

    searches = [asyncio.create_task(search()) for _ in range(20)]
    await asyncio.sleep(0)
    await indexes.drop("a", "it")
    await asyncio.gather(*searches)
    assert not await search()
    await indexes.create("a", "it", 4, "Flat", "l2")
    assert (await indexes.describe("a", "it")).ntotal == 0


async def test_quotas_count_what_was_there_before_a_start(tmp_path: Path) -> None:
    quota = IndexQuota(indexes=30, vectors=50, bytes=10_000)
    first = FaissIndexes(tmp_path, quota)
    for n in range(2):
        await first.create("a", f"i{n}", 4, "Flat", "l2")
        await fill(first, "a", f"i{n}", 20)
    await first.aclose()
    second = FaissIndexes(tmp_path, quota)
    await second.create("a", "more", 4, "Flat", "l2")
    with pytest.raises(QuotaExceeded, match="INDEX_MAX_VECTORS"):
        await fill(second, "a", "more", 11)
    await fill(second, "a", "more", 10)
    assert await second.totals() == (3, 50, 50 * 16)
    assert await second.remove("a", "i0", np.arange(20)) == 20
    metadata = [{"x": "y" * 2000}] * 5
    with pytest.raises(QuotaExceeded, match="INDEX_MAX_GB"):
        await second.put("a", "more", np.arange(100, 105), rows(5), metadata, replace=True)
    await fill(second, "a", "i0", 20)
    await second.aclose()


async def test_untrained_indexes_say_so(indexes: FaissIndexes) -> None:
    await indexes.create("a", "it", 4, "IVF2,Flat", "l2")
    for call in (
        indexes.search("a", "it", rows(1), 1, None, None),
        indexes.range_search("a", "it", rows(1), 1.0, None, None),
        fill(indexes, "a", "it", 3),
    ):
        with pytest.raises(NotTrained):
            await call


@pytest.mark.parametrize("name", ["a/b", "../b", "a\0b", "", "x" * 100, "ä"])
async def test_hostile_names(indexes: FaissIndexes, name: str) -> None:
    with pytest.raises(InvalidRequest):
        await indexes.create("a", name, 4, "Flat", "l2")
    with pytest.raises(InvalidRequest):
        await indexes.describe("a", name)
    with pytest.raises(InvalidRequest):
        await indexes.drop("a", name)


async def test_a_name_of_dots_stays_in_its_folder(indexes: FaissIndexes, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.parent.iterdir()}
    await indexes.create("..", "..", 4, "Flat", "l2")
    assert await indexes.names("..") == [".."]
    assert {path.name for path in tmp_path.parent.iterdir()} == before


async def test_a_range_search_finds_so_much_and_no_more(
    indexes: FaissIndexes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await indexes.create("a", "it", 4, "Flat", "l2")
    await fill(indexes, "a", "it", 10)
    whole = await indexes.range_search("a", "it", rows(10), 4.0, None, None)
    assert [one.numbers.size > 0 for one in whole] == [True] * 10
    monkeypatch.setattr(kinds, "_MOST_RESULTS", 25)  # two queries at a time
    parts = await indexes.range_search("a", "it", rows(10)[:3], 4.0, None, None)
    for one, same in zip(parts, whole, strict=False):
        assert one.numbers.tolist() == same.numbers.tolist()
    with pytest.raises(InvalidRequest, match="within this radius"):
        await indexes.range_search("a", "it", rows(10), 1e9, None, None)
