"""The engine itself: names, quotas, changes that commit together, filters, two writers, a full disk, damage."""

from __future__ import annotations

import asyncio
import errno
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.adapters.faiss_engine import (
    Engine,
    EngineIndex,
    IndexSpec,
    Limits,
    Opening,
    Remove,
    Upkeep,
    structure,
)
from backend.adapters.faiss_engine import disk as disks
from backend.adapters.faiss_engine.blocks import BLOCK
from backend.errors import (
    Conflict,
    DamagedIndex,
    IndexExists,
    IndexInUse,
    IndexNotFound,
    InvalidRequest,
    NotTrained,
    QuotaExceeded,
    StorageFull,
    TooLarge,
    VectorExists,
    VectorNotFound,
)

D = 8
ROOT = Path(__file__).resolve().parents[2]


def vectors(count: int, seed: int = 0, dimension: int = D) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, dimension), dtype=np.float32)


class FullDisk(disks.Disk):
    """A disk with room for so many more bytes; ``refuse_sync`` lets the next sync fail instead."""

    def __init__(self) -> None:
        self.room: float = float("inf")
        self.refuse_sync = False

    def write(self, descriptor: int, parts: Sequence[bytes | memoryview], offset: int) -> int:
        content = b"".join(parts)
        if len(content) > self.room:
            super().write(descriptor, [content[: int(self.room)]], offset)
            self.room = 0
            raise OSError(errno.ENOSPC, "No space left on device")
        self.room -= len(content)
        return super().write(descriptor, [content], offset)

    def sync(self, descriptor: int) -> None:
        if self.refuse_sync:
            self.refuse_sync = False
            raise OSError(errno.ENOSPC, "No space left on device")
        super().sync(descriptor)


@pytest.fixture
def disk() -> FullDisk:
    return FullDisk()


@pytest.fixture
def engine(tmp_path: Path, disk: FullDisk) -> Iterator[Engine]:
    with Engine(tmp_path / "indexes", disk=disk) as made:
        yield made


@pytest.fixture
def index(engine: Engine) -> EngineIndex:
    engine.create("t", "it", IndexSpec(D))
    return engine.open("t", "it", writable=True)


def folder(tmp_path: Path) -> Path:
    return tmp_path / "indexes" / "t" / "it"


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a\0b", "x" * 81, "é", "a b", "\n"])
def test_names_that_are_refused(engine: Engine, name: str) -> None:
    if name == "..":
        engine.create("t", name, IndexSpec(D))  # a name like others: it is escaped
        assert engine.names("t") == [".."]
        return
    for tenant, called in ((name, "it"), ("t", name)):
        with pytest.raises(InvalidRequest, match="1 to 80"):
            engine.create(tenant, called, IndexSpec(D))


def test_the_catalogue(engine: Engine, tmp_path: Path) -> None:
    for name in ("b", "A", "a", ".", "con"):
        engine.create("t", name, IndexSpec(D))
    engine.create("..", "other", IndexSpec(D))
    assert engine.names("t") == [".", "A", "a", "b", "con"]
    assert engine.names("nobody") == []
    assert engine.tenants() == ["..", "t"]
    with pytest.raises(IndexExists):
        engine.create("t", "a", IndexSpec(D))
    engine.drop("t", "a")
    assert not engine.exists("t", "a")
    with pytest.raises(IndexNotFound):
        engine.open("t", "a")
    with pytest.raises(IndexNotFound):
        engine.drop("t", "a")
    assert {p.parent for p in tmp_path.rglob("*")} >= {tmp_path}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["indexes"]


