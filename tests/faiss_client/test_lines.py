"""Connections that a session's process answers itself: the same limits, counts and answers as the plain way."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import faiss as real
import faiss_proxy
import numpy as np
import pytest
from faiss_proxy import frames

from tests.faiss_client.test_session_safety import X, ask, frame, opened
from tests.support.index_server import IndexServer
from tests.support.processes import Server

NEW = frame({"op": "new", "name": "IndexFlatL2", "args": [8]})


@pytest.fixture(autouse=True)
def sockets() -> Iterator[None]:
    """Close what a test has opened."""
    yield
    while _opened:
        _opened.pop().close()


_opened: list[socket.socket] = []


def attach(server: Server, name: str, *headers: str) -> tuple[socket.socket, bytes]:
    """A connection and the head of the answer to a request for handing it over to a session."""
    wanted = headers or ("Connection: Upgrade", "Upgrade: faiss-session", "X-Request-ID: mine")
    return attached(server, f"/v1/sessions/{name}", *wanted)


def attached(server: Server | IndexServer, place: str, *wanted: str) -> tuple[socket.socket, bytes]:
    """The same for any place that hands connections over."""
    parts = urlsplit(server.url)
    line = socket.create_connection((parts.hostname, parts.port), 30)
    _opened.append(line)
    head = [f"POST {place}/attach HTTP/1.1", "Host: x", "Content-Length: 0", *wanted, "", ""]
    line.sendall("\r\n".join(head).encode())
    said = b""
    while b"\r\n\r\n" not in said:
        said += line.recv(1)
    return line, said


def exchange(line: socket.socket, body: bytes) -> tuple[int, bytes]:
    line.sendall(struct.pack("<Q", len(body)) + body)
    return answer(line)


def answer(line: socket.socket) -> tuple[int, bytes]:
    status, length = struct.unpack("<QQ", line.recv(16, socket.MSG_WAITALL))
    return status, line.recv(length, socket.MSG_WAITALL)


def test_the_plain_way_and_a_line_are_one_session_and_counted_together(server: Server) -> None:
    before = ask(server, "GET", "/v1/sessions")[1]["operations"]
    name = opened(server)
    line, said = attach(server, name)
    assert said.startswith(b"HTTP/1.1 101")
    assert b"X-Request-ID: mine" in said
    assert frames.decode(bytearray(exchange(line, NEW)[1]))[0]["value"] == {"h": [1, "IndexFlatL2"]}
    look = frame({"op": "get", "on": 1, "name": "d"})
    status, body = ask(server, "POST", f"/v1/sessions/{name}", look)
    assert (status, frames.decode(bytearray(body))[0]["value"]) == (200, 8)
    assert ask(server, "GET", "/v1/sessions")[1]["operations"] == before + 2
    line.close()
    again, _ = attach(server, name)
    assert exchange(again, look)[0] == 200
    assert ask(server, "DELETE", f"/v1/sessions/{name}")[0] == 204
    assert again.recv(1) == b""  # its session is gone
    assert ask(server, "GET", "/v1/sessions")[1]["operations"] == before + 3


def test_errors_and_limits_of_a_line(server: Server) -> None:
    name = opened(server)
    line, _ = attach(server, name)
    for body in (b"nonsense", b"FXP1", frame({"op": "no such"})):
        status, said = exchange(line, body)
        assert (status, json.loads(said)["code"]) == (400, "broken_frame")
    status, said = exchange(line, frame({"op": "get", "on": 99, "name": "d"}))
    assert (status, json.loads(said)["code"]) == (404, "handle_not_found")
    line.sendall(struct.pack("<Q", 2_000_000_000) + b"x" * 1000)
    status, said = answer(line)
    assert (status, json.loads(said)["code"]) == (413, "too_large")
    line.close()
    other, _ = attach(server, name)
    other.sendall(b"\x01\x02")
    other.close()
    assert ask(server, "DELETE", f"/v1/sessions/{name}")[0] == 204


def test_who_may_not_attach(server: Server) -> None:
    name = opened(server)
    line, said = attach(server, "nonsense")
    assert said.startswith(b"HTTP/1.1 404")
    length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    line.recv(length, socket.MSG_WAITALL)
    line.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")  # the connection goes on
    assert line.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
    assert attach(server, name, "X: y")[1].startswith(b"HTTP/1.1 426")
    assert attach(server, name, "Connection: Upgrade", "Upgrade: other")[1].startswith(b"HTTP/1.1 426")
    lines = [attach(server, name) for _ in range(70)]
    refused = [said for _, said in lines if not said.startswith(b"HTTP/1.1 101")]
    assert 6 <= len(refused) < 70
    assert all(said.startswith(b"HTTP/1.1 503") for said in refused)
    for line, _ in lines:
        line.close()
    deadline = time.monotonic() + 20
    while not (again := attach(server, name))[1].startswith(b"HTTP/1.1 101"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert exchange(again[0], frame({"op": "free"}))[0] == 200
    ask(server, "DELETE", f"/v1/sessions/{name}")


def test_no_file_can_be_opened_while_lines_come_and_go(remote: ModuleType, tmp_path: Path) -> None:
    """A hostile index that names a file, again and again, while numbers for connections become free."""
    local = real.index_factory(8, "IVF4,Flat")
    local.train(X)
    lists = real.OnDiskInvertedLists(4, local.code_size, str(tmp_path / "lists"))
    local.replace_invlists(lists)
    local.add(X)
    raw = real.serialize_index(local)
    home = remote._configured
    remote.IndexFlatL2(2)
    done = threading.Event()

    def come_and_go() -> None:
        while not done.is_set():
            line = home._opened.lines._attached()
            if line is not None:
                line.close()

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for each in threads:
        each.start()
    try:
        for _ in range(60):
            with pytest.raises(RuntimeError):
                remote.deserialize_index(raw)
    finally:
        done.set()
        for each in threads:
            each.join()


def test_joined_queries_are_answered_bit_by_bit_as_one_alone(remote: ModuleType) -> None:
    rng = np.random.default_rng(5)
    x = rng.random((12_000, 32), dtype=np.float32)
    x[6000:] = x[:6000]  # ties
    for kind in (remote.IndexFlatL2, remote.IndexFlatIP):
        index = kind(32)
        index.add(x)
        remote.omp_set_num_threads(1)
        alone = [index.search(x[n : n + 1], 10) for n in range(64)]
        wrong: list[int] = []

        def work(first: int, index: Any = index, alone: Any = alone, wrong: list[int] = wrong) -> None:
            for n in range(first, first + 4):
                d, i = index.search(x[n : n + 1], 10)
                if d.tobytes() != alone[n][0].tobytes() or sorted(i[0]) != sorted(alone[n][1][0]):
                    wrong.append(n)

        before = remote.usage()["joined"]
        for _ in range(3):
            threads = [threading.Thread(target=work, args=(n * 4,)) for n in range(16)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        assert wrong == []
        joined = remote.usage()["joined"]
        batches = joined["batches"] - before["batches"]
        assert batches > 0
        assert joined["queries"] - before["queries"] >= 2 * batches


def test_where_nothing_is_handed_over_the_plain_way_serves(remote: ModuleType, monkeypatch: Any) -> None:
    monkeypatch.setattr("faiss_proxy.remote._UPGRADE", b"%.0sContent-Length: 0\r\n\r\n")
    index = remote.IndexFlatL2(8)
    index.add(X)
    assert index.search(X[:1], 1)[1] == [[0]]
    lines = remote._configured._opened.lines
    assert not lines._idle
    assert lines._not_before == float("inf")


def test_a_call_over_a_line_that_takes_too_long(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", SESSION_CALL_TIMEOUT_S="2")
    faiss_proxy.configure(server.url)
    try:
        many = np.random.default_rng(0).random((150_000, 64), dtype=np.float32)
        slow = faiss_proxy.IndexFlatL2(64)
        slow.add(many)
        assert faiss_proxy._configured._opened.lines._idle
        with pytest.raises(faiss_proxy.SessionLost, match="SESSION_CALL_TIMEOUT_S"):
            slow.search(many[:20_000], 1000)
        assert faiss_proxy.IndexFlatL2(8).d == 8
    finally:
        faiss_proxy.configure(None)
        server.stop()
