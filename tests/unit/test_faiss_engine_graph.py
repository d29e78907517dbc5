"""An ``Auto`` index: flat at once, searched through a graph later, and right whatever becomes of the graph."""

from __future__ import annotations

import errno
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Upkeep
from backend.adapters.faiss_engine.disk import Disk

D, MANY = 16, 1_200
RULES = Upkeep(graph_from=500, graph_rest=100, dead_least=10**9)


def vectors(count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, D), dtype=np.float32)


class WatchedDisk(Disk):
    """Counts the graphs that were written; ``full``, it has room for a short change and for no graph."""

    def __init__(self) -> None:
        self.graphs, self.full = 0, False

    def write(self, descriptor: int, parts: Any, offset: int) -> int:
        if self.full and sum(map(len, parts)) > 10_000:
            raise OSError(errno.ENOSPC, "full")
        return super().write(descriptor, parts, offset)

    def reached(self, point: str) -> None:
        self.graphs += point == "graph.named"


@pytest.fixture
def disk() -> WatchedDisk:
    return WatchedDisk()


@pytest.fixture
def engine(tmp_path: Path, disk: WatchedDisk) -> Iterator[Engine]:
    with Engine(tmp_path, upkeep=RULES, disk=disk) as opened:
        yield opened


def made(engine: Engine, name: str = "it", metric: str = "l2") -> EngineIndex:
    engine.create("t", name, IndexSpec(D, "Auto", metric))
    return engine.open("t", name, writable=True)


def nearest(
    held: dict[int, npt.NDArray[np.float32]], query: npt.NDArray[np.float32], k: int, metric: str
) -> list[int]:
    ids = np.array(list(held))
    rows = np.stack([held[i] for i in ids.tolist()])
    scores = -((rows - query) ** 2).sum(axis=1) if metric == "l2" else rows @ query
    return [int(i) for i in ids[np.argsort(-scores, kind="stable")[:k]]]


def recall(
    index: EngineIndex, held: dict[int, npt.NDArray[np.float32]], metric: str = "l2", **search: Any
) -> float:
    queries = vectors(40, 99)
    _, found = index.search(queries, 10, **search)
    assert set(found[found >= 0].tolist()) <= set(held)
    wanted = [nearest(held, query, 10, metric) for query in queries]
    return float(
        np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), wanted, strict=True)])
    )


@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_what_is_added_is_found_at_once_and_by_the_graph_afterwards(engine: Engine, metric: str) -> None:
    index, rows = made(engine, metric=metric), vectors(MANY)
    held = dict(enumerate(rows))
    index.add(np.arange(MANY), rows)
    assert recall(index, held, metric) > 0.97
    index.grow()
    told = index.stats().graph
    assert told is not None
    assert (told.state, told.covered) == ("ready", MANY)
    assert told.recall is not None
    assert told.recall >= 0.99
    assert index.compares(1) < MANY
    assert recall(index, held, metric) > 0.97
    distances, ids = index.search(rows[:5], 3)
    exact = ((rows[ids] - rows[:5, None]) ** 2).sum(axis=2) if metric == "l2" else (
        rows[ids] * rows[:5, None]
    ).sum(axis=2)  # fmt: skip
    np.testing.assert_allclose(distances, exact, rtol=1e-4, atol=1e-4)


def test_a_small_one_has_no_graph_and_a_search_width_is_taken_all_the_same(engine: Engine) -> None:
    index = made(engine)
    index.add([1], vectors(1))
    index.grow()
    told = index.stats().graph
    assert told is not None
    assert told.state == "none"
    assert index.search(vectors(1), 1, options={"efSearch": 50})[1].tolist() == [[1]]


def test_changes_count_at_once_beside_a_graph(engine: Engine) -> None:
    """Adds, replacements and removals, of vectors in the graph and behind it, and filters, beside a model."""
    index, random = made(engine), np.random.default_rng(5)
    held = dict(enumerate(vectors(MANY)))
    index.add(np.arange(MANY), np.stack(list(held.values())), [{"n": i % 4} for i in range(MANY)])
    index.grow()
    for turn in range(12):
        ids = random.integers(0, MANY + 300, 60)
        ids = np.unique(ids)
        rows = vectors(len(ids), 100 + turn)
        if turn % 3 == 2:
            gone = [int(i) for i in ids if int(i) in held]
            assert index.remove(ids) == len(gone)
            for one in gone:
                del held[one]
        else:
            index.upsert(ids, rows, [{"n": int(i) % 4} for i in ids])
            held.update(zip(ids.tolist(), rows, strict=True))
            _, found = index.search(rows, 1)
            assert found[:, 0].tolist() == ids.tolist()
        if turn == 7:
            index.grow()
        if turn == 9:
            index.compact()
        assert recall(index, held) > 0.97
        some = {i: row for i, row in held.items() if i % 4 == 1}
        assert recall(index, some, filter_={"n": 1}) > 0.97
    index.reset()
    assert index.search(vectors(1), 3)[1].tolist() == [[-1, -1, -1]]
    index.add([5], vectors(1))
    assert index.search(vectors(1), 1)[1].tolist() == [[5]]