def test_quotas_say_what_is_exceeded(tmp_path: Path) -> None:
    limits = Limits(
        indexes_per_tenant=1, vectors_per_index=3, bytes_per_index=200, metadata_bytes=20, note_bytes=4
    )
    with Engine(tmp_path, limits) as engine:
        engine.create("t", "it", IndexSpec(D))
        with pytest.raises(QuotaExceeded, match="1 indexes"):
            engine.create("t", "more", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        index.add([1, 2, 3], vectors(3))
        with pytest.raises(QuotaExceeded, match="3 vectors"):
            index.add([4], vectors(1))
        index.upsert([3], vectors(1))
        index.commit([Remove(np.array([3])), index.put([4], vectors(1))])
        with pytest.raises(TooLarge, match="20 bytes"):
            index.put([5], vectors(1), [{"long": "x" * 30}])
        with pytest.raises(QuotaExceeded, match="note"):
            index.commit([], note=b"12345")
        assert index.ids().tolist() == [1, 2, 4]


@pytest.mark.parametrize(
    ("dimension", "kind", "metric"),
    [
        (0, "Flat", "l2"),
        (8, "Nonsense", "l2"),
        (8, "Flat", "cosine"),
        (9, "BFlat", "l2"),
        (8, "IndexFlatL2", "ip"),
    ],
)
def test_specs_that_are_refused(engine: Engine, dimension: int, kind: str, metric: str) -> None:
    with pytest.raises(InvalidRequest):
        engine.create("t", "it", IndexSpec(dimension, kind, metric))
    assert engine.names("t") == []


def test_input_that_is_refused_changes_nothing(index: EngineIndex) -> None:
    index.add([1], vectors(1))
    nan = vectors(1)
    nan[0, 3] = np.nan
    for ids, rows, metadata in [
        ([2], vectors(1, dimension=9), None),
        ([2, 3], vectors(1), None),
        ([2, 2], vectors(2), None),
        ([-1], vectors(1), None),
        ([1.5], vectors(1), None),
        ([2], nan, None),
        ([2], vectors(1), [{"x": object()}]),
        ([2], vectors(1), [{}, {}]),
        ([2], [["a"] * D], None),
    ]:
        with pytest.raises(InvalidRequest):
            index.add(ids, rows, metadata)
    for k in (0, -1, 1 << 40):
        with pytest.raises(InvalidRequest, match="k must"):
            index.search(vectors(1), k)
    with pytest.raises(InvalidRequest, match="nprobe"):
        index.search(vectors(1), 1, options={"nprobe": 3})
    with pytest.raises(VectorNotFound):
        index.reconstruct(9)
    with pytest.raises(VectorExists, match="vector 1"):
        index.add([5, 1], vectors(2))
    assert index.ids().tolist() == [1]
    assert index.search(vectors(1), 5)[1].tolist() == [[1, -1, -1, -1, -1]]


def test_training_comes_first_and_lasts(engine: Engine, tmp_path: Path) -> None:
    engine.create("t", "it", IndexSpec(D, "IVF4,Flat"))
    index = engine.open("t", "it", writable=True)
    with pytest.raises(NotTrained):
        index.add([1], vectors(1))
    index.train(vectors(200))
    index.add(range(200), vectors(200))
    with pytest.raises(Conflict, match="empty"):
        index.train(vectors(200))
    index.close()
    newest = max(folder(tmp_path).glob("gen-*"))
    flip(newest / "index.faiss", 60)
    with engine.open("t", "it", writable=True) as again:
        assert len(again) == 200
        assert again.stats().trained
        assert len(again.stats().troubles) == 1


def test_changes_and_the_note_commit_together(engine: Engine, index: EngineIndex) -> None:
    index.commit([index.put([1, 2], vectors(2))], note=b"one")
    with pytest.raises(VectorExists):
        index.commit(
            [Remove(np.array([1])), index.put([3], vectors(1)), index.put([2], vectors(1))], note=b"two"
        )
    assert (index.note, index.ids().tolist()) == (b"one", [1, 2])
    done = index.commit([Remove(np.array([1, 9])), index.put([1, 3], vectors(2))], note=b"three")
    assert (done.added, done.removed) == (2, 1)
    index.close()
    with engine.open("t", "it") as again:
        assert (again.note, again.ids().tolist()) == (b"three", [1, 2, 3])


def test_many_writers_share_syncs_and_nothing_is_lost(
    engine: Engine, index: EngineIndex, disk: FullDisk
) -> None:
    syncs = []
    disk.reached = lambda point: syncs.append(point) if point == "log.synced" else None  # type: ignore[method-assign]

    def write(first: int) -> None:
        for number in range(first, first + 50):
            index.add([number], vectors(1, number))

    threads = [threading.Thread(target=write, args=(n * 50,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(syncs) < 800
    index.close()
    with engine.open("t", "it") as again:
        assert again.ids(limit=1000).tolist() == list(range(800))
        np.testing.assert_array_equal(again.reconstruct(777), vectors(1, 777)[0])


async def test_coroutines_commit_too(index: EngineIndex) -> None:
    done = await asyncio.gather(*(index.commit_async([index.put([n], vectors(1, n))]) for n in range(40)))
    assert sorted(one.sequence for one in done) == list(range(1, 41))
    with pytest.raises(VectorExists):
        await index.commit_async([index.put([3], vectors(1))])


def test_filters(index: EngineIndex) -> None:
    rows: list[dict[str, Any] | None] = [
        {"year": 1999, "kind": "book", "tags": ["a", "b"], "deep": {"x": 1}},
        {"year": 2005.5, "kind": "paper", "tags": ["b"], "ok": True},
        {"year": "2010", "kind": None, "ok": 1},
        None,
        {"deep.x": 2, "kind": "book"},
    ]
    index.add(range(5), vectors(5), rows)
    for filter_, wanted in [
        ({"kind": "book"}, [0, 4]),
        ({"kind": None}, [2]),
        ({"year": {"$gte": 1999, "$lt": 2006}}, [0, 1]),
        ({"year": {"$gt": "2"}}, [2]),
        ({"tags": "b"}, [0, 1]),
        ({"tags": {"$in": ["a", "z"]}}, [0]),
        ({"ok": True}, [1]),
        ({"ok": 1}, [2]),
        ({"deep.x": {"$exists": True}}, [0, 4]),
        ({"deep.x": 1}, [0]),
        ({"$or": [{"ok": True}, {"kind": "book"}]}, [0, 1, 4]),
        ({"$not": {"kind": "book"}}, [1, 2, 3]),
        ({"kind": {"$ne": "book"}}, [1, 2, 3]),
        ({"kind": {"$nin": ["book", "paper"]}}, [2, 3]),
        ({"$and": [{"kind": "book"}, {"year": 1999}]}, [0]),
        ({"kind": "book", "year": 1999}, [0]),
        ({"year": {"$exists": False}}, [3, 4]),
    ]:
        assert index.ids_where(filter_).tolist() == wanted, filter_
        assert sorted(i for i in index.search(vectors(1), 5, filter_)[1][0].tolist() if i >= 0) == wanted
        assert sorted(index.range_search(vectors(1), 1e9, filter_)[2].tolist()) == wanted
    for broken in (
        {},
        {"$and": []},
        {"$xor": []},
        {"a": {"$near": 1}},
        {"a": {"$gt": []}},
        {"a": {"$in": 3}},
    ):
        with pytest.raises(InvalidRequest):
            index.search(vectors(1), 1, broken)
    index.upsert([0], vectors(1), [{"kind": "map"}])
    assert index.ids_where({"kind": "book"}).tolist() == [4]
    assert index.remove_where({"kind": {"$exists": True}}) == 4
    assert index.ids().tolist() == [3]


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True)),
        st.tuples(st.just("upsert"), st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True)),
        st.tuples(st.just("remove"), st.lists(st.integers(0, 12), max_size=5, unique=True)),
        st.tuples(st.sampled_from(["reset", "snapshot", "compact", "reopen", "readers"]), st.just([])),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(actions=ACTIONS, kind=st.sampled_from(["Flat", "HNSW4", "SQfp16"]))
def test_it_is_a_dictionary_that_lasts(
    tmp_path_factory: pytest.TempPathFactory, actions: Any, kind: str
) -> None:
    model: dict[int, npt.NDArray[np.float32]] = {}
    root = tmp_path_factory.mktemp("model")
    with Engine(root, upkeep=Upkeep(dead_least=10**9)) as engine:
        engine.create("t", "it", IndexSpec(D, kind))
        index = engine.open("t", "it", writable=True)
        for turn, (action, ids) in enumerate(actions):
            rows = np.round(vectors(len(ids), turn), 1).astype(np.float16).astype(np.float32)
            match action:
                case "add" if set(ids) & set(model):
                    with pytest.raises(VectorExists):
                        index.add(ids, rows)
                case "add" | "upsert":
                    getattr(index, action)(ids, rows, [{"n": i, "turn": turn} for i in ids])
                    model |= dict(zip(ids, rows, strict=True))
                case "remove":
                    assert index.remove(ids) == len(set(ids) & set(model))
                    model = {i: v for i, v in model.items() if i not in ids}
                case "reset":
                    assert index.reset() == len(model)
                    model = {}
                case "reopen":
                    index.close()
                    index = engine.open("t", "it", writable=True)
                case "readers":
                    with engine.open("t", "it") as reader:
                        agrees(reader, model)
                case _:
                    getattr(index, action)()
            agrees(index, model)
    shutil.rmtree(root)


def agrees(index: EngineIndex, model: dict[int, npt.NDArray[np.float32]]) -> None:
    assert index.ids().tolist() == sorted(model)
    assert index.has(range(13)).tolist() == [i in model for i in range(13)]
    for number, row in model.items():
        np.testing.assert_array_equal(index.reconstruct(number), row)
        metadata = index.metadata(number)
        assert metadata is not None
        assert metadata["n"] == number
    if model:
        found = index.search(vectors(1, 99), 20)[1][0]
        hits = found[found >= 0].tolist()
        assert len(hits) == len(set(hits))
        # A graph with few links may not reach a vector whose neighbours were replaced.
        assert (
            set(hits) <= set(model) if index.spec.index_type.startswith("HNSW") else set(hits) == set(model)
        )


def test_pages_of_ids(index: EngineIndex) -> None:
    index.add(range(0, 50, 5), vectors(10))
    assert index.ids(limit=3).tolist() == [0, 5, 10]
    assert index.ids(after=10, limit=3).tolist() == [15, 20, 25]
    assert index.ids(after=45).tolist() == []


def test_a_second_writer_is_told_who_writes(engine: Engine, index: EngineIndex, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from backend.adapters.faiss_engine import Engine\n"
        "with Engine(Path(sys.argv[1])) as e:\n"
        "    with e.open('t', 'it') as reader: print(len(reader))\n"
        "    e.open('t', 'it', writable=True)\n"
    )
    index.add([1], vectors(1))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "indexes")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "1\n"
    assert "is open for writing in process" in done.stderr
    with pytest.raises(IndexInUse, match="process"):
        engine.open("t", "it", writable=True)
    with pytest.raises(IndexInUse):
        engine.drop("t", "it")


