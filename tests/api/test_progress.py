"""Progress, stopping, retrying and sending twice, on the real application."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from backend.adapters.onnx_embedder.encoder import Encoder, Tokens
from backend.bootstrap import open_services
from backend.main import create_app
from backend.ports.embedder import Vectors
from backend.services.ingestion import BATCH
from tests.api.conftest import client_for, settings_for, wait
from tests.support.files import SAMPLE, pdf

BOOK = b"\n\n".join(b"Chapter %d. " % n + SAMPLE for n in range(22))
"""Some 1,200 chunks: seconds of embedding, half of it in parts."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with client_for(settings_for(folder, worker_concurrency=1)) as opened:
        yield opened


def upload(client: TestClient, name: str, content: bytes, **headers: str) -> dict[str, Any]:
    answer = client.post("/api/documents", files={"files": (name, content)}, headers=headers)
    assert answer.status_code == 202, answer.text
    entry: dict[str, Any] = answer.json()["documents"][0]
    return entry


def until(client: TestClient, document_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        document: dict[str, Any] = client.get(f"/api/documents/{document_id}").json()
        if reached(document):
            return document
        time.sleep(0.02)
    raise AssertionError(f"not reached: {document}")


def rows(folder: Path) -> dict[str, int]:
    """What the store holds of texts, whoever may see it."""
    with closing(sqlite3.connect(folder / "quaestio.db")) as store:
        tables = ("documents", "jobs WHERE kind != 'mine'", "chunks", "vectors", "chunk_terms")
        return {t.split()[0]: store.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}  # noqa: S608


def events_of(client: TestClient, document_id: str) -> list[tuple[str, dict[str, Any]]]:
    """All events up to the end of the stream."""
    answer = client.get(f"/api/documents/{document_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert (answer.headers["cache-control"], answer.headers["x-accel-buffering"]) == ("no-cache", "no")
    blocks = [b for b in answer.text.split("\n\n") if b and not b.startswith(":")]
    found = [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]
    assert [int(e["id"]) for e in found] == list(range(1, len(found) + 1))
    return [(e["event"], json.loads(e["data"])) for e in found]


def test_a_book_is_followed_from_waiting_to_ready(client: TestClient) -> None:
    book = upload(client, "book.txt", BOOK)
    events = events_of(client, book["document_id"])
    assert {name for name, _ in events[:-1]} == {"progress"}
    name, last = events[-1]
    assert (name, last["status"], last["progress"], last["waiting"]) == ("done", "finished", 1.0, False)
    shares = [view["progress"] for _, view in events]
    assert shares == sorted(shares)
    assert len(set(shares)) > 5
    units = {view["unit"] for _, view in events if view["total"]}
    assert units == {"bytes", "passages"}
    parts = [view for _, view in events if view["unit"] == "passages" and view["status"] == "started"]
    assert any(0 < view["done"] < view["total"] for view in parts)
    # Its parts are queued between two turns, but it is being worked on all the time.
    assert not any(view["waiting"] for view in parts)
    timed = [view for view in parts if view["seconds_left"] is not None]
    assert timed
    assert all(view["rate"] > 0 and view["heartbeat_at"] for view in timed)


def test_what_waits_for_a_worker_says_so(client: TestClient) -> None:
    book = upload(client, "book.txt", BOOK)
    until(client, book["document_id"], lambda d: d["done"] > 0)
    other = upload(client, "other.txt", BOOK + b"Another one.")
    view = client.get(f"/api/documents/{other['document_id']}").json()
    assert (view["status"], view["waiting"], view["heartbeat_at"]) == ("queued", True, None)
    assert (view["rate"], view["seconds_left"]) == (None, None)
    assert not client.get(f"/api/documents/{book['document_id']}").json()["waiting"]


def test_a_stream_of_nothing_is_a_404(client: TestClient) -> None:
    for verb, path in (("GET", "events"), ("POST", "stop"), ("POST", "retry")):
        answer = client.request(verb, f"/api/documents/none/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "document_not_found")


def test_a_document_that_is_deleted_ends_its_stream(client: TestClient) -> None:
    book = upload(client, "book.txt", BOOK)
    with ThreadPoolExecutor(1) as pool:
        watched = pool.submit(events_of, client, book["document_id"])
        until(client, book["document_id"], lambda d: d["done"] > 0)
        client.delete(f"/api/documents/{book['document_id']}")
        assert watched.result(30)[-1] == ("gone", {"document_id": book["document_id"]})


async def test_a_client_that_leaves_ends_its_stream(folder: Path) -> None:
    async with open_services(settings_for(folder)) as services:  # no worker: the document waits
        app = create_app(lambda: open_services(settings_for(folder)), max_upload_bytes=1)
        accepted = await services.ingestion.accept("default", "a.txt", _pieces())
        left, sent = asyncio.Event(), []

        async def receive() -> dict[str, Any]:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": f"/api/documents/{accepted.document.id}/events",
            "query_string": b"",
            "headers": [],
            "asgi": {"spec_version": "2.4"},  # the application itself must notice
            "state": {"services": services, "access": services.access, "closing": lambda: False},
        }
        serving = asyncio.create_task(app(scope, receive, send))  # type: ignore[arg-type] # plain dicts
        async with asyncio.timeout(30):
            while len(sent) < 2 and not serving.done():  # noqa: ASYNC110 - the application tells nobody
                await asyncio.sleep(0.02)
        assert not serving.done()
        assert b"event: progress" in sent[1]["body"]
        left.set()
        await asyncio.wait_for(serving, 1)


async def _pieces() -> Any:
    yield b"Some text."


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts the model has taken, call by call."""
    counts: list[int] = []
    plain = Encoder.vectors

    def counted(encoder: Encoder, tokens: Sequence[Tokens]) -> Vectors:
        counts.append(len(tokens))
        return plain(encoder, tokens)

    monkeypatch.setattr(Encoder, "vectors", counted)
    return counts


@pytest.mark.parametrize("stage", ["extracting", "embedding", "in parts"])
def test_stopping_takes_effect_and_leaves_nothing(
    client: TestClient, folder: Path, embedded: list[int], stage: str
) -> None:
    reached: dict[str, Callable[[dict[str, Any]], bool]] = {
        "extracting": lambda d: d["status"] == "started",
        "embedding": lambda d: d["done"] > 0,
        "in parts": lambda d: d["unit"] == "passages" and d["done"] > 0,
    }
    book = upload(client, "book.txt", BOOK)
    until(client, book["document_id"], reached[stage])
    stopped = client.post(f"/api/documents/{book['document_id']}/stop").json()
    assert (stopped["status"], stopped["waiting"], stopped["chunks"]) == ("stopped", False, 0)
    before = sum(embedded)
    note = upload(client, "note.txt", b"A short note about geysers.")
    assert wait(client, note["document_id"])["status"] == "finished"
    assert sum(embedded) - before <= 2 * BATCH, "the only worker went on with what was stopped"
    client.delete(f"/api/documents/{note['document_id']}")
    time.sleep(0.5)  # whoever still worked on it would have written by now
    assert {t: n for t, n in rows(folder).items() if t not in {"documents", "jobs"}} == {
        "chunks": 0,
        "vectors": 0,
        "chunk_terms": 0,
    }
    with closing(sqlite3.connect(folder / "quaestio.db")) as store:
        states = dict(store.execute("SELECT id, state FROM jobs").fetchall())
    assert states[book["job_id"]] == "stopped"
    assert set(states.values()) <= {"stopped", "finished"}  # parts that had finished stay so


def test_a_stopped_document_is_read_again_and_an_ended_one_is_not_stopped(client: TestClient) -> None:
    book = upload(client, "plants.txt", SAMPLE * 8)
    path = f"/api/documents/{book['document_id']}"
    refused = client.post(f"{path}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "job_not_retryable")
    assert client.post(f"{path}/stop").json()["status"] == "stopped"
    assert client.post(f"{path}/stop").json()["status"] == "stopped"
    again = client.post(f"{path}/retry").json()
    assert (again["status"], again["progress"], again["error"]) == ("queued", 0.0, None)
    finished = wait(client, book["document_id"])
    assert (finished["status"], finished["text_length"] > len(SAMPLE)) == ("finished", True)
    refused = client.post(f"{path}/stop")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "nothing to stop" in refused.json()["message"]
    assert client.post(f"{path}/retry").status_code == 409


def test_a_failed_document_can_be_retried(client: TestClient) -> None:
    blank = upload(client, "blank.pdf", pdf([[]]))
    assert wait(client, blank["document_id"])["status"] == "failed"
    assert client.post(f"/api/documents/{blank['document_id']}/retry").json()["error"] is None
    again = wait(client, blank["document_id"])
    assert (again["status"], again["error"]["code"]) == ("failed", "no_text_in_file")


def test_fifty_uploads_of_one_file_are_one_document_and_one_parse(client: TestClient, folder: Path) -> None:
    with ThreadPoolExecutor(50) as pool:
        entries = list(pool.map(lambda n: upload(client, f"{n}.txt", SAMPLE), range(50)))
    assert len({e["document_id"] for e in entries}) == 1
    assert sum(e["duplicate_of"] is None for e in entries) == 1
    chunks = wait(client, entries[0]["document_id"])["chunks"]
    assert rows(folder) == dict.fromkeys(("documents", "jobs"), 1) | dict.fromkeys(
        ("chunks", "vectors", "chunk_terms"), chunks
    )
    with closing(sqlite3.connect(folder / "quaestio.db")) as store:
        assert store.execute("SELECT attempt FROM jobs WHERE kind = 'ingest'").fetchall() == [(1,)]
        assert store.execute("SELECT count(*) FROM small_files").fetchall() == [(1,)]


def test_a_thousand_files_in_one_request_get_an_entry_each(client: TestClient, folder: Path) -> None:
    files = [("files", (f"{n}.txt", f"Note {n} about geysers.".encode())) for n in range(999)]
    files.insert(500, ("files", ("bad.exe", b"\x7fELF\0\0\0\0")))
    answer = client.post("/api/documents", files=files)
    assert answer.status_code == 202, answer.text
    entries = answer.json()["documents"]
    assert [e["filename"] for e in entries] == [name for _, (name, _) in files]
    assert entries[500]["status"] == "refused"
    assert rows(folder)["documents"] == len({e["document_id"] for e in entries if e["document_id"]}) == 999
    more = client.post("/api/documents", files=[*files, ("files", ("one.txt", b"more"))])
    assert (more.status_code, "1000" in more.json()["message"]) == (400, True)


def test_of_identical_files_in_one_upload_the_first_is_the_document(client: TestClient) -> None:
    large = SAMPLE * 40  # as files, not as rows: storing them takes times that differ
    for turn in range(6):
        texts = (b"%d. " % turn + SAMPLE, b"%d. " % turn + large)
        files = [("files", (f"{n}.txt", texts[n % 2])) for n in range(12)]
        entries = client.post("/api/documents", files=files).json()["documents"]
        assert [e["duplicate_of"] for e in entries[:2]] == [None, None]
        assert [e["duplicate_of"] for e in entries[2:]] == [e["document_id"] for e in entries[:2]] * 5


def test_a_key_sent_again_gets_the_first_answer(client: TestClient, folder: Path) -> None:
    key = {"Idempotency-Key": "key-1"}
    files = [("files", ("a.txt", b"Text A.")), ("files", ("b.exe", b"\x7fELF\0\0\0\0"))]
    first = client.post("/api/documents", files=files, headers=key)
    wait(client, first.json()["documents"][0]["document_id"])
    again = client.post("/api/documents", files=files, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.json()["documents"][0]["duplicate_of"] is None
    for other in ([("files", ("a.txt", b"Text B."))], [("files", ("c.txt", b"Text A.")), files[1]]):
        refused = client.post("/api/documents", files=other, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
        assert "new one" in refused.json()["message"]
    assert rows(folder)["documents"] == 1
    assert upload(client, "a.txt", b"Text A.", **{"Idempotency-Key": "key-2"})["duplicate_of"]


def test_a_key_survives_a_restart_and_only_a_day(folder: Path) -> None:
    key = {"Idempotency-Key": "key"}
    with client_for(settings_for(folder)) as client:
        first = upload(client, "a.txt", b"Text A.", **key)
    with client_for(settings_for(folder)) as client:
        assert upload(client, "a.txt", b"Text A.", **key) == first
        with closing(sqlite3.connect(folder / "quaestio.db")) as store:
            store.execute("UPDATE answers SET created_at = created_at - 86500")
            store.commit()
        assert upload(client, "b.txt", b"Text B.", **key)["filename"] == "b.txt"


def test_a_refused_upload_does_not_use_up_its_key(client: TestClient) -> None:
    key = {"Idempotency-Key": "key"}
    refused = client.post("/api/documents", files={"files": ("a.txt", b"")}, headers=key)
    assert refused.json()["code"] == "empty_file"
    assert upload(client, "a.txt", b"Text A.", **key)["status"] == "queued"
    long = client.post(
        "/api/documents", files={"files": ("a.txt", b"x")}, headers={"Idempotency-Key": "k" * 256}
    )
    assert (long.status_code, long.json()["code"]) == (400, "invalid_request")


def test_uploads_of_one_key_at_once_are_one_upload(client: TestClient, folder: Path) -> None:
    def send(_: int) -> dict[str, Any]:
        return upload(client, "a.txt", SAMPLE, **{"Idempotency-Key": "same"})

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert answers == [answers[0]] * 20
    assert answers[0]["duplicate_of"] is None
    assert rows(folder)["documents"] == 1
