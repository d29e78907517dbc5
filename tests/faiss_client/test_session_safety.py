"""What the server keeps safe whatever a client sends."""

from __future__ import annotations

import http.client
import json
import os
import socket
import struct
import threading
import time
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import faiss as real
import faiss_proxy
import numpy as np
import psutil
import pytest
from faiss_proxy import frames

from tests.support.processes import Server

X = np.random.default_rng(1).random((500, 8), dtype=np.float32)


def ask(server: Server, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
    line = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    line.request(method, path, body)
    answer = line.getresponse()
    read = answer.read()
    line.close()
    kind = answer.headers.get("content-type", "")
    return answer.status, json.loads(read) if "json" in kind else read


def frame(header: dict[str, Any], *arrays: Any) -> bytes:
    return b"".join(frames.encode(header, arrays))


def opened(server: Server) -> str:
    status, body = ask(server, "POST", "/v1/sessions")
    assert status == 201
    return str(body["session"])


def test_a_session_is_opened_used_counted_and_closed(server: Server) -> None:
    before = ask(server, "GET", "/v1/sessions")[1]["operations"]
    name = opened(server)
    status, answer = ask(
        server, "POST", f"/v1/sessions/{name}", frame({"op": "new", "name": "IndexFlatL2", "args": [8]})
    )
    assert status == 200
    assert frames.decode(bytearray(answer))[0]["value"] == {"h": [1, "IndexFlatL2"]}
    assert ask(server, "GET", "/v1/sessions")[1]["operations"] == before + 1
    assert ask(server, "DELETE", f"/v1/sessions/{name}")[0] == 204
    assert ask(server, "POST", f"/v1/sessions/{name}", frame({"op": "free"}))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"FXP1", b"FXP1\xff\xff\xff\xff{}", b"FXP1\x02\x00\x00\x00[]", b"FXP1\x02\x00\x00\x00{]",
        b"FXP1" + struct.pack("<I", 60000) + b"[" * 60000, frame({"op": "no such"}),
        frame({"op": "new", "name": "IndexFlatL2", "args": {}}), frame({"op": "new", "name": "IndexFlatL2", "args": [{"a": 7}]}),
        frame({"op": "call", "name": "search", "args": []})[:-3],
        b"FXP1" + struct.pack("<I", 36) + b'{"op":"free","arrays":[["<f4",[9]]]}',
        b"FXP1" + struct.pack("<I", 39) + b'{"op":"free","arrays":[["|O8",[1,"x"]]]}'[:39],
    ],
)  # fmt: skip
def test_a_broken_body_is_a_clear_error(server: Server, body: bytes) -> None:
    name = opened(server)
    status, answer = ask(server, "POST", f"/v1/sessions/{name}", body)
    assert (status, answer["code"]) in {(400, "broken_frame"), (404, "handle_not_found")}
    assert answer["message"]
    assert answer["request_id"]
    assert ask(server, "DELETE", f"/v1/sessions/{name}")[0] == 204


def test_a_body_of_2_gb_is_refused_before_it_is_read(server: Server) -> None:
    name = opened(server)
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), 30) as line:
        line.sendall(
            f"POST /v1/sessions/{name} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n".encode()
            + b"x" * 1000
        )
        assert line.recv(1000).startswith(b"HTTP/1.1 413")


def test_what_reaches_memory_files_or_the_process_is_refused(remote: ModuleType, server: Server) -> None:
    index = remote.IndexFlatL2(8)
    index.add(X)
    home = remote._configured
    for header, args in [
        ({"op": "new", "name": "FileIOReader"}, ["/etc/passwd"]),
        ({"op": "new", "name": "OnDiskInvertedLists"}, [4, 4, "lists"]),
        ({"op": "new", "name": "PyCallbackIOReader"}, [1]),
        ({"op": "function", "name": "read_index"}, ["/etc/passwd"]),
        ({"op": "function", "name": "memcpy"}, [{"h": index.remote_handle}, 1, 1]),
        ({"op": "function", "name": "cast_integer_to_void_ptr"}, [1]),
        ({"op": "function", "name": "omp_set_num_threads"}, [999]),
        ({"op": "function", "name": "__import__"}, ["os"]),
        ({"op": "call", "on": index.remote_handle, "name": "search_c"}, [1, None, 1, None, None]),
        ({"op": "call", "on": index.remote_handle, "name": "get_xb"}, []),
        ({"op": "call", "on": index.remote_handle, "name": "add_ex"}, [5, None, 0]),
        ({"op": "call", "on": index.remote_handle, "name": "__class__"}, []),
        ({"op": "call", "on": index.remote_handle, "name": "__reduce_ex__"}, [2]),
        ({"op": "get", "on": index.remote_handle, "name": "__dict__"}, []),
        ({"op": "set", "on": index.remote_handle, "name": "ntotal", "value": 1 << 40}, []),
        ({"op": "set", "on": index.remote_handle, "name": "d", "value": 1 << 20}, []),
        ({"op": "set", "on": index.remote_handle, "name": "__class__", "value": 1}, []),
        ({"op": "see", "name": "SIMDConfig_level"}, []),
        ({"op": "load", "what": "index"}, ["/etc/passwd"]),
        ({"op": "dump", "what": "__class__"}, [{"h": index.remote_handle}]),
        ({"op": "static", "on": "IndexFlatL2", "name": "reset"}, [{"h": index.remote_handle}]),
        ({"op": "static", "on": "SIMDConfig", "name": "set_level"}, [0]),
    ]:
        with pytest.raises((AttributeError, TypeError, remote.ServiceError, RuntimeError)):
            home.ask(header | {"args": args}, [], changes=True)
    assert index.search(X[:1], 1)[1] == [[0]]
    assert server.process.poll() is None


