"""The library's index: what it writes, what it searches in memory, and what it does about damage."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.engine_vectors import EngineVectorStore, Growth, product_engine
from backend.adapters.engine_vectors.growth import Candidate, TooInexact
from backend.adapters.engine_vectors.note import LibraryNote
from backend.adapters.engine_vectors.scribe import NAME
from backend.errors import Stopped, StorageFull
from backend.models.documents import Document
from tests.support.fakes import DIMENSION, WordEmbedder
from tests.support.house import TENANT, House

NEVER = Growth(pending_least=1 << 40)
TEXTS = ["leaves hold chlorophyll", "roots drink water", "flowers call insects"]


@asynccontextmanager
async def opened(house: House, growth: Growth = NEVER) -> AsyncIterator[EngineVectorStore]:
    """As another process would: an engine of its own."""
    engine = product_engine(house.root / "indexes")
    store = EngineVectorStore(house.database, engine, DIMENSION, growth=growth)
    try:
        yield store
    finally:
        await store.close()
        engine.close()


async def near(store: EngineVectorStore, text: str, k: int = 3) -> list[tuple[int, float]]:
    (query,) = await WordEmbedder().embed([text])
    return [(hit.key, round(hit.score, 5)) for hit in await store.search(TENANT, query, k)]


async def library(house: House, documents: int = 12) -> list[Document]:
    return [await house.add(f"{TEXTS[n % 3]} and number{n}.", f"{n}.txt") for n in range(documents)]


def files(house: House) -> list[Path]:
    folder = house.root / "indexes" / TENANT / "%2elibrary"
    return sorted(folder.glob("gen-*"))


@pytest.mark.slow
async def test_what_is_written_is_opened_mapped_by_others(house: House) -> None:
    await library(house)
    await house.vectors.settle(TENANT)
    async with opened(house) as other:
        state = await other.stats(TENANT)
        assert (state.kind, state.vectors, state.pending, state.mapped) == ("flat", 12, 0, True)
        assert await near(other, "roots drink water") == await near(house.vectors, "roots drink water")


async def test_only_the_difference_is_written_and_held(house: House) -> None:
    first, *_ = await library(house, 4)
    async with opened(house) as other:
        await house.vectors.settle(TENANT)
        await house.ingestion.delete(TENANT, first.id)
        await house.add("Bees visit blossoms.", "bees.txt")
        for store in (house.vectors, other):
            state = await store.stats(TENANT)
            assert (state.vectors, state.pending) == (4, 1), "one in memory, one hidden"
            assert await store.faults(TENANT) == []
        assert await near(other, "bees visit blossoms") == await near(house.vectors, "bees visit blossoms")
        await other.settle(TENANT)
        assert [(await s.stats(TENANT)).pending for s in (other, house.vectors)] == [0, 1]
        with house.indexes.open(TENANT, NAME) as index:
            assert len(index) == 4
        await house.vectors.settle(TENANT)
        assert (await house.vectors.stats(TENANT)).pending == 0


@pytest.mark.slow
async def test_two_processes_write_one_index_one_after_the_other(house: House) -> None:
    await library(house)
    async with opened(house) as other:
        await asyncio.gather(*(store.settle(TENANT) for store in (house.vectors, other) for _ in range(5)))
        for store in (house.vectors, other):
            assert await store.warm(TENANT) == 12
            assert await store.faults(TENANT) == []


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def flip_newest(house: House) -> None:
    flip(files(house)[-1] / "index.faiss")


def flip_all(house: House) -> None:
    for generation in files(house):
        flip(generation / "index.faiss")
        flip(generation / "manifest")


def remove_all(house: House) -> None:
    for generation in files(house):
        for file in generation.iterdir():
            file.unlink()


def foreign_note(house: House) -> None:
    with house.indexes.open(TENANT, NAME, writable=True) as index:
        index.commit([], LibraryNote("other/1").to_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("harm", [flip_newest, flip_all, remove_all, foreign_note])
async def test_a_harmed_index_is_made_anew_from_the_rows(
    house: House, harm: Callable[[House], None], caplog: pytest.LogCaptureFixture
) -> None:
    await library(house)
    await house.vectors.settle(TENANT)
    wanted = await near(house.vectors, "roots drink water")
    harm(house)
    caplog.set_level(logging.WARNING)
    async with opened(house) as other:
        assert await near(other, "roots drink water") == wanted
        await other.settle(TENANT)
        state = await other.stats(TENANT)
        assert (state.kind, state.vectors, state.pending) == ("flat", 12, 0)
        assert await other.faults(TENANT) == []
        assert await near(other, "roots drink water") == wanted
    assert [r for r in caplog.records if "index" in r.getMessage() or "snapshot" in r.getMessage()]


async def test_doctor_finds_an_index_that_differs_from_the_rows(house: House) -> None:
    first, second, *_ = await library(house, 4)
    await house.vectors.settle(TENANT)
    with house.indexes.open(TENANT, NAME, writable=True) as index:
        index.remove([first.number << 24])
        index.upsert([second.number << 24], np.ones((1, DIMENSION), np.float32))
        index.snapshot()
    async with opened(house) as other:
        missing, changed = await other.faults(TENANT)
    assert "holds 0 of 1 passages" in missing
    assert "another vector" in changed


@pytest.mark.slow
async def test_a_full_disk_stops_writing_and_no_search(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await library(house)

    def full(_: object) -> None:
        raise StorageFull("The disk holds no more.")

    with monkeypatch.context() as patched:
        patched.setattr(house.vectors._scribe, "settle", full)
        with pytest.raises(StorageFull):
            await house.vectors.settle(TENANT)
        assert len(await near(house.vectors, "roots drink water")) == 3
        assert (await house.vectors.stats(TENANT)).upkeep_failed == "The disk holds no more."
    await house.vectors.settle(TENANT)
    state = await house.vectors.stats(TENANT)
    assert (state.upkeep_failed, state.pending) == ("", 0)


@pytest.mark.slow
async def test_an_index_grows_and_shrinks_with_the_library(house: House) -> None:
    documents = await library(house)
    growth = Growth(pending_least=1 << 40, sq8_from=6, hnsw_from=12, queries=12)
    async with opened(house, growth) as store:
        exact = await near(store, "roots drink water", 5)
        await store.optimise(TENANT)
        state = await store.stats(TENANT)
        assert (state.kind, state.recall) == ("hnsw", 1.0)
        assert [s for _, s in await near(store, "roots drink water", 5)] == [s for _, s in exact]
        assert await store.faults(TENANT) == []
        for document in documents[:6]:
            await house.ingestion.delete(TENANT, document.id)
        await store.optimise(TENANT)
        assert (await store.stats(TENANT)).kind == "sq8"
        for document in documents[6:10]:
            await house.ingestion.delete(TENANT, document.id)
        await store.optimise(TENANT)
        state = await store.stats(TENANT)
        assert (state.kind, state.recall, state.vectors) == ("flat", None, 2)
        assert await store.faults(TENANT) == []


@pytest.mark.slow
async def test_a_structure_that_misses_too_much_is_not_kept(house: House) -> None:
    await library(house)
    growth = Growth(pending_least=1 << 40, sq8_from=2, least_recall=1.1)
    async with opened(house, growth) as store:
        await store.optimise(TENANT)
        state = await store.stats(TENANT)
        assert (state.kind, state.refused) == ("flat", {"sq8": 1.0})
        generation = state.generation
        await store.optimise(TENANT)
        assert (await store.stats(TENANT)).generation == generation, "it is not tried again at this size"


def candidate(kind: str, rows: np.ndarray, check: Callable[[], None] = lambda: None) -> Candidate:
    ids = np.arange(len(rows), dtype=np.int64)
    return Candidate(kind, rows.shape[1], ids, lambda some: rows[some], 64, 0.95, check)


@pytest.mark.parametrize("kind", ["sq8", "hnsw"])
def test_recall_is_measured_beside_exact_search(kind: str) -> None:
    random = np.random.default_rng(3)
    centres = random.standard_normal((40, 32), dtype=np.float32)
    rows = centres[random.integers(0, 40, 4000)] + 0.4 * random.standard_normal((4000, 32), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    one = candidate(kind, rows)
    made = one.build(None)
    assert made.ntotal == len(rows)
    assert one.recall is not None
    assert 0.95 <= one.recall <= 1


def test_an_index_of_other_vectors_is_refused_by_its_recall() -> None:
    random = np.random.default_rng(3)
    rows = random.standard_normal((2000, 32), dtype=np.float32)
    calls = []

    def fetch(some: np.ndarray) -> np.ndarray:
        calls.append(len(some))
        learning_and_adding = len(calls) <= 3
        return np.ascontiguousarray((rows if learning_and_adding else rows[::-1])[some])

    one = Candidate("sq8", 32, np.arange(2000), fetch, 20, 0.95, lambda: None)
    with pytest.raises(TooInexact):
        one.build(None)


def test_growing_ends_when_the_program_does() -> None:
    def stop() -> None:
        raise Stopped("The program ends.")

    with pytest.raises(Stopped):
        candidate("hnsw", np.eye(8, dtype=np.float32), stop).build(None)


@pytest.mark.parametrize(
    ("vectors", "now", "wanted"),
    [
        (99, "flat", "flat"),
        (100, "flat", "sq8"),
        (60, "sq8", "sq8"),
        (40, "sq8", "flat"),
        (1000, "flat", "hnsw"),
        (400, "hnsw", "sq8"),
        (600, "hnsw", "hnsw"),
    ],
)
def test_structures_follow_the_size_and_do_not_flutter(vectors: int, now: str, wanted: str) -> None:
    assert Growth(sq8_from=100, hnsw_from=1000).kind_for(vectors, now) == wanted


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]\n", b'{"format":2}\n', b'{"format":1}\n', b"\xff\n12345"]
)
def test_notes_of_others_are_none_of_ours(content: bytes) -> None:
    assert LibraryNote.of(content) is None


def test_a_note_comes_back_as_it_was() -> None:
    note = LibraryNote("m/1", {1: 5, 900: (1 << 64) - 1}, 7, 0.97, {"hnsw": 0.5}, 9)
    assert LibraryNote.of(note.to_bytes()) == note
