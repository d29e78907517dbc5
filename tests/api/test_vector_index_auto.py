"""``index_type: Auto`` over HTTP: flat at once, then through a graph that is made meanwhile, also over restarts."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from tests.support.index_server import FRAME, IndexServer, frame, unframe

D, MANY, FROM = 16, 5_200, 5_000


def vectors(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, D), np.float32)


def put(server: IndexServer, ids: np.ndarray, rows: np.ndarray, years: list[int] | None = None) -> None:
    header = {} if years is None else {"metadata": [{"year": year} for year in years]}
    answer = server.http.post("/v1/index/it/vectors", content=frame(header, [rows, ids]), headers=FRAME)
    assert answer.status_code == 200, answer.text


def found(server: IndexServer, rows: np.ndarray, k: int = 10, **more: Any) -> np.ndarray:
    body = frame({"k": k, **more}, [rows])
    answer = server.http.post("/v1/index/it/search", content=body, headers=FRAME)
    assert answer.status_code == 200, answer.text
    return unframe(answer.content)[1][1]


def graph_once(server: IndexServer, state: str) -> dict[str, Any]:
    """The figures of the graph as soon as it is in this state."""
    deadline = time.monotonic() + 120
    while (told := server.http.get("/v1/index/it").json()["graph"])["state"] != state:
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
    figures: dict[str, Any] = told
    return figures


def share(got: np.ndarray, wanted: np.ndarray) -> float:
    pairs = zip(got.tolist(), wanted.tolist(), strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in pairs]))


def test_it_grows_a_graph_and_keeps_it_over_a_kill(tmp_path: Path) -> None:
    rows, ids, queries = vectors(MANY), np.arange(MANY), vectors(30, 9)
    exact = faiss.IndexFlatL2(D)
    exact.add(rows)
    server = IndexServer(tmp_path)
    try:
        made = server.http.post("/v1/index", json={"name": "it", "dimension": D, "index_type": "Auto"})
        assert made.status_code == 201, made.text
        assert made.json()["index_type"] == "Auto"
        assert made.json()["graph"]["state"] == "none"
        few = FROM - 1
        put(server, ids[:few], rows[:few], [1900 + i % 100 for i in range(few)])
        truth = exact.search(queries, 10)[1]
        assert found(server, rows[:5], 1)[:, 0].tolist() == [0, 1, 2, 3, 4]
        put(server, ids[few:], rows[few:], [1900 + i % 100 for i in range(few, MANY)])
        assert found(server, rows[-1:], 1).tolist() == [[MANY - 1]]
        told = graph_once(server, "ready")
        assert told["covered"] == MANY
        assert told["recall"] >= 0.99
        assert share(found(server, queries), truth) > 0.97
        assert share(found(server, queries, params={"efSearch": 512}), truth) > 0.97
        some = found(server, queries, filter={"year": {"$gte": 1950}})
        assert (some % 100 >= 50).all()
        server.http.post("/v1/index/it/vectors/delete", json={"ids": [7]})
        put(server, np.array([3]), vectors(1, 5))
        assert found(server, vectors(1, 5), 1).tolist() == [[3]]
        assert 7 not in found(server, rows[7:8])
    finally:
        server.stop(signal.SIGKILL)
    server = IndexServer(tmp_path)
    try:
        assert found(server, vectors(1, 5), 1).tolist() == [[3]]
        assert 7 not in found(server, rows[7:8])
        assert graph_once(server, "ready")["covered"] in {MANY, MANY + 1}
        assert found(server, vectors(1, 5), 1).tolist() == [[3]]
        assert 7 not in found(server, rows[7:8])
        assert share(found(server, queries), truth) > 0.97
        assert server.http.post("/v1/index/it/optimize").json()["graph"]["covered"] == MANY - 1
        assert server.http.post("/v1/index/it/reset").json()["deleted"] == MANY - 1
        assert server.http.get("/v1/index/it").json()["graph"]["state"] == "none"
        assert found(server, queries).tolist() == [[-1]] * 30
    finally:
        assert server.stop() == 0