def test_pointers_are_held_to_the_arrays_behind_them(remote: ModuleType) -> None:
    pq = remote.ProductQuantizer(8, 4, 4)
    pq.train(X)
    small = np.zeros(10, np.float32)
    with pytest.raises(ValueError, match="needs 576000 items behind dis_tables"):
        pq.compute_distance_tables(
            9000, remote.swig_ptr(np.zeros((9000, 8), np.float32)), remote.swig_ptr(small)
        )
    index = remote.IndexFlatL2(8)
    index.add(X)
    computer = index.get_distance_computer()
    with pytest.raises(ValueError, match="needs 8 items"):
        computer.set_query(remote.swig_ptr(small[:3]))
    with pytest.raises(IndexError, match="not below ntotal = 500"):
        computer(1 << 40)
    with pytest.raises(TypeError, match=r"raw memory|not pointers"):
        index.search_c(real.swig_ptr(small)) if hasattr(index, "search_c") else index.remove_ids(
            real.swig_ptr(small)
        )


def test_an_index_file_cannot_open_files_of_the_server(remote: ModuleType, tmp_path: Any) -> None:
    local = real.index_factory(8, "IVF4,Flat")
    local.train(X)
    local.add(X)
    lists = real.OnDiskInvertedLists(4, local.code_size, str(tmp_path / "lists"))
    local.replace_invlists(lists)
    local.add(X)
    with pytest.raises(RuntimeError):
        remote.deserialize_index(real.serialize_index(local))
    assert remote.IndexFlatL2(3).ntotal == 0


@pytest.mark.parametrize("seed", range(12))
def test_a_corrupt_index_costs_at_most_its_session(remote: ModuleType, server: Server, seed: int) -> None:
    local = real.index_factory(8, "IVF4,PQ4x4np")
    local.train(X)
    local.add(X)
    raw = real.serialize_index(local).copy()
    rng = np.random.default_rng(seed)
    raw[rng.integers(0, min(400, len(raw)), 6)] = rng.integers(0, 256, 6)
    try:
        index = remote.deserialize_index(raw)
        index.search(X[:3], 3)
    except (RuntimeError, AssertionError, MemoryError, AttributeError, TypeError, ValueError):
        pass
    assert server.process.poll() is None
    fresh = remote.IndexFlatL2(8)
    fresh.add(X)
    assert fresh.search(X[:1], 1)[1] == [[0]]


def test_a_process_that_dies_takes_its_sessions_and_nothing_else(remote: ModuleType, server: Server) -> None:
    index = remote.IndexFlatL2(8)
    for child in psutil.Process(server.process.pid).children():
        child.kill()
    with pytest.raises(remote.SessionLost):
        index.add(X)
    with pytest.raises(remote.SessionLost):
        _ = index.ntotal
    again = remote.IndexFlatL2(8)
    again.add(X)
    assert again.ntotal == 500
    assert server.process.poll() is None


