"""Many at once, random sequences beside a model, and a server that is killed."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.index_server import FRAME, IndexServer, frame, unframe

DIMENSION = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    running = IndexServer(tmp_path_factory.mktemp("together"), INDEX_OPEN="4")
    yield running
    assert running.stop() == 0


def vector(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)


def make(server: IndexServer, name: str, kind: str = "Flat") -> str:
    answer = server.http.post("/v1/index", json={"name": name, "dimension": DIMENSION, "index_type": kind})
    assert answer.status_code == 201
    return f"/v1/index/{name}"


def entry(one: Any, values: np.ndarray, **metadata: Any) -> dict[str, Any]:
    return {"id": one, "values": values.tolist(), "metadata": metadata}


def test_readers_and_writers_at_once_see_whole_vectors(server: IndexServer) -> None:
    place = make(server, "busy")
    stop, writers = Event(), 4

    def write(who: int) -> int:
        for i in range(40):
            number = who * 1000 + i
            body = {"vectors": [entry(f"w{number}", vector(number), n=number)]}
            assert server.http.post(f"{place}/vectors", json=body).status_code == 200
            if i % 4 == 3:
                assert server.http.delete(f"{place}/vectors/w{number - 1}").status_code == 200
        return 30

    def read(who: int) -> int:
        seen = 0
        while not stop.is_set():
            answer = server.http.post(f"{place}/search", json={"vector": vector(who).tolist(), "k": 5})
            assert answer.status_code == 200, answer.text
            for one in answer.json()["results"]:
                seen += 1
                assert one["id"] == f"w{one['metadata']['n']}"
                apart = float(np.sum((vector(one["metadata"]["n"]) - vector(who)) ** 2))
                assert one["score"] == pytest.approx(apart, rel=1e-3, abs=1e-3)
        return seen

    with ThreadPoolExecutor(12) as threads:
        readers = [threads.submit(read, who) for who in range(8)]
        written = [threads.submit(write, who) for who in range(writers)]
        try:
            assert sum(done.result() for done in written) == 30 * writers
        finally:
            stop.set()
        assert sum(done.result() for done in readers) > 0
    assert server.http.get(f"{place}/ntotal").json() == {"ntotal": 30 * writers}


def test_single_queries_that_come_together_are_answered_as_alone(server: IndexServer) -> None:
    place = make(server, "joined")
    rows = np.stack([vector(i) for i in range(2000)])
    ids = np.arange(2000, dtype=np.int64)
    server.http.post(f"{place}/vectors", content=frame({}, [rows, ids]), headers=FRAME)

    def nearest(number: int) -> Any:
        bad = number % 50 == 0
        values = [*rows[number].tolist()[: 7 if bad else 8]]
        return server.http.post(f"{place}/search", json={"vector": values, "k": 1 + number % 3})

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(nearest, range(300)))
    for number, answer in enumerate(answers):
        if number % 50 == 0:
            assert answer.status_code == 400
        else:
            assert answer.json()["results"][0]["id"] == number
            assert len(answer.json()["results"]) == 1 + number % 3
    counted = dict(
        line.rsplit(" ", 1) for line in server.http.get("/v1/metrics").text.splitlines() if line[0] != "#"
    )
    assert int(counted["quaestio_index_search_batches_total"]) < int(
        counted["quaestio_index_joined_queries_total"]
    )


def test_more_indexes_than_may_be_open(server: IndexServer) -> None:
    places = [make(server, f"many{i}") for i in range(20)]
    for i, place in enumerate(places):
        server.http.post(f"{place}/vectors", json={"vectors": [entry(i, vector(i))]})

    def nearest(turn: int) -> bool:
        i = turn % 20
        found = server.http.post(f"{places[i]}/search", json={"vector": vector(i).tolist()}).json()
        return [one["id"] for one in found["results"]] == [i]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(nearest, range(200)))
    assert server.http.get("/v1/health").json()["open_indexes"] <= 5


@pytest.mark.parametrize("seed", [1, 2, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["Flat", "HNSW16", "SQ8,RFlat"])
def test_random_operations_agree_with_a_model(server: IndexServer, kind: str, seed: int) -> None:
    place = make(server, f"model{seed}{kind[:2]}", "Flat" if kind == "Flat" else kind)
    if "SQ8" in kind:
        server.http.post(f"{place}/train", json={"vectors": [vector(i).tolist() for i in range(200)]})
    chosen, model = random.Random(seed), {}  # noqa: S311 - a repeatable test
    names: list[Any] = [*range(10), *(f"name {i}" for i in range(10))]
    for step in range(80):
        some = chosen.sample(names, chosen.randint(1, 5))
        match chosen.randint(0, 5):
            case 0 | 1 | 2:
                entries = [entry(one, vector(step * 10 + n), group=step % 3) for n, one in enumerate(some)]
                told = server.http.post(f"{place}/vectors", json={"vectors": entries}).json()
                assert told["replaced"] == len(set(some) & set(model))
                model |= {one["id"]: one for one in entries}
            case 3:
                told = server.http.post(f"{place}/vectors/delete", json={"ids": some}).json()
                assert told["deleted"] == len([model.pop(one) for one in some if one in model])
            case 4:
                wanted = {"group": {"$in": [0, 1]}} if step % 2 else {"group": 2}
                gone = [i for i, one in model.items() if (one["metadata"]["group"] < 2) == bool(step % 2)]
                told = server.http.post(f"{place}/vectors/delete", json={"filter": wanted}).json()
                assert told["deleted"] == len([model.pop(one) for one in gone])
            case _:
                agrees(server, place, model, vector(-step % 97))
    agrees(server, place, model, vector(5))


def agrees(server: IndexServer, place: str, model: dict[Any, Any], query: np.ndarray) -> None:
    assert server.http.get(f"{place}/ntotal").json() == {"ntotal": len(model)}
    listed = server.http.get(f"{place}/vectors", params={"limit": 1000}).json()["vectors"]
    assert {one["id"]: one["metadata"] for one in listed} == {i: one["metadata"] for i, one in model.items()}
    found = server.http.post(f"{place}/search", json={"vector": query.tolist(), "k": 100}).json()["results"]
    ids = {one["id"] for one in found}
    # A graph may not reach a vector whose neighbours are gone.
    assert ids <= set(model) if "HN" in place else ids == set(model)
    apart = [float(np.sum((np.array(model[one["id"]]["values"]) - query) ** 2)) for one in found]
    assert [one["score"] for one in found] == pytest.approx(apart, rel=1e-3, abs=1e-3)


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    acknowledged: set[int] = set()
    for turn in range(3):
        server = IndexServer(tmp_path)
        if not turn:
            make(server, "kept")
        dying = Event()

        def add(who: int, server: IndexServer = server, turn: int = turn, dying: Event = dying) -> None:
            with httpx.Client(base_url=server.url, timeout=30) as http:
                for i in range(10_000):
                    number = turn * 10**6 + who * 10**5 + i
                    rows, ids = vector(number)[None], np.array([number], np.int64)
                    try:
                        answer = http.post(
                            "/v1/index/kept/vectors", content=frame({}, [rows, ids]), headers=FRAME
                        )
                    except httpx.TransportError:
                        return
                    assert answer.status_code == 200
                    acknowledged.add(number)
                    if len(acknowledged) >= 150 * (turn + 1):
                        dying.set()

        with ThreadPoolExecutor(6) as threads:
            adding = [threads.submit(add, who) for who in range(6)]
            assert dying.wait(60)
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
            for one in adding:
                one.result()
    server = IndexServer(tmp_path)
    there: set[int] = set()
    after: int | None = -2
    while after is not None:
        page = server.http.get("/v1/index/kept/vectors", params={"limit": 1000, "after": after}).json()
        there |= {one["id"] for one in page["vectors"]}
        after = page["next"]
    assert acknowledged <= there
    assert len(there - acknowledged) <= 18  # handed in, not answered
    some = sorted(acknowledged)[::10]
    answer = server.http.post(
        "/v1/index/kept/search", content=frame({"k": 1}, [np.stack([vector(i) for i in some])]), headers=FRAME
    )
    assert unframe(answer.content)[1][1][:, 0].tolist() == some
    assert server.stop() == 0
