"""Changes of many callers that the engine takes together, and many vectors at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Limits, Remove
from backend.adapters.faiss_engine.changes import Change
from backend.adapters.faiss_engine.disk import Disk
from backend.adapters.faiss_engine.writer import Outcome
from backend.errors import QuotaExceeded, VectorExists

D = 8


def rows(*numbers: int) -> npt.NDArray[np.float32]:
    """Vectors that can be told apart."""
    return np.array([[number, number % 7, *[0] * (D - 2)] for number in numbers], np.float32)


async def together(index: EngineIndex, *each: Change) -> list[Outcome | BaseException]:
    """Changes of so many callers, all but the first of which are one batch."""
    assert index._side is not None
    writer = index._side.writer
    with writer.writing:
        waiting = [asyncio.ensure_future(index.commit_async([each[0]]))]
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
            while writer._queue:  # noqa: ASYNC110 - a thread takes it, and then waits for this block's end
                await asyncio.sleep(0.001)
        waiting += [asyncio.ensure_future(index.commit_async([one])) for one in each[1:]]
        await asyncio.sleep(0)
        assert len(writer._queue) == len(each) - 1
    return await asyncio.gather(*waiting, return_exceptions=True)


def counted(found: list[Outcome | BaseException]) -> list[Any]:
    return [
        (one.sequence, one.added, one.removed) if isinstance(one, Outcome) else type(one) for one in found
    ]


async def test_of_two_who_add_the_same_id_at_once_one_is_refused(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        found = await together(
            index,
            index.put([1], rows(1)),
            index.put([2, 3], rows(2, 3), [{"n": 2}, None]),
            index.put([3], rows(33)),
            index.put([4], rows(4)),
        )
        assert counted(found) == [(1, 1, 0), (2, 2, 0), VectorExists, (3, 1, 0)]
        found = await together(
            index,
            index.put([5], rows(5), [{"n": 5}]),
            index.put([6], rows(6)),
            index.put([7], rows(7), [{"n": 7}]),
            index.put([8], rows(8), replace=True),
        )
        assert counted(found) == [(4, 1, 0), (5, 1, 0), (6, 1, 0), (7, 1, 0)]
        found = await together(
            index,
            Remove(np.array([1])),
            index.put([4], rows(44), replace=True),
            Remove(np.array([6, 99])),
            index.put([6], rows(66)),
        )
        assert counted(found) == [(8, 0, 1), (9, 1, 1), (10, 0, 1), (11, 1, 0)]
        index.close()
        for writable in (False, True):
            with engine.open("t", "it", writable=writable) as again:
                assert again.ids().tolist() == [2, 3, 4, 5, 6, 7, 8]
                assert again.metadata_many(range(2, 9)) == [
                    {"n": 2}, None, None, {"n": 5}, None, {"n": 7}, None,
                ]  # fmt: skip
                kept = [again.reconstruct(number)[0] for number in (2, 3, 4, 5, 6, 7, 8)]
                assert kept == [2, 3, 44, 5, 66, 7, 8]


async def test_a_quota_that_a_batch_exceeds_stops_those_who_come_last(tmp_path: Path) -> None:
    with Engine(tmp_path, Limits(vectors_per_index=3)) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        found = await together(index, *(index.put([n], rows(n)) for n in range(5)))
        assert counted(found) == [(1, 1, 0), (2, 1, 0), (3, 1, 0), QuotaExceeded, QuotaExceeded]
        assert index.search(rows(0, 1, 2), 1)[1].ravel().tolist() == [0, 1, 2]


def test_what_breaks_between_faiss_and_the_log_is_not_in_the_way(tmp_path: Path) -> None:
    class Breaking(Disk):
        breaks = False

        def reached(self, point: str) -> None:
            if self.breaks and point == "added":
                raise MemoryError

    disk = Breaking()
    with Engine(tmp_path, disk=disk) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        index.add([1], rows(1))
        for count in (1, 40_000):
            disk.breaks = True
            with pytest.raises(MemoryError):
                index.add(range(10, 10 + count), rows(*[5] * count))
            disk.breaks = False
        index.add([2, 3], rows(2, 3))
        assert index.search(rows(1, 2, 3), 1)[1].ravel().tolist() == [1, 2, 3]
        index.close()
        with engine.open("t", "it") as again:
            assert again.search(rows(1, 2, 3), 1)[1].ravel().tolist() == [1, 2, 3]


def test_many_at_once_are_found_also_where_some_were_there_before(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        index.add([5_000, 1], rows(5_000, 1))
        index.add(range(2, 2_002), rows(*range(2, 2_002)))
        index.remove(range(100, 200))
        order = [*range(1_500, 90, -1), *range(3_000, 3_500)]
        assert index.upsert(order, rows(*(n + 10_000 for n in order))).removed == 1_410 - 100
        wanted = {n: n for n in [5_000, *range(1, 2_002)]} | {n: n + 10_000 for n in order}
        for _ in range(2):
            assert len(index) == len(wanted)
            assert index.ids(limit=10_000).tolist() == sorted(wanted)
            assert index.has([1, 90, 91, 150, 2_001, 3_499, 3_500, 5_000]).tolist() == [
                True, True, True, True, True, True, False, True,
            ]  # fmt: skip
            assert all(index.reconstruct(n)[0] == wanted[n] for n in (1, 90, 91, 150, 1_500, 1_501, 3_499))
            assert sorted(index.ids_between(range(1_490, 3_010)).tolist()) == [
                *range(1_490, 2_002), *range(3_000, 3_010),
            ]  # fmt: skip
            index.close()
            index = engine.open("t", "it", writable=True)