@pytest.mark.parametrize(
    "kind", ["Flat", "HNSW8", "PCA4,Flat", "Flat,RFlat", "PQ4x4fs", "SQ8", "IDMap2,Flat", "BFlat", "BHNSW8"]
)
def test_vectors_that_are_not_there_are_no_memory_to_read(
    remote: ModuleType, server: Server, kind: str
) -> None:
    binary = kind.startswith("B")
    rows = np.packbits(X > 0.5, axis=1).repeat(8, axis=1) if binary else X
    index = remote.index_binary_factory(64, kind) if binary else remote.index_factory(8, kind)
    index.train(rows)
    if kind.startswith("IDMap"):
        index.add_with_ids(rows, np.arange(500))
    else:
        index.add(rows)
    there = index.reconstruct(499)
    np.testing.assert_array_equal(index.reconstruct_n(498, 2)[1], there)
    np.testing.assert_array_equal(index.reconstruct_n()[499], there)
    for key in (-1, -100_000_000, 500, 1_000_000_000):
        with pytest.raises(RuntimeError, match=r"failed|not found"):
            index.reconstruct(key)
    for first, count in ((-2, 3), (498, 10), (498, 1 << 40), (1 << 40, 1)):
        with pytest.raises((RuntimeError, MemoryError)):
            index.reconstruct_n(first, count)
    if not binary:
        for missing in (-7, 10**9):
            with pytest.raises(RuntimeError, match=r"failed|not found"):
                index.reconstruct_batch(np.array([1, missing]))
    assert index.ntotal == 500
    assert server.process.poll() is None


def test_labels_of_distances_are_positions(remote: ModuleType) -> None:
    index = remote.IndexFlatL2(8)
    index.add(X)
    found, labels = np.empty((1, 2), np.float32), np.array([[3, 10**9]])
    with pytest.raises(RuntimeError, match="key 1000000000 out of range"):
        index.compute_distance_subset(
            1, *map(remote.swig_ptr, (X[:1],)), 2, *map(remote.swig_ptr, (found, labels))
        )
    assert index.ntotal == 500


def test_too_much_memory_is_an_error_of_the_call(remote: ModuleType, server: Server) -> None:
    index = remote.IndexFlatL2(8)
    with pytest.raises((MemoryError, RuntimeError)):
        for _ in range(200):
            vector = remote.Float32Vector()
            vector.resize(1 << 40)
    with pytest.raises(ValueError, match="SESSION_MAX_BODY_MB"):
        index.search(X, 1 << 40)
    assert server.process.poll() is None


def test_the_quota_on_handles(remote: ModuleType) -> None:
    with pytest.raises(MemoryError, match="SESSION_MAX_HANDLES"):
        kept = []
        for n in range(500):
            kept.append(remote.IDSelectorRange(0, n))  # noqa: PERF401 - it breaks off
    kept.clear()
    assert remote.IndexFlatL2(2).d == 2


def test_another_session_does_not_see_the_handle(server: Server) -> None:
    first, second = opened(server), opened(server)
    made = frame({"op": "new", "name": "IndexFlatL2", "args": [8]})
    assert ask(server, "POST", f"/v1/sessions/{first}", made)[0] == 200
    look = frame({"op": "get", "on": 1, "name": "ntotal"})
    status, answer = ask(server, "POST", f"/v1/sessions/{second}", look)
    assert (status, answer["code"]) == (404, "handle_not_found")
    assert ask(server, "POST", "/v1/sessions/nonsense", look)[1]["code"] == "session_not_found"
    for name in (first, second):
        ask(server, "DELETE", f"/v1/sessions/{name}")


def test_a_change_that_is_sent_twice_is_done_once(server: Server) -> None:
    name = opened(server)
    ask(server, "POST", f"/v1/sessions/{name}", frame({"op": "new", "name": "IndexFlatL2", "args": [8]}))
    add = frame({"op": "call", "on": 1, "name": "add", "args": [{"a": 0}], "id": "same"}, X)
    assert [ask(server, "POST", f"/v1/sessions/{name}", add)[0] for _ in range(3)] == [200] * 3
    count = ask(server, "POST", f"/v1/sessions/{name}", frame({"op": "get", "on": 1, "name": "ntotal"}))[1]
    assert frames.decode(bytearray(count))[0]["value"] == 500
    ask(server, "DELETE", f"/v1/sessions/{name}")


def test_queries_that_arrive_together_get_their_own_answers(remote: ModuleType) -> None:
    big = np.random.default_rng(3).random((20_000, 8), dtype=np.float32)
    index = remote.IndexFlatL2(8)
    index.add(big)
    wrong: list[int] = []

    def work(first: int) -> None:
        wrong.extend(
            row for row in range(first, first + 30) if index.search(big[row : row + 1], 1)[1][0, 0] != row
        )

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert wrong == []
    joined = remote.usage()["joined"]
    assert joined["queries"] > joined["batches"] > 0


