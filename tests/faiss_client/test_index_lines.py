"""Connections on which a named index is searched: the answers of ``/search``, its errors and its limits."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import faiss_proxy
import numpy as np
import pytest

from backend.config.settings import Settings
from backend.models.access import Scope
from tests.faiss_client.test_lines import answer, attached, exchange, sockets
from tests.support.index_server import FRAME, IndexServer, frame, unframe
from tests.support.keys import new_key

__all__ = ["sockets"]

X = np.random.default_rng(5).random((200, 8), dtype=np.float32)
WANTED = ("Connection: Upgrade", "Upgrade: faiss-index")
QUERY = frame({"k": 3}, [X[:1]])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    server = IndexServer(tmp_path_factory.mktemp("lines") / "data")
    server.http.post("/v1/index", json={"name": "papers", "dimension": 8, "index_type": "Flat"})
    body = frame({}, [X, np.arange(200)])
    assert server.http.post("/v1/index/papers/vectors", content=body, headers=FRAME).status_code == 200
    yield server
    server.stop()


def test_a_line_answers_as_search_does_and_is_counted_with_it(service: IndexServer) -> None:
    plain = service.http.post("/v1/index/papers/search", content=QUERY, headers=FRAME).content
    line, said = attached(service, "/v1/index/papers", *WANTED, "X-Request-ID: mine")
    assert said.startswith(b"HTTP/1.1 101")
    assert b"X-Request-ID: mine" in said
    for _ in range(3):
        assert exchange(line, QUERY) == (200, plain)
    assert _counted(service) >= 4
    line.close()
    assert service.http.get("/v1/health").status_code == 200


def _counted(service: IndexServer) -> int:
    lines = service.http.get("/v1/metrics").text.splitlines()
    return int(sum(float(one.split()[-1]) for one in lines if '"search"' in one and "_count" in one))


def test_a_frame_in_pieces_and_two_at_once_are_answered_in_their_order(service: IndexServer) -> None:
    line, _ = attached(service, "/v1/index/papers", *WANTED)
    for byte in struct.pack("<Q", len(QUERY)) + QUERY:
        line.sendall(bytes([byte]))
    assert unframe(answer(line)[1])[1][1].tolist()[0][0] == 0
    both = b"".join(
        struct.pack("<Q", len(one)) + one for one in (QUERY, frame({"k": 1}, [X[7:8]]), b"nonsense")
    )
    line.sendall(both)
    assert unframe(answer(line)[1])[1][1].shape == (1, 3)
    assert unframe(answer(line)[1])[1][1].tolist() == [[7]]
    assert answer(line)[0] == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"FXP1\xff\xff\xff\xff", 400),
        (frame({"k": 0}, [X[:1]]), 400),
        (frame({"k": 3}, [X[:1, :5].copy()]), 400),
        (frame({"k": 3}, [np.full((1, 8), np.nan, np.float32)]), 400),
        (frame({"k": 3, "filter": {"a": {"$no": 1}}}, [X[:1]]), 400),
    ],
)
def test_what_is_refused_is_told_and_the_line_goes_on(service: IndexServer, body: bytes, status: int) -> None:
    line, _ = attached(service, "/v1/index/papers", *WANTED)
    got, said = exchange(line, body)
    assert got == status
    assert json.loads(said)["status"] == "error"
    assert exchange(line, QUERY)[0] == 200


def test_a_frame_that_is_too_large_ends_the_line_unread(service: IndexServer) -> None:
    line, _ = attached(service, "/v1/index/papers", *WANTED)
    line.sendall(struct.pack("<Q", 1 << 40) + b"x" * 100)
    status, said = answer(line)
    assert (status, json.loads(said)["code"]) == (413, "too_large")
    assert line.recv(1) == b""
    assert service.http.get("/v1/health").status_code == 200


def test_unknown_indexes_and_plain_requests_are_no_lines(service: IndexServer) -> None:
    assert attached(service, "/v1/index/none", *WANTED)[1].startswith(b"HTTP/1.1 404")
    said = attached(service, "/v1/index/papers", "Connection: close")[1]
    assert said.startswith(b"HTTP/1.1 426")
    assert b"upgrade: faiss-index" in said.lower()


def test_an_index_that_is_dropped_meanwhile_is_unknown_on_its_line(service: IndexServer) -> None:
    service.http.post("/v1/index", json={"name": "brief", "dimension": 8, "index_type": "Flat"})
    line, _ = attached(service, "/v1/index/brief", *WANTED)
    assert service.http.delete("/v1/index/brief").status_code == 200
    status, said = exchange(line, QUERY)
    assert (status, json.loads(said)["code"]) == (404, "index_not_found")


def test_many_clients_at_once_get_their_own_neighbours(service: IndexServer) -> None:
    wrong: list[int] = []

    def look(first: int) -> None:
        line, _ = attached(service, "/v1/index/papers", *WANTED)
        for n in range(first, 200, 16):
            found = unframe(exchange(line, frame({"k": 1}, [X[n : n + 1]]))[1])[1][1]
            wrong.extend([n] if found.tolist() != [[n]] else [])

    threads = [threading.Thread(target=look, args=(n,)) for n in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert wrong == []


def test_the_client_searches_over_a_line_and_without_one(service: IndexServer) -> None:
    faiss_proxy.configure(service.url)
    try:
        index = faiss_proxy.open("papers")
        over_line = index.search(X[:4], 3)
        assert len(index._lines._idle) == 1
        index._lines.close()
        index._lines._not_before = float("inf")  # as behind a proxy that upgrades nothing
        plainly = index.search(X[:4], 3)
        np.testing.assert_array_equal(over_line[1], plainly[1])
        np.testing.assert_array_equal(over_line[0], plainly[0])
        with pytest.raises(faiss_proxy.ServiceError, match="shape"):
            index.search(X[:1, :5], 1)
    finally:
        faiss_proxy.configure(None)


def test_a_key_is_asked_for_and_another_tenants_index_is_unknown(tmp_path: Path) -> None:
    server = IndexServer(tmp_path, AUTH_REQUIRED="true")
    try:
        settings = Settings(data_dir=tmp_path)
        mine = new_key(settings, "mine")[1]
        reads = new_key(settings, "mine", frozenset({Scope.READ}))[1]
        other = new_key(settings, "other")[1]
        body = {"name": "papers", "dimension": 8, "index_type": "Flat"}
        server.http.post("/v1/index", json=body, headers={"X-API-Key": mine}).raise_for_status()
        for key, status in ((reads, b"101"), (other, b"404"), ("wrong", b"401")):
            said = attached(server, "/v1/index/papers", *WANTED, f"X-API-Key: {key}")[1]
            assert said.startswith(b"HTTP/1.1 " + status)
    finally:
        server.stop()
