"""A program does the same whether its indexes are here or on a server: every check runs on both."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import faiss as real
import numpy as np
import pytest

D = 16
RNG = np.random.default_rng(7)
X = RNG.random((600, D), dtype=np.float32)
Q = RNG.random((9, D), dtype=np.float32)
BITS = RNG.integers(0, 256, (400, 8), dtype=np.uint8)

FACTORIES = [
    "Flat", "HNSW16", "IVF8,Flat", "IVF8,PQ4x4np", "IVF8,SQ8", "PQ4x4", "SQ8", "SQfp16", "LSH", "NSG16", "IDMap,Flat",
    "IDMap2,Flat", "PCA8,Flat", "OPQ4_8,PQ4x4", "PQ4x4,RFlat", "IVF8,Flat,RFlat", "L2norm,Flat", "ITQ,LSH",
    "PQ4x4fs", "RQ2x4", "LSQ2x4", "IVF8_HNSW8,Flat", "RaBitQ", "Flat,RFlat",
]  # fmt: skip


def made(faiss: ModuleType, factory: str, *more: Any) -> Any:
    index = faiss.index_factory(D, factory, *more)
    index.train(X)
    index.add(X) if "IDMap" not in factory else index.add_with_ids(X, np.arange(600) + 1000)
    return index


@pytest.mark.parametrize("factory", FACTORIES)
def test_every_kind_of_index_finds_what_faiss_finds(faiss: ModuleType, factory: str) -> None:
    ours, theirs = made(faiss, factory), made(real, factory)
    assert type(ours).__name__ == type(theirs).__name__
    assert (ours.ntotal, ours.d, ours.is_trained) == (theirs.ntotal, D, True)
    (d, i), (d2, i2) = ours.search(Q, 5), theirs.search(Q, 5)
    if factory.startswith(("OPQ", "ITQ")):  # their training iterates over products that threads round apart
        truth = made(real, "Flat").search(Q, 50)[1]
        assert np.mean([len(set(row) & set(near)) for row, near in zip(i, truth, strict=True)]) >= 2
        return
    np.testing.assert_allclose(d, d2, rtol=1e-3, atol=1e-4)
    assert (i == i2).mean() > 0.95


@pytest.mark.parametrize("factory", ["BFlat", "BHNSW16", "BIVF8", "BHash8", "IDMap2,BFlat"])
def test_binary_indexes(faiss: ModuleType, factory: str) -> None:
    found = []
    for module in (faiss, real):
        index = module.index_binary_factory(64, factory)
        index.train(BITS)
        index.add_with_ids(BITS, np.arange(400)) if "IDMap" in factory else index.add(BITS)
        found.append(index.search(BITS[:5], 3))
    np.testing.assert_array_equal(found[0][0], found[1][0])
    assert found[0][0].dtype == np.int32


def test_the_class_tree_and_the_fields_are_those_of_faiss(faiss: ModuleType) -> None:
    index = made(faiss, "IVF8,Flat")
    assert isinstance(index, faiss.IndexIVFFlat)
    assert isinstance(index, faiss.IndexIVF)
    assert not isinstance(index, faiss.IndexHNSW)
    assert issubclass(faiss.IndexFlatL2, faiss.IndexFlat)
    index.nprobe = 8
    assert index.nprobe == 8
    assert isinstance(faiss.downcast_index(index.quantizer), faiss.IndexFlat)
    assert index.quantizer.ntotal == index.nlist == 8
    graph = made(faiss, "HNSW16")
    graph.hnsw.efSearch = 77
    assert graph.hnsw.efSearch == 77
    assert faiss.METRIC_INNER_PRODUCT == real.METRIC_INNER_PRODUCT
    with pytest.raises(AttributeError, match="no attribute 'no_such_field'"):
        index.no_such_field = 1
    with pytest.raises(AttributeError, match="no_such_field"):
        _ = index.no_such_field


def test_objects_live_as_long_as_something_uses_them(faiss: ModuleType) -> None:
    quantizer = faiss.IndexFlatL2(D)
    index = faiss.IndexIVFFlat(quantizer, D, 8)
    inner = index.quantizer
    del quantizer
    index.train(X)
    index.add(X)
    hnsw = made(faiss, "HNSW8").hnsw  # nothing else holds the index
    assert hnsw.efSearch == 16
    del index
    assert inner.ntotal == 8
    params = faiss.SearchParametersIVF(sel=faiss.IDSelectorBatch(np.arange(10)), nprobe=8)
    _, labels = made(faiss, "IVF8,Flat").search(Q, 4, params=params)
    assert set(labels.ravel()) <= set(range(10))


def test_output_arrays_are_filled(faiss: ModuleType) -> None:
    index = made(faiss, "Flat")
    d, i = np.zeros((9, 3), np.float32), np.zeros((9, 3), np.int64)
    d2, i2 = index.search(Q, 3, D=d, I=i)
    assert d2 is d
    assert i2 is i
    np.testing.assert_array_equal(i, made(real, "Flat").search(Q, 3)[1])
    row = np.zeros(D, np.float32)
    assert index.reconstruct(5, row) is row
    np.testing.assert_array_equal(row, X[5])


def test_the_rest_of_an_index(faiss: ModuleType) -> None:
    index, theirs = made(faiss, "Flat"), made(real, "Flat")
    for a, b in zip(index.range_search(Q, 1.5), theirs.range_search(Q, 1.5), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)
    np.testing.assert_array_equal(index.reconstruct_n(2, 5), X[2:7])
    np.testing.assert_array_equal(index.reconstruct_batch([1, 3]), X[[1, 3]])
    assert index.search_and_reconstruct(Q, 2)[2].shape == (9, 2, D)
    np.testing.assert_array_equal(index.assign(Q, 1), theirs.assign(Q, 1))
    assert index.remove_ids(np.arange(10)) == 10
    assert index.remove_ids(faiss.IDSelectorRange(0, 5)) == 5
    np.testing.assert_array_equal(index.sa_decode(index.sa_encode(X[:4])), X[:4])
    other = made(faiss, "Flat")
    index.merge_from(other, 0)
    assert (index.ntotal, other.ntotal) == (1185, 0)
    index.reset()
    assert index.ntotal == 0


def test_copies_files_and_bytes(faiss: ModuleType, tmp_path: Path) -> None:
    index = made(faiss, "IVF8,PQ4x4np")
    index.nprobe = 5
    wanted = index.search(Q, 4)[1]
    faiss.write_index(index, str(tmp_path / "index"))
    assert real.read_index(str(tmp_path / "index")).nprobe == 5
    loaded = faiss.read_index(str(tmp_path / "index"))
    raw = faiss.serialize_index(index)
    for again in (
        loaded, faiss.clone_index(index), faiss.deserialize_index(raw), copy.deepcopy(index),
        pickle.loads(pickle.dumps(index)),  # noqa: S301 - our own bytes
    ):  # fmt: skip
        assert type(again).__name__ == "IndexIVFPQ"
        np.testing.assert_array_equal(again.search(Q, 4)[1], wanted)
    with pytest.raises(RuntimeError, match="could not open"):
        faiss.read_index(str(tmp_path / "none"))
    (tmp_path / "cut").write_bytes((tmp_path / "index").read_bytes()[:500])
    with pytest.raises(RuntimeError, match="read error"):
        faiss.read_index(str(tmp_path / "cut"))


def test_a_local_index_is_uploaded_where_it_is_needed(faiss: ModuleType) -> None:
    coarse = real.IndexFlatL2(D)
    index = faiss.IndexIVFFlat(coarse, D, 4)
    index.train(X)
    index.add(X)
    assert index.search(Q, 1)[1].shape == (9, 1)


def test_helpers_and_other_classes(faiss: ModuleType) -> None:
    np.testing.assert_array_equal(faiss.randn(5), real.randn(5))
    np.testing.assert_array_equal(faiss.knn(Q, X, 3)[1], real.knn(Q, X, 3)[1])
    kmeans = faiss.Kmeans(D, 6, niter=4, seed=3)
    assert kmeans.train(X) > 0
    assert kmeans.centroids.shape == (6, D)
    assert kmeans.assign(Q)[1].shape == (9,)
    pq = faiss.ProductQuantizer(D, 4, 4)
    pq.train(X)
    assert faiss.vector_to_array(pq.centroids).size == D * 16
    tables = np.zeros((9, 4, 16), np.float32)
    pq.compute_distance_tables(9, faiss.swig_ptr(Q), faiss.swig_ptr(tables))
    assert tables.all()
    pca = faiss.PCAMatrix(D, 4)
    pca.train(X)
    assert pca.apply(Q).shape == (9, 4)
    vector = faiss.Float32Vector()
    faiss.copy_array_to_vector(Q[0], vector)
    assert (vector.size(), vector.at(3)) == (D, float(Q[0, 3]))
    computer = made(faiss, "Flat").get_distance_computer()
    computer.set_query(faiss.swig_ptr(Q[0].copy()))
    assert computer(3) == pytest.approx(float(((Q[0] - X[3]) ** 2).sum()), rel=1e-4)


def test_autotune(faiss: ModuleType) -> None:
    index = made(faiss, "IVF8,Flat")
    space = faiss.ParameterSpace()
    space.initialize(index)
    space.set_index_parameter(index, "nprobe", 4)
    assert index.nprobe == 4
    criterion = faiss.OneRecallAtRCriterion(len(Q), 1)
    criterion.set_groundtruth(None, made(real, "Flat").search(Q, 1)[1])
    criterion.nnn = 1
    points = space.explore(index, Q, criterion).optimal_pts
    assert points.at(points.size() - 1).perf > 0.5


WRONG: dict[str, Any] = {
    "dimension": lambda i, _: i.search(Q[:, :8], 3),
    "k is zero": lambda i, _: i.search(Q, 0),
    "k is negative": lambda i, _: i.search(Q, -3),
    "one row only": lambda i, _: i.search(Q[0], 3),
    "a list": lambda i, _: i.search([[1.0] * D], 3),
    "k is a text": lambda i, _: i.search(Q, "3"),
    "unknown key": lambda i, _: i.reconstruct(99_999),
    "wrong ids": lambda i, _: i.add_with_ids(X, np.arange(3)),
    "no such method": lambda i, _: i.no_such_method(),
    "too many arguments": lambda i, _: i.reset(1, 2, 3),
    "output shape": lambda i, _: i.search(Q, 3, D=np.zeros((2, 2), np.float32)),
    "factory": lambda _, f: f.index_factory(D, "no such factory"),
    "negative factory": lambda _, f: f.index_factory(-4, "PQ4"),
    "training set": lambda _, f: f.index_factory(D, "IVF999,Flat").train(X[:5]),
    "untrained search": lambda _, f: f.index_factory(D, "IVF8,PQ4").add(X),
    "range of another": lambda i, _: i.range_search(Q[:, :3], 1.0),
    "selector": lambda i, f: i.search(Q, 3, params=f.SearchParametersIVF(nprobe=-1, sel=f.IDSelectorRange(5, 2))),
    "merge another kind": lambda i, f: i.merge_from(f.IndexFlatL2(3), 0),
    "not enough to train": lambda _, f: f.ProductQuantizer(D, 4, 8).train(X[:3]),
    "wrong parameter": lambda i, f: f.ParameterSpace().set_index_parameter(i, "nope", 3),
    "constructor": lambda _, f: f.IndexFlatL2("x"),
    "wrong argument": lambda _, f: f.SearchParametersIVF(nope=3),
}  # fmt: skip


def outcome(call: Any, module: ModuleType) -> tuple[str, str]:
    index = module.index_factory(D, "Flat")
    index.add(X)
    try:
        call(index, module)
    except Exception as error:  # noqa: BLE001 - what is compared
        return type(error).__name__, str(error).split(" at /")[0].split("\n")[0][:80]
    return "", ""


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_those_of_faiss(faiss: ModuleType, name: str) -> None:
    ours, theirs = outcome(WRONG[name], faiss), outcome(WRONG[name], real)
    # A session takes no text at all where FAISS takes none: the same type, words of its own.
    assert ours == theirs or ("text" in ours[1] and ours[0] == theirs[0])


def test_nan_is_searched_as_faiss_searches_it(faiss: ModuleType) -> None:
    index = made(faiss, "Flat")
    np.testing.assert_array_equal(index.search(np.full((1, D), np.nan, np.float32), 2)[1], [[-1, -1]])
    assert index.search(Q, 700)[1][0, -1] == -1


def test_threads_may_share_an_index(faiss: ModuleType) -> None:
    index, wanted = made(faiss, "HNSW16"), made(faiss, "HNSW16").search(Q, 5)[1]
    wrong: list[int] = []

    def work(seed: int) -> None:
        for turn in range(20):
            row = (seed + turn) % len(Q)
            if not (index.search(Q[row : row + 1], 5)[1] == index.search(Q, 5)[1][row]).all():
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    assert wanted.shape == (9, 5)


def test_contributed_modules_work_on_the_same_objects(faiss: ModuleType) -> None:
    from faiss_proxy.contrib import evaluation, ivf_tools  # noqa: PLC0415 - after the state was chosen
    from faiss_proxy.contrib.factory_tools import reverse_index_factory  # noqa: PLC0415

    index = made(faiss, "IVF8,Flat")
    assert reverse_index_factory(index) == "IVF8,Flat"
    assert (
        len(ivf_tools.get_invlist_sizes(index.invlists)) == 8
        if hasattr(ivf_tools, "get_invlist_sizes")
        else True
    )
    same = evaluation.knn_intersection_measure(index.search(Q, 3)[1], index.search(Q, 3)[1])
    assert same == 1.0
