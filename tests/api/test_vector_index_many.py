"""A thousand indexes in one process, of which fifty are busy: memory does not grow with what lies still."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.support.index_server import FRAME, IndexServer, frame, unframe

INDEXES, FIRST, BUSY, ROWS, DIMENSION = 1000, 100, 50, 400, 64
BYTES = ROWS * DIMENSION * 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[IndexServer]:
    running = IndexServer(tmp_path / "many")
    yield running
    assert running.stop() == 0


def rows_of(number: int) -> np.ndarray:
    return np.random.default_rng(number).standard_normal((ROWS, DIMENSION)).astype(np.float32)


def fill(server: IndexServer, number: int) -> None:
    made = server.http.post("/v1/index", json={"name": f"n{number}", "dimension": DIMENSION})
    assert made.status_code == 201
    body = frame({}, [rows_of(number), np.arange(ROWS, dtype=np.int64)])
    added = server.http.post(f"/v1/index/n{number}/vectors", content=body, headers=FRAME)
    assert added.json()["added"] == ROWS


def found_itself(server: IndexServer, number: int) -> bool:
    body = frame({"k": 1}, [rows_of(number)[7:8]])
    answer = server.http.post(f"/v1/index/n{number}/search", content=body, headers=FRAME)
    return bool(unframe(answer.content)[1][1][0, 0] == 7)


def resident(server: IndexServer) -> int:
    return int(psutil.Process(server.process.pid).memory_info().rss)


@pytest.mark.slow
def test_a_thousand_indexes_and_fifty_of_them_busy_in_flat_memory(server: IndexServer) -> None:
    with ThreadPoolExecutor(4) as threads:

        def busy(numbers: range, turns: int) -> None:
            for _ in range(turns):
                assert all(threads.map(lambda n: found_itself(server, n), numbers))

        list(threads.map(lambda n: fill(server, n), range(FIRST)))
        busy(range(0, FIRST, FIRST // BUSY), 2)
        with_few = resident(server)
        list(threads.map(lambda n: fill(server, n), range(FIRST, INDEXES)))
        busy(range(0, INDEXES, INDEXES // BUSY), 4)
        with_all = resident(server)
        told = server.http.get("/v1/health").json()
        assert told["open_indexes"] <= 64
        # The vectors of what was added since are 92 MB.
        assert with_all - with_few < 0.25 * (INDEXES - FIRST) * BYTES
        busy(range(0, INDEXES, INDEXES // BUSY), 8)
        assert resident(server) - with_all < BUSY * BYTES
        # And each of those that lay still is there.
        assert all(threads.map(lambda n: found_itself(server, n), range(3, INDEXES, 97)))
