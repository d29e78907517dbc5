"""Bodies that are too large: one that does not say so is read to its limit, and an answer is not made at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest

from backend.errors import InvalidRequest
from backend.models.vector_index import Neighbours
from backend.routes.index_bodies import results_response
from tests.support.index_server import IndexServer

CHUNK = b"%x\r\n" % 65_536 + b"x" * 65_536 + b"\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    folder: Path = tmp_path_factory.mktemp("bodies")
    server = IndexServer(folder, INDEX_MAX_BODY_MB="2")
    yield server
    server.stop()


@pytest.mark.parametrize("call", ["search", "vectors", "train", "vectors/delete", "reset", "nothing"])
def test_2_gb_without_a_length_end_at_the_limit(service: IndexServer, call: str) -> None:
    parts = urlsplit(service.url)
    service.http.post("/v1/index", json={"name": "large", "dimension": 8, "index_type": "Flat"})
    with socket.create_connection((parts.hostname, parts.port), 30) as line:
        line.sendall(
            f"POST /v1/index/large/{call} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        try:
            while sent < 2_000_000_000:
                line.sendall(CHUNK)
                sent += 65_536
        except OSError:  # the server has closed it
            pass
        assert sent < 40_000_000  # what systems hold between the two
    assert service.http.get("/v1/index/large/ntotal").json() == {"ntotal": 0}


def test_the_answer_says_413_and_closes(service: IndexServer) -> None:
    parts = urlsplit(service.url)
    with socket.create_connection((parts.hostname, parts.port), 30) as line:
        line.sendall(
            b"POST /v1/index/large/search HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            + CHUNK * 31  # two MB but for little
        )
        line.settimeout(30)
        said = b""
        while piece := line.recv(65_536):
            said += piece
        head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in head.lower()
    assert b"INDEX_MAX_BODY_MB" in body


def test_many_results_are_those_of_few(service: IndexServer) -> None:
    service.http.post("/v1/index", json={"name": "small", "dimension": 2})
    vectors = [{"id": f"v{n}", "values": [n, 1], "metadata": {"n": n}} for n in range(4)]
    service.http.post("/v1/index/small/vectors", json={"vectors": vectors})
    queries = [[n % 7, n % 5] for n in range(3000)]
    for path, more in (
        ("search", {"k": 4}),
        ("specialized_search", {"search_type": "range", "radius": 1e9}),
        ("specialized_search", {"search_type": "reconstruct", "k": 4}),
        ("specialized_search", {"search_type": "assign", "k": 4}),
    ):
        few, many = (
            service.http.post(f"/v1/index/small/{path}", json={"vectors": some} | more).json()
            for some in (queries[:30], queries)
        )
        kind = "labels" if "labels" in many else "results"
        assert len(many[kind]) == 3000
        assert few == many | {kind: many[kind][:30]}


def test_more_results_than_json_is_good_for_are_refused() -> None:
    found = Neighbours(np.zeros((2, 600_000), np.float32), np.zeros((2, 600_000), np.int64), [])
    with pytest.raises(InvalidRequest, match="send a frame"):
        asyncio.run(results_response([found], single=False))
