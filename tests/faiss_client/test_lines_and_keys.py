"""Who may take a connection to a session's process, where every call needs a key."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import faiss_proxy
import numpy as np
import pytest
from faiss_proxy import frames

from tests.faiss_client.test_lines import NEW, attach, exchange
from tests.faiss_client.test_session_safety import X, frame
from tests.support.processes import Server, quaestio

UPGRADE = ("Connection: Upgrade", "Upgrade: faiss-session")


@dataclass(frozen=True)
class Guarded:
    """A server that asks for keys, and those of two tenants."""

    server: Server
    ours: str
    theirs: str
    reader: str

    def session(self, key: str) -> str:
        status, body = self.ask("POST", "/v1/sessions", key)
        assert status == 201
        return str(body["session"])

    def ask(self, method: str, path: str, key: str | None, body: bytes = b"") -> tuple[int, Any]:
        line = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=30)
        line.request(method, path, body, {"Authorization": f"Bearer {key}"} if key else {})
        answer = line.getresponse()
        read = answer.read()
        line.close()
        return answer.status, json.loads(read) if answer.headers.get_content_subtype() == "json" else read

    def attach(self, session: str, key: str | None) -> tuple[Any, bytes]:
        line, said = attach(
            self.server, session, *UPGRADE, *([f"Authorization: Bearer {key}"] if key else [])
        )
        return line, said.split(b"\r\n")[0]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    data = tmp_path_factory.mktemp("guarded") / "data"

    def key(tenant: str, scopes: str = "read,write") -> str:
        made = quaestio("keys", "create", "--tenant", tenant, "--scopes", scopes, "--json", data_dir=data)
        return str(json.loads(made.stdout)["key"])

    ours, theirs, reader = key("ours"), key("theirs"), key("ours", "read")
    server = Server(data, AUTH_REQUIRED="true")
    yield Guarded(server, ours, theirs, reader)
    server.stop()


def test_the_right_key_gets_a_line_and_the_whole_client_works(guarded: Guarded) -> None:
    session = guarded.session(guarded.ours)
    line, said = guarded.attach(session, guarded.ours)
    assert said.startswith(b"HTTP/1.1 101")
    assert frames.decode(bytearray(exchange(line, NEW)[1]))[0]["value"] == {"h": [1, "IndexFlatL2"]}
    line.close()
    assert guarded.ask("DELETE", f"/v1/sessions/{session}", guarded.ours)[0] == 204
    faiss_proxy.configure(guarded.server.url, api_key=guarded.ours)
    try:
        index = faiss_proxy.IndexFlatL2(8)
        index.add(X)
        assert index.search(X[:2], 1)[1].tolist() == [[0], [1]]
        assert faiss_proxy._configured._opened.lines._idle  # so it was a line that answered
    finally:
        faiss_proxy.configure(None)


def test_nobody_else_gets_one(guarded: Guarded) -> None:
    session = guarded.session(guarded.ours)
    wrong = guarded.ours[:-4] + ("aaaa" if not guarded.ours.endswith("aaaa") else "bbbb")
    for key, status in ((None, b"401"), (wrong, b"401"), ("nonsense", b"401"), (guarded.reader, b"403")):
        line, said = guarded.attach(session, key)
        assert said.split(b" ")[1] == status
        line.close()
    # Another tenant's session answers as one that never existed.
    answers = []
    for name in (session, "x" * len(session)):
        line, said = attach(guarded.server, name, *UPGRADE, f"Authorization: Bearer {guarded.theirs}")
        length = int(said.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answers.append((said.split(b"\r\n")[0], json.loads(line.recv(length, 0x100))["message"]))
        line.close()
    assert answers[0] == answers[1]
    assert answers[0][0].startswith(b"HTTP/1.1 404")
    line, said = guarded.attach(session, guarded.ours)  # all that changed nothing
    assert said.startswith(b"HTTP/1.1 101")
    line.close()


def test_a_handle_of_another_tenant_is_one_that_never_existed(guarded: Guarded) -> None:
    mine, foreign = guarded.session(guarded.ours), guarded.session(guarded.theirs)
    line, _ = guarded.attach(mine, guarded.ours)
    assert exchange(line, NEW)[0] == 200
    other, _ = guarded.attach(foreign, guarded.theirs)
    add = frame({"op": "call", "on": 1, "name": "add", "args": [{"a": 0}]}, X)
    status, said = exchange(other, add)
    assert (status, json.loads(said)["code"]) == (404, "handle_not_found")
    assert exchange(line, frame({"op": "call", "on": 1, "name": "add", "args": [{"a": 0}]}, X[:3]))[0] == 200
    found = exchange(line, frame({"op": "get", "on": 1, "name": "ntotal"}))[1]
    assert frames.decode(bytearray(found))[0]["value"] == 3
    for path in ("", f"/{mine}"):
        status, body = guarded.ask("POST" if path else "GET", f"/v1/sessions{path}", guarded.theirs, add)
        assert status == (404 if path else 200)
    assert body["code"] == "session_not_found"
    assert len(guarded.ask("GET", "/v1/sessions", guarded.theirs)[1]["sessions"]) == 1
    line.close()
    other.close()


def test_an_index_name_of_another_tenant_is_one_that_never_existed(guarded: Guarded) -> None:
    faiss_proxy.configure(guarded.server.url, api_key=guarded.ours)
    faiss_proxy._configured.call("POST", "/v1/index", {"name": "mine", "dimension": 8})
    faiss_proxy.configure(guarded.server.url, api_key=guarded.theirs)
    try:
        with pytest.raises(faiss_proxy.ServiceError) as foreign:
            faiss_proxy.open("mine")
        with pytest.raises(faiss_proxy.ServiceError) as never:
            faiss_proxy.open("none")
        assert str(foreign.value).replace("mine", "none") == str(never.value)
        faiss_proxy.configure(guarded.server.url, api_key=guarded.ours)
        faiss_proxy.open("mine").add_with_ids(X, np.arange(len(X)))
        assert faiss_proxy.open("mine").ntotal == len(X)
    finally:
        faiss_proxy.configure(None)


def test_wrong_keys_of_a_client_are_clear_errors(guarded: Guarded) -> None:
    for key in ("", "nonsense"):
        faiss_proxy.configure(guarded.server.url, api_key=key)
        try:
            with pytest.raises(faiss_proxy.ServiceError, match="key"):
                faiss_proxy.IndexFlatL2(8)
        finally:
            faiss_proxy.configure(None)
