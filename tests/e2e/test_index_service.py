"""Two API processes and one index service over one data folder: each serves the same indexes to their tenants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import faiss_proxy
import httpx
import numpy as np
import pytest

from backend.config.settings import Settings
from tests.support.index_server import FRAME, IndexServer, frame, unframe
from tests.support.keys import new_key
from tests.support.processes import Server

X = np.random.default_rng(3).random((300, 16), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[IndexServer]:
    server = IndexServer(folder, AUTH_REQUIRED="true")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def replicas(folder: Path, service: IndexServer) -> Iterator[list[httpx.Client]]:
    told = {"AUTH_REQUIRED": "true", "SAMPLE_DOCUMENT": "false", "INDEX_URL": service.url}
    servers = [Server(folder, **told) for _ in range(2)]
    clients = [httpx.Client(base_url=each.url, timeout=60) for each in servers]
    yield clients
    for client, server in zip(clients, servers, strict=True):
        client.close()
        server.stop()


def test_what_one_replica_writes_the_other_finds_and_no_stranger(
    folder: Path, replicas: list[httpx.Client]
) -> None:
    settings = Settings(data_dir=folder)
    mine = {"X-API-Key": new_key(settings, "mine")[1]}
    other = {"Authorization": f"Bearer {new_key(settings, 'other')[1]}"}
    first, second = replicas
    made = {"name": "papers", "dimension": 16, "index_type": "Flat"}
    assert first.post("/v1/index", json=made, headers=mine).status_code == 201
    body = frame({}, [X, np.arange(300)])
    assert second.post("/v1/index/papers/vectors", content=body, headers=mine | FRAME).status_code == 200
    for replica in replicas:
        asked = frame({"k": 1}, [X[7:8]])
        answer = replica.post("/v1/index/papers/search", content=asked, headers=mine | FRAME)
        assert unframe(answer.content)[1][1].tolist() == [[7]]
        link = {"vector": ",".join(map(str, X[9].tolist())), "k": 1, "filter": '{"a": {"$exists": false}}'}
        assert (
            replica.get("/v1/index/papers/search", params=link, headers=mine).json()["results"][0]["id"] == 9
        )
        stranger = replica.get("/v1/index/papers", headers=other)
        unknown = replica.get("/v1/index/never", headers=other)
        assert (stranger.status_code, unknown.status_code) == (404, 404)
        assert stranger.json()["code"] == unknown.json()["code"] == "index_not_found"
        assert replica.get("/v1/index").status_code == 401
    faiss_proxy.configure(str(first.base_url), api_key=mine["X-API-Key"])
    try:  # no line leads through an API process: the plain way serves
        assert faiss_proxy.open("papers").search(X[3:4], 1)[1].tolist() == [[3]]
    finally:
        faiss_proxy.configure(None)
    refused = second.post("/v1/index/papers/search", json={"vector": [1.0], "k": 1}, headers=mine)
    assert refused.status_code == 400
    assert refused.json()["request_id"] == refused.headers["X-Request-ID"]


def test_a_service_that_is_away_is_said(
    folder: Path, service: IndexServer, replicas: list[httpx.Client]
) -> None:
    key = {"X-API-Key": new_key(Settings(data_dir=folder), "mine")[1]}
    replica = replicas[0]
    ready = replica.get("/health/ready").json()
    assert "vector indexes" in str(ready)
    service.stop()
    answer = replica.get("/v1/index", headers=key)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]
    assert replica.get("/health/ready").status_code == 200  # everything else goes on