def test_readers_follow_and_outlive_old_generations(engine: Engine, index: EngineIndex) -> None:
    index.add(range(100), vectors(100), [{"n": n} for n in range(100)])
    index.snapshot()
    reader, still = engine.open("t", "it"), engine.open("t", "it")
    for turn in range(4):
        index.add([100 + turn], vectors(1, turn))
        index.snapshot()
    assert reader.refresh()
    assert not reader.refresh()
    assert len(reader) == 104
    assert len(still) == 100
    assert still.metadata(77) == {"n": 77}
    np.testing.assert_array_equal(still.reconstruct(5), vectors(100)[5])
    with pytest.raises(InvalidRequest, match="reading only"):
        reader.add([1], vectors(1))


def test_clearing_out_by_itself_beside_writers_and_readers(tmp_path: Path) -> None:
    with Engine(tmp_path, upkeep=Upkeep(dead_least=50)) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        index.add(range(1000), vectors(1000))
        for first in range(0, 900, 50):
            index.remove(range(first, first + 50))
            assert index.search(vectors(1000)[990:991], 1)[1][0, 0] == 990
            index.add([first], vectors(1, first))
        index.close()
        index = engine.open("t", "it", writable=True)
        assert index.stats().removed < 900
        assert index.ids().tolist() == [*range(0, 900, 50), *range(900, 1000)]


