"""Every type of index answers as plain FAISS does: added, removed, reopened, cleared out, searched by filter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import pytest

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Opening, structure
from backend.adapters.faiss_engine.spec import METRICS
from backend.errors import InvalidRequest

D, N = 32, 1_000
TYPES = [
    "Flat",
    "IVF8,Flat",
    pytest.param("IVF8,PQ8x4", marks=pytest.mark.slow),
    "IVF8,SQ8",
    "IVF8,PQ8x4fs",
    "HNSW16",
    "HNSW16,SQ8",
    pytest.param("PQ8x4", marks=pytest.mark.slow),
    "PQ8x4fs",
    "SQ8",
    "SQfp16",
    "LSH",
    pytest.param("NSG16", marks=pytest.mark.slow),
    "PCA16,Flat",
    pytest.param("OPQ8_32,IVF8,PQ8x4", marks=pytest.mark.slow),  # trains for seconds
    "IVF8(IVF4,Flat),PQ8x4",
    "IVF8,FlatDedup",
    "IVF8,ITQ8,SH",
    pytest.param("IVF8,RQ2x4", marks=pytest.mark.slow),
    pytest.param("IVF8,PQ8+4", marks=pytest.mark.slow),
    "L2norm,Flat",
    "IVF8,Flat,RFlat",
    "SQ8,RFlat",
    "IDMap,Flat",
    "IDMap2,HNSW16",
    "RQ2x4",
    "BFlat",
    "BIVF8",
    "BHNSW16",
    "BHash8",
]
EXACT = {
    "Flat",
    "IDMap,Flat",
    "L2norm,Flat",
    "PCA16,Flat",
    "SQ8",
    "SQfp16",
    "BFlat",
    "PQ8x4",
    "LSH",
    "RQ2x4",
}
"""Types that look at every vector: removing some leaves the order of the others as it was."""


def data(spec: IndexSpec, count: int, seed: int = 3) -> npt.NDArray[Any]:
    chance = np.random.default_rng(seed)
    if spec.binary:
        return chance.integers(0, 256, (count, spec.columns), dtype=np.uint8)
    return chance.standard_normal((count, spec.columns), dtype=np.float32)


def plain(spec: IndexSpec) -> Any:
    return (
        faiss.index_binary_factory(spec.dimension, spec.factory)
        if spec.binary
        # Without a table FAISS would end the process where lists choose among lists.
        else structure.safe(faiss.index_factory(spec.dimension, spec.factory, METRICS[spec.metric]))
    )


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    faiss.omp_set_num_threads(1)  # many that wait for each other on a busy machine take longer


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "indexes") as made:
        yield made


@pytest.fixture(params=TYPES)
def spec(request: pytest.FixtureRequest) -> IndexSpec:
    return IndexSpec(64 if request.param.startswith("B") else D, request.param)


def filled(engine: Engine, spec: IndexSpec) -> tuple[EngineIndex, npt.NDArray[np.int64], Any]:
    """Ids that are not positions, and FAISS's own index beside it."""
    engine.create("tenant", "it", spec)
    index, oracle, rows = engine.open("tenant", "it", writable=True), plain(spec), data(spec, N)
    if not oracle.is_trained:
        index.train(rows)
        oracle.train(rows)
    ids = np.random.default_rng(5).permutation(N).astype(np.int64) * 7 + 11
    index.add(ids, rows, [{"part": int(i) % 3} for i in ids])
    oracle.add(rows)
    return index, ids, oracle


def expected(oracle: Any, ids: npt.NDArray[np.int64], queries: Any, k: int) -> tuple[Any, Any]:
    distances, positions = oracle.search(queries, k)
    return distances, np.where(positions < 0, -1, ids[positions])


def same(found: tuple[Any, Any], wanted: tuple[Any, Any], *, graph: bool = False) -> None:
    """Equal distances; ids too, save where several are equally near. A graph depends on what came together."""
    if graph:
        assert abs(found[0].mean() - wanted[0].mean()) < 0.03 * wanted[0].mean()
        return
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-4, atol=1e-4)
    for distances, mine, theirs in zip(wanted[0], found[1], wanted[1], strict=True):
        clear = np.abs(distances - distances[-1]) > 1e-3
        assert set(mine[clear]) == set(theirs[clear])


def test_answers_like_faiss_before_and_after_opening_again(engine: Engine, spec: IndexSpec) -> None:
    index, ids, oracle = filled(engine, spec)
    queries = data(spec, 20, 9)
    wanted = expected(oracle, ids, queries, 10)
    same(index.search(queries, 10), wanted, graph="HNSW" in spec.factory)
    index.close()
    with engine.open("tenant", "it", writable=True) as again:  # from the log
        same(again.search(queries, 10), wanted, graph="HNSW" in spec.factory)
        again.snapshot()
    for opening in Opening:
        with engine.open("tenant", "it", opening=opening) as again:  # from the snapshot
            assert again.stats().mapped == (opening != Opening.OWNED)
            same(again.search(queries, 10), wanted, graph="HNSW" in spec.factory)