def test_a_kept_connection_that_ended_is_replaced(remote: ModuleType) -> None:
    index = remote.IndexFlatL2(8)
    index.add(X)
    session = remote._configured._opened
    for line in session.lines._idle:
        line._socket.shutdown(socket.SHUT_RDWR)
    assert index.ntotal == 500
    for connection in remote._configured._pool._idle:
        connection._socket.shutdown(socket.SHUT_RDWR)
    session.lines._not_before = float("inf")
    for line in session.lines._idle:
        line._socket.shutdown(socket.SHUT_RDWR)
    assert index.ntotal == 500


def test_an_interrupted_exchange_is_not_answered_by_the_next(remote: ModuleType, monkeypatch: Any) -> None:
    index = remote.IndexFlatL2(8)
    index.add(X)
    lines = remote._configured._opened.lines
    (line,) = lines._idle

    def interrupted() -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(line, "_answer", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index.search(X[:1], 3)
    assert line not in lines._idle
    assert index.ntotal == 500


def test_a_forked_child_uses_the_objects_and_frees_none(remote: ModuleType) -> None:
    index = remote.IndexFlatL2(8)
    index.add(X)
    child = os.fork()
    if child == 0:
        found = index.search(X[:1], 1)[1][0, 0] == 0 and index.ntotal == 500
        del index
        os._exit(0 if found else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert index.search(X[1:2], 1)[1][0, 0] == 1


def test_local_copies_are_used_until_something_changes(server: Server) -> None:
    faiss_proxy.configure(server.url, cache_bytes=10_000_000)
    try:
        index = faiss_proxy.IndexFlatL2(8)
        index.add(X)
        for _ in range(10):
            index.search(X[:1], 1)
        count = faiss_proxy.usage()["operations"]
        assert [index.search(X[n : n + 1], 1)[1][0, 0] for n in range(5)] == list(range(5))
        assert faiss_proxy.usage()["operations"] == count
        index.add(X[:1] + 9)
        assert index.search(X[:1] + 9, 1)[1][0, 0] == 500
    finally:
        faiss_proxy.configure(None)


def test_no_server_is_a_clear_error() -> None:
    faiss_proxy.configure("http://127.0.0.1:9")
    try:
        with pytest.raises(faiss_proxy.NotReachable, match=r"127\.0\.0\.1:9"):
            faiss_proxy.IndexFlatL2(8)
    finally:
        faiss_proxy.configure(None)


def test_uploads_are_off_by_default(tmp_path: Any) -> None:
    server = Server(tmp_path / "data", SESSION_CALL_TIMEOUT_S="2")
    faiss_proxy.configure(server.url)
    try:
        with pytest.raises(PermissionError, match="SESSION_UPLOADS"):
            faiss_proxy.deserialize_index(real.serialize_index(real.IndexFlatL2(4)))
        many = np.random.default_rng(0).random((150_000, 64), dtype=np.float32)
        slow = faiss_proxy.IndexFlatL2(64)
        slow.add(many)
        began = time.monotonic()
        # A search that lost its line is asked again: then the session has gone already.
        with pytest.raises(faiss_proxy.SessionLost, match=r"SESSION_CALL_TIMEOUT_S|no such session"):
            slow.search(many, 100)
        assert time.monotonic() - began < 30
        assert faiss_proxy.IndexFlatL2(8).d == 8
    finally:
        faiss_proxy.configure(None)
        server.stop()


def test_positions_in_lists_and_vectors_of_cpp_are_checked(remote: ModuleType) -> None:
    index = remote.index_factory(8, "IVF4,Flat")
    index.train(X)
    index.add(X)
    lists = index.invlists
    assert 0 <= lists.get_single_id(0, 0) < len(X)
    for offset in (-1, lists.list_size(0), 1 << 40):
        with pytest.raises(IndexError, match="list_size"):
            lists.get_single_id(0, offset)
    with pytest.raises(IndexError, match="nlist"):
        lists.get_single_id(4, 0)
    graph = remote.IndexHNSWFlat(8, 4)
    graph.add(X)
    assert (graph.hnsw.nb_neighbors(0), graph.hnsw.cum_nb_neighbors(1)) == (8, 8)
    for level in (-1, 1_000):
        for look in (graph.hnsw.nb_neighbors, graph.hnsw.cum_nb_neighbors):
            with pytest.raises(IndexError, match="level"):
                look(level)
    with pytest.raises(AttributeError, match="raw memory"):
        graph.hnsw.clear_neighbor_tables(1_000)
    levels = graph.hnsw.levels
    assert levels.at(0) >= 1
    for place in (-1, levels.size(), 1 << 40):
        with pytest.raises(IndexError):
            levels.at(place)
