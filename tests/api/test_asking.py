"""Streams, conversations, collections, search and limits of the real application."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.files import SAMPLE

QUESTION = "Which pigment makes leaves green?"


def events_of(text: str) -> list[tuple[str, Any, str]]:
    """(name, data, id) of each event of a stream, comments and retry times left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"]), fields["id"]))
    return found


@pytest.mark.parametrize(
    ("path", "body"), [("/api/ask/stream", {}), ("/api/ask", {"stream": True})], ids=["stream", "ask"]
)
def test_a_stream_has_sources_tokens_and_the_whole_answer(
    library: TestClient, path: str, body: dict[str, Any]
) -> None:
    answer = library.post(path, json={"question": QUESTION} | body)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = events_of(answer.text)
    names = [name for name, _, _ in events]
    assert (names[0], names[-1]) == ("sources", "done")
    assert set(names[1:-1]) == {"token"}
    done = events[-1][1]
    assert done["answer"] == "".join(data["text"] for name, data, _ in events if name == "token")
    assert done["sources"] == events[0][1]["sources"]
    assert {citation["source"] for citation in done["citations"]} == {1}
    for citation in done["citations"]:
        assert citation["quote"] in done["answer"]
    whole = library.post("/api/ask", json={"question": QUESTION}).json()
    assert whole["answer"] == done["answer"]


def test_a_stream_goes_on_behind_the_last_event(library: TestClient) -> None:
    first = events_of(library.post("/api/ask/stream", json={"question": QUESTION}).text)
    headers = {"Last-Event-ID": first[0][2]}
    for again in (
        library.post("/api/ask/stream", json={"question": QUESTION}, headers=headers),
        library.get("/api/ask/stream", params={"question": QUESTION}, headers=headers),
    ):
        assert events_of(again.text) == first[1:]
    over = library.post(
        "/api/ask/stream", json={"question": QUESTION}, headers={"Last-Event-ID": first[-1][2]}
    )
    assert events_of(over.text) == []


