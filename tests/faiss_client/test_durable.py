"""``faiss_proxy.open``: durable indexes of the service, as the client sees them."""

from __future__ import annotations

import uuid
from types import ModuleType
from typing import Any

import faiss as real
import numpy as np
import pytest

from tests.faiss_client.test_session_safety import X

IDS = np.arange(len(X), dtype=np.int64) + 1000


def made(remote: ModuleType, kind: str, metric: str = "l2", dimension: int = 8) -> str:
    name = f"durable-{uuid.uuid4().hex[:12]}"
    body = {"name": name, "dimension": dimension, "index_type": kind, "metric": metric}
    remote._configured.call("POST", "/v1/index", body)
    return name


def test_open_attaches_to_what_every_program_shares(remote: ModuleType, server: Any) -> None:
    name = made(remote, "Flat")
    index = remote.open(name)
    assert (index.name, index.d, index.ntotal, index.is_trained) == (name, 8, 0, True)
    index.add_with_ids(X, IDS)
    local = real.IndexIDMap(real.IndexFlatL2(8))
    local.add_with_ids(X, IDS)
    (d, i), (local_d, local_i) = index.search(X[:5], 4), local.search(X[:5], 4)
    np.testing.assert_array_equal(i, local_i)
    np.testing.assert_allclose(d, local_d, rtol=1e-5, atol=1e-6)
    remote.configure(server.url)  # another program: a session of its own
    again = remote.open(name)
    assert again.ntotal == len(X)
    assert again.remove_ids([1000, 1001, 5]) == 2
    assert again.search(X[:1], 1)[1][0, 0] != 1000
    again.reset()
    assert again.ntotal == 0
    d, i = again.search(X[:2], 3)
    assert d.shape == i.shape == (2, 3)
    np.testing.assert_array_equal(i, -1)
    np.testing.assert_array_equal(d, np.finfo(np.float32).max)


def test_metadata_filters_and_training(remote: ModuleType) -> None:
    index = remote.open(made(remote, "IVF4,Flat", "ip"))
    assert not index.is_trained
    index.train(X)
    assert index.is_trained
    index.add_with_ids(X[:100], IDS[:100], [{"even": n % 2 == 0} for n in range(100)])
    odd = index.search(X[:3], 10, filter={"even": False}, params={"nprobe": 4})[1]
    assert (odd % 2 == 1).all()
    d, i = index.search(X[:1], 200, params={"nprobe": 4})
    assert sorted(i[0][:100]) == list(IDS[:100])
    np.testing.assert_array_equal(i[0][100:], -1)
    np.testing.assert_array_equal(d[0][100:], np.finfo(np.float32).min)


def test_a_binary_index(remote: ModuleType) -> None:
    index = remote.open(made(remote, "BFlat", dimension=64))
    bits = np.random.default_rng(2).integers(0, 256, (50, 8), dtype=np.uint8)
    index.add_with_ids(bits, np.arange(50))
    d, i = index.search(bits[7:8], 60)
    assert (d[0, 0], i[0, 0], i[0, 50]) == (0, 7, -1)
    assert d.dtype == np.int32


def test_what_is_wrong_is_said(remote: ModuleType) -> None:
    with pytest.raises(remote.ServiceError, match="no index"):
        remote.open("never-made")
    index = remote.open(made(remote, "Flat"))
    with pytest.raises(ValueError, match=r"\(n, 8\)"):
        index.search(X[0], 1)
    with pytest.raises(remote.ServiceError, match="8"):
        index.search(np.zeros((1, 7), np.float32), 1)
    remote.configure(None)
    with pytest.raises(remote.ServiceError, match="configure"):
        remote.open("anything")