def test_closing_waits_for_upkeep_that_runs(tmp_path: Path) -> None:
    """Else upkeep would go on with files that are closed, and whose numbers others may have."""
    held, go_on = threading.Event(), threading.Event()

    class Held(disks.Disk):
        def reached(self, point: str) -> None:
            if point == "rebuild.built":
                held.set()
                assert go_on.wait(10)

    with Engine(tmp_path, disk=Held(), upkeep=Upkeep(dead_least=50)) as engine:
        engine.create("t", "it", IndexSpec(D))
        index = engine.open("t", "it", writable=True)
        index.add(range(200), vectors(200))
        index.remove(range(100))
        assert held.wait(10)
        closing = threading.Thread(target=index.close)
        closing.start()
        closing.join(0.1)
        assert closing.is_alive()
        go_on.set()
        closing.join(10)
        assert not closing.is_alive()
        index = engine.open("t", "it", writable=True)
        assert (index.stats().removed, index.ids().tolist()) == (0, [*range(100, 200)])


# A full disk.


def test_a_full_disk_refuses_changes_and_nothing_else(
    engine: Engine, index: EngineIndex, disk: FullDisk
) -> None:
    index.add([1], vectors(1))
    for room in (0, 10, 60, 100):
        disk.room = room
        with pytest.raises(StorageFull):
            index.add([2], vectors(1), [{"x": "y" * 50}])
        assert 2 not in index.search(vectors(1), 5)[1]
        disk.room = float("inf")
        index.add([10 + room], vectors(1, room))
    disk.refuse_sync = True
    with pytest.raises(StorageFull):
        index.add([2], vectors(1))
    index.add([3], vectors(1))
    for room in (0, 100, 400, 700):
        disk.room = room
        with pytest.raises(StorageFull):
            index.snapshot()
        disk.room = float("inf")
        index.add([1000 + room], vectors(1, room))
    ids = index.ids().tolist()
    index.close()
    with engine.open("t", "it", writable=True) as again:
        assert again.ids().tolist() == ids == sorted([1, 3, 10, 20, 70, 110, 1000, 1100, 1400, 1700])
        again.snapshot()