@pytest.mark.parametrize(("last", "status"), [("x", 400), (f"{'0' * 32}:1", 404)])
def test_what_cannot_be_gone_on_with_is_said(library: TestClient, last: str, status: int) -> None:
    answer = library.post("/api/ask/stream", json={"question": QUESTION}, headers={"Last-Event-ID": last})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"question": ""}, 422, "invalid_request"),
        ({"question": "x", "document_ids": ["none"]}, 404, "document_not_found"),
        ({"question": "x", "collections": ["none"]}, 404, "collection_not_found"),
        ({"question": "x", "filters": {"types": ["none"]}}, 409, "empty_library"),
    ],
)
def test_what_can_be_refused_is_refused_before_the_first_byte(
    library: TestClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = library.post("/api/ask/stream", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_conversation_is_remembered_for_its_session(library: TestClient) -> None:
    mine, other = {"X-Session-Id": "mine"}, {"X-Session-Id": "other"}
    for path in ("/api/chat", "/api/chat/"):
        answer = library.post(path, json={"message": QUESTION}, headers=mine, follow_redirects=False)
        assert answer.status_code == 200
        assert set(answer.json()) == {"response", "timestamp"}
    library.post("/api/ask", json={"question": "Where is it found?", "conversation": True}, headers=mine)
    history = library.get("/api/chat/history", headers=mine).json()["history"]
    assert [turn["user"] for turn in history] == [QUESTION, QUESTION, "Where is it found?"]
    assert set(history[0]) == {"user", "assistant", "timestamp"}
    assert library.get("/api/chat/history", headers=other).json() == {"history": []}
    assert "3 turns" in library.delete("/api/chat/history", headers=mine).json()["message"]
    assert library.get("/api/chat/history", headers=mine).json() == {"history": []}


def test_a_socket_asks_and_stops(library: TestClient) -> None:
    with library.websocket_connect("/ws/chat?session=socket") as socket:
        socket.send_json({"type": "ask", "question": QUESTION})
        told = [socket.receive_json()]
        while told[-1]["type"] not in {"done", "error"}:
            told.append(socket.receive_json())
        assert told[0]["type"] == "sources"
        assert told[-1]["answer"] == "".join(m["text"] for m in told if m["type"] == "token")
        socket.send_json({"type": "stop"})  # nothing runs: no harm
        for bad in ("no json", "[]", '{"type": "?"}', '{"type": "ask"}', '{"type": "ask", "question": ""}'):
            socket.send_text(bad)
            assert socket.receive_json()["type"] == "error"
        for broken in (b"\xff\x00", b"", b"[" * 60_000, b"x" * 100_000):
            socket.send_bytes(broken)
            assert socket.receive_json()["code"] == "invalid_request"
        socket.send_bytes(json.dumps({"type": "ask", "question": "Where is it found?"}).encode())
        assert socket.receive_json()["type"] == "sources"
    history = library.get("/api/chat/history", headers={"X-Session-Id": "socket"}).json()["history"]
    assert history[0]["user"] == QUESTION


def test_a_page_from_elsewhere_may_not_open_a_socket(library: TestClient) -> None:
    for origin, may in (
        ("https://evil.example", False),
        ("http://localhost:3000", True),
        ("http://testserver", True),
    ):
        if may:
            with library.websocket_connect("/ws/chat", headers={"Origin": origin}):
                continue
        with (
            pytest.raises(WebSocketDisconnect),
            library.websocket_connect("/ws/chat", headers={"Origin": origin}) as socket,
        ):
            socket.receive_json()


def test_collections_and_conditions_narrow_what_is_found(library: TestClient) -> None:
    other = upload_and_wait(
        library, "geysers.md", b"# Geysers\n\nGeysers throw hot water into the air of Iceland."
    )
    made = library.post("/api/collections", json={"name": "earth", "document_ids": [other["document_id"]]})
    assert made.status_code == 201
    assert library.post("/api/collections", json={"name": "earth"}).status_code == 409
    found = library.get("/api/search", params={"q": "water", "collection": "earth"}).json()["results"]
    assert {source["filename"] for source in found} == {"geysers.md"}
    body = {"queries": ["water in roots", "hot water"], "k": 3, "filters": {"types": ["txt"]}}
    results = library.post("/api/search", json=body).json()["results"]
    assert len(results) == 2
    assert {source["filename"] for some in results for source in some} == {"plants.txt"}
    for conditions, names in (
        ({"types": ["md"]}, {"geysers.md"}),
        ({"languages": ["en"], "types": ["txt"]}, {"plants.txt"}),
        ({"uploaded_to": "2020-01-01T00:00:00Z"}, set()),
        ({"uploaded_from": "2020-01-01"}, {"plants.txt", "geysers.md"}),
    ):
        found = library.get("/api/search", params={"q": "water", "filter": json.dumps(conditions)}).json()
        assert {source["filename"] for source in found["results"]} == names
    assert library.get("/api/search", params={"q": "x", "filter": '{"author": 1}'}).status_code == 400
    asked = library.post(
        "/api/ask", json={"question": "What do geysers throw?", "collections": ["earth"]}
    ).json()
    assert {source["filename"] for source in asked["sources"]} == {"geysers.md"}
    made_questions = library.post("/api/questions", json={"count": 1, "collections": ["earth"]})
    assert {q["source"]["filename"] for q in made_questions.json()["questions"]} <= {"geysers.md"}
    path = f"/api/collections/earth/documents/{other['document_id']}"
    assert library.delete(path).json()["document_ids"] == []
    added = library.post("/api/collections/earth/documents", json={"document_ids": [other["document_id"]]})
    assert added.json() == library.get("/api/collections/earth").json()
    assert [c["name"] for c in library.get("/api/collections").json()["items"]] == ["earth"]
    assert library.delete("/api/collections/earth").status_code == 200
    assert library.get("/api/collections/earth").status_code == 404


def test_stats_tell_what_is_there(library: TestClient) -> None:
    stats = library.get("/api/stats").json()
    assert stats["chunks"] == stats["vectors"] > 0 < stats["documents"]
    assert stats["index"]["kind"] in {"memory", "flat"}
    assert stats["index"]["dimension"] == 384
    assert stats["index"]["troubles"] == []
    assert (stats["streams"], stats["providers"]) == (0, [])


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[TestClient]:
    changes = {"rate_limit_per_minute": 60, "rate_limit_burst": 5, "enable_streaming": False}
    with client_for(settings_for(tmp_path, **changes)) as client:
        yield client


def test_who_calls_too_often_is_told_when_to_come_back(limited: TestClient) -> None:
    answers = [limited.get("/api/stats") for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert [a.headers["RateLimit-Remaining"] for a in answers] == ["4", "3", "2", "1", "0", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "5"
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json()["code"] == "too_many_requests"
    assert answers[-1].json()["retry_after"] == 1
    assert limited.get("/health/live").status_code == 200


def test_streaming_can_be_switched_off(limited: TestClient) -> None:
    upload_and_wait_free(limited)
    answer = limited.post("/api/ask/stream", json={"question": QUESTION})
    assert answer.status_code == 400
    assert "ENABLE_STREAMING" in answer.json()["message"]


def upload_and_wait_free(client: TestClient) -> None:
    """One call, so that the bucket is not empty."""
    assert client.post("/api/documents", files={"files": ("plants.txt", SAMPLE)}).status_code == 202
