"""``/v1/index`` over real HTTP: what it does, and what it refuses without changing anything."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest

from tests.support.index_server import FRAME, IndexServer, frame, unframe

BODY = {"status", "message", "detail", "code", "fallback_used", "retry_after", "request_id"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    running = IndexServer(tmp_path_factory.mktemp("indexes"), INDEX_MAX_BODY_MB="20")
    yield running
    assert running.stop() == 0


@pytest.fixture
def name(server: IndexServer, request: pytest.FixtureRequest) -> str:
    """An index of four vectors of its own for each test."""
    made = f"i{abs(hash(request.node.name)) % 10**12}"
    create(server, made, 4)
    put(server, made, [(1, [1, 0, 0, 0], {"year": 1990}), (2, [0, 1, 0, 0], {"year": 2000}),
                       ("third/ü", [0, 0, 1, 0], {"year": 2010}), ("4", [0, 0, 0, 1], None)])  # fmt: skip
    return made


def create(server: IndexServer, name: str, dimension: int, index_type: str = "Flat", **more: Any) -> Any:
    body = {"name": name, "dimension": dimension, "index_type": index_type} | more
    answer = server.http.post("/v1/index", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def put(
    server: IndexServer, name: str, vectors: list[tuple[Any, list[float], Any]], status: int = 200
) -> Any:
    body = {"vectors": [{"id": i, "values": v, "metadata": m} for i, v, m in vectors]}
    answer = server.http.post(f"/v1/index/{name}/vectors", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def search(server: IndexServer, name: str, **body: Any) -> Any:
    answer = server.http.post(f"/v1/index/{name}/search", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def ntotal(server: IndexServer, name: str) -> int:
    return int(server.http.get(f"/v1/index/{name}/ntotal").json()["ntotal"])


def test_results_carry_the_ids_as_they_were_handed_in(server: IndexServer, name: str) -> None:
    found = search(server, name, vector=[0, 0.1, 0.9, 0], k=4)
    assert {one["id"] for one in found} == {"third/ü", 2, 1, "4"}
    assert found[0] == {"id": "third/ü", "score": pytest.approx(0.02), "metadata": {"year": 2010}}
    assert next(one for one in found if one["id"] == "4")["metadata"] is None


def test_fewer_results_where_k_is_more_than_there_is(server: IndexServer, name: str) -> None:
    assert len(search(server, name, vector=[0, 0, 0, 1], k=1000)) == 4


def test_many_queries_give_a_list_each(server: IndexServer, name: str) -> None:
    found = search(server, name, vectors=[[1, 0, 0, 0], [0, 0, 0, 1]], k=1)
    assert [[one["id"] for one in row] for row in found] == [[1], ["4"]]


@pytest.mark.parametrize(
    ("filter_", "ids"),
    [
        ({"year": 2000}, {2}),
        ({"year": {"$gte": 2000}}, {2, "third/ü"}),
        ({"year": {"$in": [1990, 2010]}}, {1, "third/ü"}),
        ({"$or": [{"year": 1990}, {"$not": {"year": {"$exists": True}}}]}, {1, "4"}),
    ],
)
def test_filters(server: IndexServer, name: str, filter_: dict[str, Any], ids: set[Any]) -> None:
    assert {one["id"] for one in search(server, name, vector=[1, 1, 1, 1], k=9, filter=filter_)} == ids


def test_a_search_by_link_is_the_same(server: IndexServer, name: str) -> None:
    answer = server.http.get(
        f"/v1/index/{name}/search", params={"vector": "0,1,0,0", "k": 2, "filter": '{"year": {"$lt": 2005}}'}
    )
    assert answer.json()["results"] == search(
        server, name, vector=[0, 1, 0, 0], k=2, filter={"year": {"$lt": 2005}}
    )


def test_one_vector_is_read_replaced_and_deleted(server: IndexServer, name: str) -> None:
    place = f"/v1/index/{name}/vectors/third%2F%C3%BC"
    assert server.http.get(place).json() == {
        "id": "third/ü",
        "metadata": {"year": 2010},
        "values": [0, 0, 1, 0],
    }
    assert put(server, name, [("third/ü", [2, 0, 0, 0], {"new": True})]) == {
        "upserted": 1, "added": 0, "replaced": 1}  # fmt: skip
    assert server.http.get(place).json()["values"] == [2, 0, 0, 0]
    assert server.http.delete(place).json() == {"deleted": 1}
    assert server.http.get(place).status_code == 404
    assert server.http.delete(place).json()["code"] == "vector_not_found"
    assert ntotal(server, name) == 3


def test_a_number_and_its_text_are_one_id(server: IndexServer, name: str) -> None:
    assert put(server, name, [("1", [9, 9, 9, 9], None)])["replaced"] == 1
    assert server.http.get(f"/v1/index/{name}/vectors/1").json()["id"] == "1"


def test_delete_by_ids_and_by_filter(server: IndexServer, name: str) -> None:
    place = f"/v1/index/{name}/vectors/delete"
    assert server.http.post(place, json={"ids": [1, "4", "unknown"]}).json() == {"deleted": 2}
    assert server.http.post(place, json={"filter": {"year": {"$lt": 2005}}}).json() == {"deleted": 1}
    assert server.http.post(place, json={"ids": [1], "filter": {"year": 1}}).status_code == 400
    assert server.http.post(place, json={}).status_code == 400
    assert ntotal(server, name) == 1


def test_pages_of_vectors_hold_each_once(server: IndexServer, name: str) -> None:
    seen, after = [], None
    while True:
        more = {} if after is None else {"after": after}
        page = server.http.get(f"/v1/index/{name}/vectors", params={"limit": 3} | more).json()
        seen += [one["id"] for one in page["vectors"]]
        if (after := page["next"]) is None:
            break
    assert len(seen) == 4
    assert set(seen) == {1, 2, "third/ü", "4"}


def test_searches_of_other_kinds(server: IndexServer, name: str) -> None:
    place = f"/v1/index/{name}/specialized_search"

    def asked(**body: Any) -> Any:
        return server.http.post(place, json=body).json()

    near = asked(search_type="range", vector=[1, 0, 0, 0], radius=1.5)
    assert ([one["id"] for one in near["results"]], near["truncated"]) == ([1], False)
    all_ = asked(search_type="range", vector=[1, 0, 0, 0], radius=10, limit=2)
    assert (len(all_["results"]), all_["truncated"]) == (2, True)
    assert asked(search_type="reconstruct", vector=[1, 0, 0, 0], k=1)["results"][0]["values"] == [1, 0, 0, 0]
    assert asked(search_type="assign", vectors=[[1, 0, 0, 0], [0, 0, 0, 1]], k=1)["labels"] == [[1], ["4"]]
    assert {one["id"] for one in asked(search_type="by_id", vector_id="third/ü", k=9)["results"]} == {
        1,
        2,
        "4",
    }
    assert asked(search_type="by_id", vector_id="nobody")["code"] == "vector_not_found"


def test_reset_keeps_the_index(server: IndexServer, name: str) -> None:
    assert server.http.post(f"/v1/index/{name}/reset").json() == {"deleted": 4}
    assert search(server, name, vector=[1, 0, 0, 0]) == []
    assert put(server, name, [(1, [1, 0, 0, 0], None)])["added"] == 1


def test_optimize_clears_out_what_was_removed(server: IndexServer, name: str) -> None:
    server.http.delete(f"/v1/index/{name}/vectors/1")
    assert server.http.get(f"/v1/index/{name}").json()["removed"] == 1
    after = server.http.post(f"/v1/index/{name}/optimize").json()
    assert (after["removed"], after["ntotal"]) == (0, 3)


def test_an_index_is_listed_and_dropped(server: IndexServer, name: str) -> None:
    listed = server.http.get("/v1/index", params={"limit": 1000}).json()
    assert name in {one["id"] for one in listed["items"]}
    assert listed["total"] == len(listed["items"])
    assert server.http.post("/v1/index", json={"name": name, "dimension": 4}).status_code == 409
    assert server.http.delete(f"/v1/index/{name}").status_code == 200
    assert server.http.get(f"/v1/index/{name}").json()["code"] == "index_not_found"
    create(server, name, 8)


def nested(depth: int) -> dict[str, Any]:
    """A filter in so many others."""
    filter_: dict[str, Any] = {"a": 1}
    for _ in range(depth):
        filter_ = {"$not": filter_}
    return filter_


BAD = [
    ({"vector": [1, 2, 3]}, 400, "4 numbers"),
    ({"vector": [[1, 2, 3, 4]]}, 400, "flat list"),
    ({"vector": [1, 2, 3, "4"]}, 400, "finite numbers"),
    ({"vector": [1, 2, 3, None]}, 400, "finite numbers"),
    ({"vector": [1, 2, 3, 1e300]}, 400, "not finite"),
    ({"vector": [1, 2, 3, 4], "k": 0}, 400, "k must be"),
    ({"vector": [1, 2, 3, 4], "k": -1}, 400, "k must be"),
    ({"vector": [1, 2, 3, 4], "k": 2**40}, 400, "k must be"),
    ({"vector": [1, 2, 3, 4], "k": 2.5}, 400, "whole number"),
    ({"vector": [1, 2, 3, 4], "k": True}, 400, "whole number"),
    ({"k": 3}, 400, "a vector, or vectors"),
    ({"vectors": []}, 400, "at least one"),
    ({"vectors": [[1, 2, 3, 4], [1]]}, 400, "same number"),
    ({"vector": [1, 2, 3, 4], "filter": {"$foo": 1}}, 400, r"\$foo"),
    ({"vector": [1, 2, 3, 4], "filter": {"a": {"$gt": []}}}, 400, "number or a text"),
    ({"vector": [1, 2, 3, 4], "filter": "year"}, 400, "filter is an object"),
    ({"vector": [1, 2, 3, 4], "filter": nested(100)}, 400, "nested"),
    ({"vector": [1, 2, 3, 4], "filter": nested(400)}, 400, "nested"),
    ({"vector": [1, 2, 3, 4], "params": {"nprobe": 4}}, 400, "nprobe"),
    ({"vector": [1, 2, 3, 4], "params": {"efSearch": 10**12}}, 400, "efSearch"),
    ({"vector": [1, 2, 3, 4], "params": {"sel": 1}}, 400, "no search parameter"),
]


@pytest.mark.parametrize(("body", "status", "words"), BAD)
def test_a_bad_search_is_refused(server: IndexServer, name: str, body: Any, status: int, words: str) -> None:
    answer = server.http.post(f"/v1/index/{name}/search", json=body)
    refused(answer, status, words)
    assert len(search(server, name, vector=[1, 0, 0, 0])) == 4


def refused(answer: httpx.Response, status: int, words: str) -> None:
    import re  # noqa: PLC0415

    assert answer.status_code == status, answer.text
    assert set(answer.json()) == BODY
    assert re.search(words, answer.json()["message"]), answer.json()["message"]


ONE = [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("vectors", "status", "words"),
    [
        ([{"id": 9, "values": [1, 2]}], 400, "same number"),
        ([{"id": 9, "values": ONE}, {"id": 9, "values": ONE}], 400, "occurs twice"),
        ([{"id": 9, "values": ONE}, {"id": "9", "values": ONE}], 400, "occurs twice"),
        ([{"id": -1, "values": ONE}], 400, "from 0"),
        ([{"id": 2**63, "values": ONE}], 400, "from 0"),
        ([{"id": "", "values": ONE}], 400, "whole number or a text"),
        ([{"id": 1.5, "values": ONE}], 400, "whole number or a text"),
        ([{"id": True, "values": ONE}], 400, "whole number or a text"),
        ([{"id": "x" * 600, "values": ONE}], 400, "512 bytes"),
        ([{"id": 9, "values": ONE, "metadata": [1]}], 400, "object"),
        ([{"id": 9, "values": ONE, "metadata": {"$id": "x"}}], 400, r"\$"),
        ([{"id": 9, "values": ONE, "metadata": {"x": "y" * 70_000}}], 413, "65536"),
        ([{"values": ONE}], 400, "id and values"),
        ([], 400, "at least one"),
        ("x", 400, "at least one"),
    ],
)
def test_bad_vectors_change_nothing(
    server: IndexServer, name: str, vectors: Any, status: int, words: str
) -> None:
    good = {"id": 77, "values": ONE}
    body = {"vectors": [good, *vectors] if vectors and isinstance(vectors, list) else vectors}
    refused(server.http.post(f"/v1/index/{name}/vectors", json=body), status, words)
    assert ntotal(server, name) == 4
    assert server.http.get(f"/v1/index/{name}/vectors/77").status_code == 404


def test_an_id_that_is_there_is_refused_where_nothing_may_be_replaced(server: IndexServer, name: str) -> None:
    body = {"vectors": [{"id": 50, "values": ONE}, {"id": 1, "values": ONE}]}
    answer = server.http.post(f"/v1/index/{name}/vectors", params={"replace": False}, json=body)
    refused(answer, 409, "holds a vector")
    assert ntotal(server, name) == 4


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"index_type": "Nothing"}, 400, "could not parse"),
        ({"index_type": "IndexNothing"}, 400, "could not parse"),
        ({"index_type": "IVF99999999999,Flat"}, 400, "from 1 to"),
        ({"index_type": "HNSW100000"}, 400, "from 1 to"),
        ({"index_type": "PQ2x20"}, 400, "from 1 to"),
        ({"index_type": "Flat," * 100}, 400, "characters"),
        ({"index_type": "PQ3"}, 400, "FAISS refused"),
        ({"dimension": 0}, 400, "dimension"),
        ({"dimension": 10**9}, 400, "dimension"),
        ({"dimension": "many"}, 422, "dimension"),
        ({"metric": "smell"}, 400, "metric"),
        ({"index_type": "BFlat", "dimension": 12}, 400, "divisible by 8"),
        ({"name": "../../etc/passwd"}, 400, "name"),
        ({"name": ""}, 400, "name"),
        ({"name": "a" * 200}, 400, "name"),
        ({"name": "~a"}, 400, "name"),
        ({"tenant_id": "somebody"}, 400, "tenant_id"),
    ],
)
def test_an_index_that_cannot_be_is_refused(
    server: IndexServer, change: dict[str, Any], status: int, words: str
) -> None:
    answer = server.http.post(
        "/v1/index", json={"name": "never", "dimension": 4, "index_type": "Flat"} | change
    )
    refused(answer, status, words)
    assert server.http.get("/v1/index/never").status_code == 404


def test_what_must_be_trained_says_so(server: IndexServer) -> None:
    made = create(server, "lists", 4, "IVF4,Flat")
    assert made["is_trained"] is False
    refused(
        server.http.post("/v1/index/lists/vectors", json={"vectors": [{"id": 1, "values": ONE}]}),
        409,
        "trained",
    )
    refused(server.http.post("/v1/index/lists/train", json={"vectors": [ONE]}), 400, "FAISS refused")
    examples = np.random.default_rng(0).random((200, 4)).round(3).tolist()
    assert server.http.post("/v1/index/lists/train", json={"vectors": examples}).json()["is_trained"] is True
    put(server, "lists", [(i, one, None) for i, one in enumerate(examples)])
    assert search(server, "lists", vector=examples[7], k=1, params={"nprobe": 4})[0]["id"] == 7
    refused(server.http.post("/v1/index/lists/train", json={"vectors": examples}), 409, "empty")


def test_bytes_that_are_none_are_refused(server: IndexServer) -> None:
    create(server, "bits", 16, "BFlat")
    for wrong in (256, -1, 1.5, 2**40, 1e30):
        body = {"vectors": [{"id": 1, "values": [255, 0]}, {"id": 2, "values": [1, wrong]}]}
        refused(server.http.post("/v1/index/bits/vectors", json=body), 400, "from 0 to 255")
        refused(server.http.post("/v1/index/bits/search", json={"vector": [wrong, 1]}), 400, "from 0 to 255")
    assert ntotal(server, "bits") == 0


@pytest.mark.parametrize("one", ["a b", "a\nb\n", "a?b#c%2Fd", "/"])
def test_any_text_names_a_vector(server: IndexServer, name: str, one: str) -> None:
    put(server, name, [(one, ONE, None)])
    place = f"/v1/index/{name}/vectors/{quote(one, safe='')}"
    assert server.http.get(place).json()["id"] == one
    assert server.http.delete(place).json() == {"deleted": 1}
    assert server.http.get(place).status_code == 404


def test_a_search_before_training_says_so(server: IndexServer) -> None:
    create(server, "untrained", 4, "IVF4,Flat")
    answer = server.http.post("/v1/index/untrained/search", json={"vector": ONE})
    refused(answer, 409, "trained")


BROKEN = {
    "nothing": b"",
    "no mark": b"XXXX" + bytes(20),
    "header too long": b"FXP1" + (10**6).to_bytes(4, "little") + b"{}",
    "no JSON": b"FXP1" + (2).to_bytes(4, "little") + b"{]",
    "no object": b"FXP1" + (2).to_bytes(4, "little") + b"[]",
    "cut off": frame({"k": 1}, [np.zeros((1, 4), np.float32)])[:-3],
    "too long": frame({"k": 1}, [np.zeros((1, 4), np.float32)]) + b"x",
    "no array": frame({"k": 1}, []),
    "other type": frame({"k": 1}, [np.zeros((1, 4), np.float64)]),
    "unknown type": frame({"k": 1}, [np.zeros((1, 4), np.float16)]),
    "one dimension": frame({"k": 1}, [np.zeros(4, np.float32)]),
    "wrong width": frame({"k": 1}, [np.zeros((1, 5), np.float32)]),
    "NaN": frame({"k": 1}, [np.full((1, 4), np.nan, np.float32)]),
    "infinite": frame({"k": 1}, [np.full((1, 4), np.inf, np.float32)]),
    "k = 0": frame({"k": 0}, [np.zeros((1, 4), np.float32)]),
    "huge shape": b"FXP1" + (48).to_bytes(4, "little") + b'{"arrays":[["<f4",[281474976710655,4]]],"k":100}',
}  # fmt: skip


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_frame_is_refused(server: IndexServer, name: str, what: str) -> None:
    for route in ("search", "vectors"):
        answer = server.http.post(f"/v1/index/{name}/{route}", content=BROKEN[what], headers=FRAME)
        refused(answer, 400, ".")
    assert ntotal(server, name) == 4


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"vector": [NaN]}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(server: IndexServer, name: str, body: bytes) -> None:
    for route in ("search", "vectors", "train", "specialized_search"):
        refused(server.http.post(f"/v1/index/{name}/{route}", content=body), 400, ".")


def test_frames_carry_texts_and_metadata(server: IndexServer, name: str) -> None:
    rows = np.array([[5, 0, 0, 0], [6, 0, 0, 0]], np.float32)
    header: dict[str, Any] = {"ids": ["five", "6"], "metadata": [{"n": 5}, None]}
    place = f"/v1/index/{name}"
    done = server.http.post(f"{place}/vectors", content=frame(header, [rows]), headers=FRAME)
    assert done.json()["added"] == 2
    answer = server.http.post(f"{place}/search", content=frame({"k": 2}, [rows[:1]]), headers=FRAME)
    told, (scores, numbers) = unframe(answer.content)
    assert told["ids"] == [["five", "6"]]
    assert told["metadata"] == [[{"n": 5}, None]]
    assert scores.tolist() == [[0, 1]]
    assert numbers[0, 1] == 6
    assert numbers[0, 0] < -1
    near = frame({"search_type": "range", "radius": 1.5}, [rows])
    told, (limits, scores, numbers) = unframe(
        server.http.post(f"{place}/specialized_search", content=near, headers=FRAME).content
    )
    assert limits.tolist() == [0, 2, 4]
    assert told["ids"] == [["five", "6"], ["6", "five"]]


def test_two_gigabytes_are_refused_before_they_are_read(server: IndexServer, name: str) -> None:
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80), timeout=30) as line:
        head = f"POST /v1/index/{name}/vectors HTTP/1.1\r\nHost: x\r\nContent-Length: 2147483648\r\n\r\n"
        line.sendall(head.encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"INDEX_MAX_BODY_MB" in answer
    assert ntotal(server, name) == 4


def test_health_and_metrics(server: IndexServer, name: str) -> None:
    search(server, name, vector=[1, 0, 0, 0])
    health = server.http.get("/v1/health").json()
    assert health["status"] == "ok"
    assert health["open_indexes"] >= 1
    text = server.http.get("/v1/metrics").text
    assert 'quaestio_index_requests_total{operation="search",status="200"}' in text
    assert 'quaestio_index_request_seconds_bucket{operation="search",le="+Inf"}' in text
    assert "\nquaestio_index_vectors " in text
    assert name not in text


def test_a_damaged_index_costs_only_itself(tmp_path: Path) -> None:
    server = IndexServer(tmp_path)
    create(server, "sound", 4)
    create(server, "broken", 4)
    for each in ("sound", "broken"):
        put(server, each, [(1, ONE, None)])
    server.stop()
    for generation in (tmp_path / "indexes" / "default" / "broken").glob("gen-*"):
        (generation / "manifest").write_bytes(b"nothing of worth")
    server = IndexServer(tmp_path)
    refused(server.http.post("/v1/index/broken/search", json={"vector": ONE}), 500, "damaged|sound")
    listed = {one["id"]: one for one in server.http.get("/v1/index").json()["items"]}
    assert listed["broken"]["state"] == "damaged"
    assert listed["broken"]["troubles"]
    assert str(tmp_path) not in str(listed["broken"])
    assert search(server, "sound", vector=ONE)[0]["id"] == 1
    assert server.http.delete("/v1/index/broken").status_code == 200
    assert server.stop() == 0


def test_quotas_of_a_tenant(tmp_path: Path) -> None:
    server = IndexServer(tmp_path, INDEX_MAX_VECTORS="5", INDEX_MAX_INDEXES="2")
    create(server, "a", 4)
    create(server, "b", 4)
    refused(server.http.post("/v1/index", json={"name": "c", "dimension": 4}), 429, "2 indexes")
    put(server, "a", [(i, ONE, None) for i in range(3)])
    assert "INDEX_MAX_VECTORS" in put(server, "b", [(i, ONE, None) for i in range(3)], 429)["message"]
    put(server, "b", [(i, ONE, None) for i in range(2)])
    server.http.delete("/v1/index/a")
    put(server, "b", [(i, ONE, None) for i in range(2, 5)])
    assert server.stop() == 0


def test_only_an_auto_index_has_a_graph(server: IndexServer) -> None:
    assert create(server, "no-graph", 8)["graph"] is None
    made = create(server, "auto-ip", 8, "Auto", metric="ip")
    assert made["metric"] == "ip"
    assert made["graph"] == {"state": "none", "covered": 0, "recall": None, "effort": 0, "failed": ""}
    wrong = server.http.post("/v1/index", json={"name": "auto-2", "dimension": 8, "index_type": "IVF8,Auto"})
    assert wrong.status_code == 400
    assert "'Auto'" in wrong.json()["message"]


@pytest.mark.parametrize("index_type", ["HNSW8", "Flat", "BHNSW8"])
def test_a_radius_around_several_vectors_finds_nothing_in_an_empty_index(
    server: IndexServer, index_type: str
) -> None:
    """FAISS would end the process for a graph."""
    place = f"/v1/index/empty-{index_type}/specialized_search"
    create(server, f"empty-{index_type}", 8, index_type)
    rows = [[1], [0]] if index_type.startswith("B") else [[1] + [0] * 7, [0] * 8]
    answer = server.http.post(place, json={"search_type": "range", "vectors": rows, "radius": 1})
    assert answer.json() == {"results": [[], []], "truncated": False}


def test_a_radius_beyond_all_numbers_is_everything(server: IndexServer, name: str) -> None:
    body = {"search_type": "range", "vector": [1, 0, 0, 0], "radius": 1e300}
    answer = server.http.post(f"/v1/index/{name}/specialized_search", json=body)
    assert len(answer.json()["results"]) == 4


@pytest.mark.parametrize("index_type", ["HNSW8,SQ8", "PQ4x4fs", "SQ8", "IVF4,PQ4x4"])
def test_a_type_without_a_metric_is_refused(server: IndexServer, index_type: str) -> None:
    """FAISS finds out when vectors are added, and ends the process."""
    body = {"name": "l1", "dimension": 8, "index_type": index_type, "metric": "l1"}
    answer = server.http.post("/v1/index", json=body)
    assert answer.status_code == 400
    assert "l2 or ip" in answer.json()["message"]
    assert create(server, f"l1-{index_type[:3]}", 8, "PCA4,HNSW8", metric="l1")["metric"] == "l1"