WIDE = 8192
"""So wide that 40 vectors are a long change, which is written while FAISS takes the vectors."""


@pytest.mark.parametrize("room", [0, 200, 600_000, 1_310_000])
def test_a_full_disk_refuses_a_long_change_while_faiss_takes_it(
    disk: FullDisk, engine: Engine, room: int
) -> None:
    engine.create("t", "wide", IndexSpec(WIDE))
    with engine.open("t", "wide", writable=True) as index:
        index.add([1000], vectors(1, 7, WIDE))
        disk.room = room
        with pytest.raises(StorageFull):
            index.add(range(40), vectors(40, 1, WIDE))
        disk.room = float("inf")
        disk.refuse_sync = True
        with pytest.raises(StorageFull):
            index.add(range(40), vectors(40, 2, WIDE))
        assert index.every_id().tolist() == [1000]
        index.add(range(40), vectors(40, 3, WIDE))
    with engine.open("t", "wide") as again:
        assert sorted(again.every_id().tolist()) == [*range(40), 1000]
        np.testing.assert_array_equal(again.reconstruct(39), vectors(40, 3, WIDE)[39])
        assert again.search(vectors(40, 3, WIDE), 1)[1][:, 0].tolist() == [*range(40)]


def test_what_faiss_refuses_is_not_in_the_log_and_not_in_the_way(engine: Engine, tmp_path: Path) -> None:
    engine.create("t", "graph", IndexSpec(WIDE, "NSG32,Flat"))
    log = tmp_path / "indexes" / "t" / "graph" / f"{1:020}.log"
    with engine.open("t", "graph", writable=True) as index:
        empty = log.read_bytes()
        for turn in range(2):
            with pytest.raises(InvalidRequest, match="NNDescent"):  # FAISS wants a hundred
                index.add(range(40), vectors(40, turn, WIDE))
            assert log.read_bytes() == empty
        index.add(range(120), vectors(120, 3, WIDE))
        near = index.search(vectors(120, 3, WIDE), 1)[1][:, 0]
    with engine.open("t", "graph") as again:
        assert again.every_id().tolist() == [*range(120)]
        assert np.mean(near == np.arange(120)) > 0.9


# Damage.


def flip(path: Path, at: int, bit: int = 0) -> None:
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)