def test_the_rare_and_the_many_are_looked_at_one_by_one(engine: Engine) -> None:
    index, rows = made(engine), vectors(MANY)
    index.add(np.arange(MANY), rows, [{"rare": i < 7} for i in range(MANY)])
    index.grow()
    rare = {i: rows[i] for i in range(7)}
    _, found = index.search(vectors(1, 3), 10, {"rare": True})
    assert found[0, :7].tolist() == nearest(rare, vectors(1, 3)[0], 7, "l2")
    assert found[0, 7:].tolist() == [-1] * 3
    _, every = index.search(vectors(1, 3), MANY)
    assert every[0].tolist() == nearest(dict(enumerate(rows)), vectors(1, 3)[0], MANY, "l2")


def test_it_is_lengthened_when_enough_is_behind_it(engine: Engine) -> None:
    index = made(engine)
    index.add(np.arange(600), vectors(600))
    index.grow()
    index.add([1000], vectors(1, 7))
    index.grow()
    assert covered(index) == 600
    index.add(np.arange(2000, 2200), vectors(200, 8))
    index.grow()
    assert covered(index) == 801
    held = dict(enumerate(vectors(600))) | {1000: vectors(1, 7)[0]}
    assert recall(index, held | dict(zip(range(2000, 2200), vectors(200, 8), strict=True))) > 0.97


def covered(index: EngineIndex) -> int:
    told = index.stats().graph
    assert told is not None
    return told.covered


def test_a_graph_is_made_in_the_background_without_being_asked_for(tmp_path: Path) -> None:
    written = threading.Event()

    class Told(Disk):
        def reached(self, point: str) -> None:
            if point == "graph.named":
                written.set()

    with Engine(tmp_path, upkeep=RULES, disk=Told()) as engine, made(engine) as index:
        index.add(np.arange(600), vectors(600))
        assert written.wait(60)
        assert covered(index) == 600


def test_it_is_taken_up_after_a_restart(engine: Engine, disk: WatchedDisk) -> None:
    with made(engine) as index:
        index.add(np.arange(MANY), vectors(MANY))
        index.grow()
        index.add([5_000], vectors(1, 7))
        index.remove([3])
    before = disk.graphs
    with engine.open("t", "it", writable=True) as index:
        index.grow()
        assert covered(index) == MANY
        held = {i: row for i, row in enumerate(vectors(MANY)) if i != 3} | {5_000: vectors(1, 7)[0]}
        assert recall(index, held) > 0.97
    assert disk.graphs == before


def test_one_that_is_damaged_or_of_other_vectors_is_made_anew(
    engine: Engine, disk: WatchedDisk, tmp_path: Path
) -> None:
    for name, seed in (("it", 1), ("other", 2)):
        with made(engine, name) as index:
            index.add(np.arange(MANY), vectors(MANY, seed))
            index.grow()
    (mine,) = tmp_path.glob("*/it/graph")
    content = bytearray(mine.read_bytes())
    content[len(content) // 2] ^= 1
    for put in (lambda: mine.write_bytes(content), lambda: shutil.copy(mine.parents[1] / "other/graph", mine),
                lambda: mine.write_bytes(b""), mine.unlink):  # fmt: skip
        put()
        before = disk.graphs
        with engine.open("t", "it", writable=True) as index:
            index.grow()
            assert covered(index) == MANY
            assert recall(index, dict(enumerate(vectors(MANY, 1)))) > 0.97
        assert disk.graphs == before + 1


def test_one_that_misses_too_much_is_not_searched(tmp_path: Path, disk: WatchedDisk) -> None:
    rules = replace(RULES, graph_least_recall=1.1)
    with Engine(tmp_path, upkeep=rules, disk=disk) as engine, made(engine) as index:
        index.add(np.arange(600), vectors(600))
        index.grow()
        told = index.stats().graph
        assert told is not None
        assert (told.state, told.covered) == ("refused", 0)
        assert told.recall is not None
        assert recall(index, dict(enumerate(vectors(600)))) == 1.0
    assert disk.graphs == 0


def test_a_full_disk_leaves_a_graph_in_memory_and_says_so(engine: Engine, disk: WatchedDisk) -> None:
    index = made(engine)
    index.add(np.arange(499), vectors(499))
    disk.full = True
    index.add([499], vectors(1, 2))
    index.grow()
    index.grow()  # which has nothing to do, and forgets nothing
    told = index.stats().graph
    assert told is not None
    assert (told.state, told.covered) == ("ready", 500)
    assert "full" in told.failed
    assert disk.graphs == 0


def test_changes_while_it_is_made_are_not_lost(engine: Engine) -> None:
    index, rows = made(engine), vectors(6_000)
    index.add(np.arange(3_000), rows[:3_000])
    making = threading.Thread(target=index.grow)
    making.start()
    for begin in range(3_000, 6_000, 500):
        index.add(np.arange(begin, begin + 500), rows[begin : begin + 500])
    index.remove(np.arange(0, 6_000, 10))
    making.join()
    held = {i: row for i, row in enumerate(rows) if i % 10}
    assert recall(index, held) > 0.97
    index.grow()
    assert recall(index, held) > 0.97


def test_what_is_emptied_while_a_graph_is_made_has_none(engine: Engine) -> None:
    index = made(engine)
    index.add(np.arange(3_000), vectors(3_000))
    making = threading.Thread(target=index.grow)
    making.start()
    index.reset()
    index.add(np.arange(50), vectors(50, 9))
    making.join()
    assert covered(index) == 0
    assert recall(index, dict(enumerate(vectors(50, 9)))) == 1.0