def test_what_was_removed_is_never_found_and_what_stays_is(engine: Engine, spec: IndexSpec) -> None:
    index, ids, oracle = filled(engine, spec)
    queries = data(spec, 20, 9)
    gone = ids[::2]
    assert index.remove(np.append(gone, [1, 2])) == len(gone)
    distances, found = index.search(queries, 10)
    assert not np.isin(found, gone).any()
    assert len(index) == N - len(gone)
    if spec.index_type in EXACT:
        everything = expected(oracle, ids, queries, N)
        alive = ~np.isin(everything[1], gone) & (everything[1] >= 0)
        nearest = np.stack([d[a][:10] for d, a in zip(everything[0], alive, strict=True)])
        np.testing.assert_allclose(distances, nearest, rtol=1e-4, atol=1e-4)


def test_cleared_out_it_answers_as_before(engine: Engine, spec: IndexSpec) -> None:
    index, ids, _ = filled(engine, spec)
    queries = data(spec, 20, 9)
    index.remove(ids[::2])
    before = index.search(queries, 10)
    if spec.index_type in {"BHash8", "IVF8,PQ8x4fs", "IVF8,FlatDedup"}:
        with pytest.raises(InvalidRequest):
            index.compact()
        same(index.search(queries, 10), before)
        return
    index.compact()
    after = index.search(queries, 10)
    assert index.stats().removed == 0
    if not any(kind in spec.index_type for kind in ("HNSW", "NSG")):
        same(after, before)
    assert (np.isin(after[1], ids[1::2]) | (after[1] < 0)).all()
    index.close()
    with engine.open("tenant", "it") as again:
        same(again.search(queries, 10), after)


def test_a_filter_finds_what_passes(engine: Engine, spec: IndexSpec) -> None:
    index, ids, oracle = filled(engine, spec)
    queries = data(spec, 10, 9)
    distances, found = index.search(queries, 10, {"part": 1})
    assert (found[found >= 0] % 3 == 1).all()
    assert (found >= 0).mean() > (0 if spec.index_type == "BHash8" else 0.5)  # FAISS looks at one bucket
    if spec.index_type in EXACT:
        everything = expected(oracle, ids, queries, N)
        passing = everything[1] % 3 == 1
        nearest = np.stack([d[p][:10] for d, p in zip(everything[0], passing, strict=True)])
        np.testing.assert_allclose(distances, nearest, rtol=1e-4, atol=1e-4)
    assert (index.search(queries, 3, {"part": 5})[1] == -1).all()


def test_vectors_come_back_as_faiss_keeps_them(engine: Engine, spec: IndexSpec) -> None:
    index, ids, oracle = filled(engine, spec)
    if hasattr(oracle, "make_direct_map"):
        oracle.make_direct_map()
    elif isinstance(oracle, faiss.IndexPreTransform) and hasattr(
        faiss.downcast_index(oracle.index), "make_direct_map"
    ):
        faiss.downcast_index(oracle.index).make_direct_map()
    elif isinstance(oracle, faiss.IndexRefine) and hasattr(
        faiss.downcast_index(oracle.base_index), "make_direct_map"
    ):
        faiss.downcast_index(oracle.base_index).make_direct_map()
    if spec.index_type == "IVF8,FlatDedup":
        with pytest.raises(InvalidRequest):
            index.reconstruct(int(ids[0]))
        index.add([5], data(spec, 1, 1))  # asking for one did not make it refuse more
        return
    if spec.index_type == "IVF8,PQ8x4fs":
        with pytest.raises(InvalidRequest, match="packed"):
            index.reconstruct(int(ids[0]))
        return
    try:
        wanted = [oracle.reconstruct(position) for position in (0, 77, N - 1)]
    except RuntimeError:
        pytest.skip("FAISS gives no vector of this type back")
    for position, vector in zip((0, 77, N - 1), wanted, strict=True):
        np.testing.assert_allclose(index.reconstruct(int(ids[position])), vector, rtol=1e-5)
        assert index.metadata(int(ids[position])) == {"part": int(ids[position]) % 3}
    index.add([5], data(spec, 1, 1)) if spec.index_type != "NSG16" else None
    assert len(index.reconstruct(int(ids[3]))) == spec.columns


@pytest.mark.parametrize("kind", ["ZnLattice4x10_8", "IVF0,Flat", "IVF8(IVF4,PQ4x4fs),PQ8"])
def test_types_that_faiss_cannot_keep_are_refused(engine: Engine, kind: str) -> None:
    with pytest.raises(InvalidRequest):
        engine.create("tenant", "it", IndexSpec(D, kind))
    assert engine.names("tenant") == []


@pytest.mark.parametrize("radius", [0, 24, 24.5, 25, 1e9, float("inf")])
def test_a_radius_of_bits_may_be_any_number(engine: Engine, radius: float) -> None:
    index, ids, oracle = filled(engine, IndexSpec(64, "BFlat"))
    queries = data(index.spec, 5, 9)
    wanted = expected(oracle, ids, queries, N)
    limits, distances, found = index.range_search(queries, radius)
    for place in range(5):
        within = wanted[0][place] < radius
        part = slice(limits[place], limits[place + 1])
        assert sorted(found[part]) == sorted(wanted[1][place][within])
        assert sorted(distances[part]) == sorted(wanted[0][place][within])