@pytest.fixture
def stored(index: EngineIndex, tmp_path: Path) -> Path:
    """Two generations and a log with changes above both."""
    for turn in range(3):
        index.add(range(turn * 10, turn * 10 + 10), vectors(10, turn), [{"turn": turn}] * 10)
        index.remove([turn * 10 + 5])
        if turn < 2:
            index.snapshot()
    index.close()
    return folder(tmp_path)


WANTED = [i for i in range(30) if i % 10 != 5]


def sound(engine: Engine, opening: Opening = Opening.MAPPED) -> int:
    """Opens with all that was stored; how many troubles it tells of."""
    with engine.open("t", "it", opening=opening) as index:
        index.check()
        assert index.ids().tolist() == WANTED
        for turn in range(3):
            np.testing.assert_array_equal(index.reconstruct(turn * 10 + 3), vectors(10, turn)[3])
            assert index.metadata(turn * 10 + 3) == {"turn": turn}
        return len(index.stats().troubles)


@pytest.mark.slow
def test_every_flipped_bit_of_a_snapshot_is_found_and_the_one_before_takes_its_place(
    engine: Engine, stored: Path
) -> None:
    newest = max(stored.glob("gen-*"))
    assert sound(engine) == 0
    for path in sorted(newest.iterdir()):
        whole = path.read_bytes()
        for at in range(0, len(whole), max(1, len(whole) // 40)):
            flip(path, at, at % 8)
            assert sound(engine) == 1, (path.name, at)
            path.write_bytes(whole)
        for size in {0, 1, len(whole) // 2, len(whole) - 1}:
            if whole:
                path.write_bytes(whole[:size])
                assert sound(engine) == 1, (path.name, size)
        path.write_bytes(whole + b"x")
        assert sound(engine) == 1, path.name
        path.unlink()
        assert sound(engine) == 1, path.name
        path.write_bytes(whole)
    with engine.open("t", "it", writable=True) as index:
        assert index.ids().tolist() == WANTED


def test_every_flipped_bit_and_truncation_of_the_log_is_found(engine: Engine, stored: Path) -> None:
    newest = max(stored.glob("*.log"))
    whole = newest.read_bytes()
    for at in range(0, len(whole), 7):
        flip(newest, at, at % 8)
        with pytest.raises(DamagedIndex, match="cannot be read"):
            engine.open("t", "it")
        newest.write_bytes(whole[:at])
        with pytest.raises(DamagedIndex, match="cannot be read"):
            engine.open("t", "it", writable=True)
        newest.write_bytes(whole)
    newest.write_bytes(whole + b"torn frame")
    assert sound(engine) == 0
    newest.unlink()
    with pytest.raises(DamagedIndex):
        engine.open("t", "it")
    newest.write_bytes(whole)
    assert sound(engine) == 0


def test_repair_goes_on_with_what_is_left(engine: Engine, stored: Path) -> None:
    newest = max(stored.glob("*.log"))
    flip(newest, len(newest.read_bytes()) - 3)
    with engine.open("t", "it", writable=True, repair=True) as index:
        assert index.ids().tolist() == sorted([*WANTED, 25])  # the removal was the last change
        assert "cannot be read" in index.stats().troubles[0]
        index.remove([25])
    assert list(stored.glob("*.lost"))
    assert sound(engine) == 0


def test_both_generations_damaged_is_said(engine: Engine, stored: Path) -> None:
    for path in stored.glob("gen-*"):
        flip(path / "ids", 3)
    with pytest.raises(DamagedIndex, match="No snapshot"):
        engine.open("t", "it")


def test_damage_that_the_background_finds_is_put_right(
    engine: Engine, index: EngineIndex, tmp_path: Path
) -> None:
    rows = vectors(6 * BLOCK // (4 * D), 1)
    index.add(range(len(rows)), rows)
    index.snapshot()
    index.add([10**9], vectors(1))
    index.snapshot()
    index.close()
    newest = max(folder(tmp_path).glob("gen-*"))
    flip(newest / "index.faiss", 3 * BLOCK)
    for writable in (False, True):
        with engine.open("t", "it", writable=writable) as again:
            assert again.check() == "sound"
            assert len(again.stats().troubles) == 1
            number = 3 * BLOCK // (4 * D)
            np.testing.assert_array_equal(again.reconstruct(number), rows[number])
            assert len(again) == len(rows) + 1
    with engine.open("t", "it") as again:
        assert again.stats().troubles == ()


def test_a_mapped_index_is_copied_before_it_is_changed(engine: Engine, index: EngineIndex) -> None:
    index.add(range(20), vectors(20))
    index.snapshot()
    index.close()
    with engine.open("t", "it", writable=True) as again:
        again.remove([3])
        again.commit([], note=b"x")
        assert again.stats().mapped
        again.add([3], vectors(1))
        assert not again.stats().mapped


def test_a_change_after_a_snapshot_and_a_new_opening_is_there(engine: Engine) -> None:
    engine.create("t", "it", IndexSpec(D))
    for turn in range(4):
        with engine.open("t", "it", writable=True) as index:
            index.add([2 * turn], vectors(1, turn))
            index.snapshot()
        with engine.open("t", "it", writable=True) as index:  # its log is empty
            index.add([2 * turn + 1], vectors(1, turn), [{"turn": turn}])
        with engine.open("t", "it") as index:
            assert index.every_id().tolist() == list(range(2 * turn + 2))


def test_an_index_open_for_reading_finds_and_hides_ranges(engine: Engine) -> None:
    engine.create("t", "it", IndexSpec(D, "Flat", "ip"))
    rows = vectors(40)
    with engine.open("t", "it", writable=True) as index:
        index.add(np.arange(100, 120), rows[:20])
        index.snapshot()
        index.add(np.arange(20), rows[20:])
        index.remove([105])
        _, found = index.search(rows[:1], 40, ranges=[range(5), range(103, 107)])
        assert sorted(found[0][found[0] >= 0].tolist()) == [0, 1, 2, 3, 4, 103, 104, 106]
        assert sorted(index.ids_between(range(18, 102)).tolist()) == [18, 19, 100, 101]
        with pytest.raises(InvalidRequest, match="remove them instead"):
            index.hide([range(3)])
    with engine.open("t", "it") as reader:
        reader.hide([range(110), range(115, 116)])
        _, found = reader.search(rows[:1], 40)
        assert sorted(found[0][found[0] >= 0].tolist()) == [*range(110, 115), *range(116, 120)]
        assert len(reader) == 9
    with engine.open("t", "it") as again:
        assert len(again) == 39


@pytest.mark.parametrize("kind", ["SQ8", "HNSW8,SQ8", "HNSW8"])
def test_another_type_takes_over_with_its_name(engine: Engine, kind: str) -> None:
    engine.create("t", "it", IndexSpec(D, "Flat", "ip"))
    rows = vectors(300)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)

    def build(present: Any) -> Any:
        made = structure.make(IndexSpec(D, kind, "ip"))
        held = present.reconstruct_n(0, present.ntotal)
        made.train(held)
        made.add(held)
        return made

    with engine.open("t", "it", writable=True) as index:
        index.add(np.arange(300), rows)
        index.remove(np.arange(0, 300, 7))
        index.rebuild(build, kind)
        index.add([1000], rows[:1])
    with engine.open("t", "it") as index:
        assert index.spec.index_type == kind
        assert len(index) == 300 - 43 + 1
        assert index.search(rows[:1], 1)[1][0][0] == 1000
        assert index.check() == "sound"


def test_a_graph_that_faiss_never_ends_is_refused(tmp_path: Path) -> None:
    """An NSG of the same vector again and again; nothing is changed, and others can be added."""
    with Engine(tmp_path) as engine:
        engine.create("t", "it", IndexSpec(D, "NSG8"))
        with engine.open("t", "it", writable=True) as index:
            with pytest.raises(InvalidRequest, match="of which a fifth are the same"):
                index.add(np.arange(300), np.zeros((300, D), np.float32))
            assert len(index) == 0
            index.add(np.arange(300), vectors(300))
            assert index.search(vectors(300)[:1], 1)[1].tolist() == [[0]]
