"""Answers at once and by jobs, over the real application."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.files import SAMPLE, pdf

QUESTION = "What is the green pigment that absorbs light?"
ANSWER = {
    "answer",
    "sources",
    "citations",
    "dropped_citations",
    "kind",
    "standalone_question",
    "model",
    "fallback_used",
    "cached",
    "timings",
}
SOURCE = {
    "link",
    "start",
    "end",
    "document_id",
    "filename",
    "title",
    "url",
    "page",
    "start_seconds",
    "heading",
    "chunk_id",
    "text",
    "score",
}
STATUS = {"job_id", "status", "progress", "created_at", "started_at", "ended_at", "error"}
SURROGATE = b'{"%s": "\\ud800?"}'


def until_ended(client: TestClient, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        job: dict[str, Any] = client.get(f"/job-status/{job_id}").json()
        if job["status"] in {"finished", "failed", "stopped"}:
            return job
        time.sleep(0.01)
    raise AssertionError("the job did not end")


def test_an_answer_cites_what_stands_in_its_sources(library: TestClient) -> None:
    answer = library.post("/api/ask", json={"question": QUESTION, "k": 3})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == ANSWER
    assert (body["model"], body["cached"]) == ("extractive", False)
    assert "chlorophyll" in body["answer"].lower()
    assert 1 <= len(body["sources"]) <= 3
    for source in body["sources"]:
        assert set(source) == SOURCE
        assert source["filename"] == "plants.txt"
        assert 0 <= source["score"] <= 1
        passage = library.get(
            f"/api/documents/{source['document_id']}/passage", params={"chunk_id": source["chunk_id"]}
        ).json()
        assert passage["text"] in source["text"]
    for text, number in re.findall(r"(.+?) \[(\d+)\](?: |$)", body["answer"]):
        assert text in " ".join(body["sources"][int(number) - 1]["text"].split())


def test_what_the_documents_do_not_say_is_said(library: TestClient) -> None:
    body = library.post("/api/ask", json={"question": "Who won the cricket world cup in 1992?"}).json()
    assert body["sources"] == []
    assert "do not answer" in body["answer"]


def test_only_named_documents_are_asked(library: TestClient) -> None:
    content = pdf([["A page about nothing."], ["Geysers throw hot water into the air."]], title="On geysers")
    other = upload_and_wait(library, "geysers.pdf", content)
    ids = [other["document_id"]]
    body = {"question": "What do geysers throw into the air?", "document_ids": ids}
    answer = library.post("/api/ask", json=body).json()
    first = answer["sources"][0]
    assert answer["answer"] == "Geysers throw hot water into the air. [1]"
    assert (first["title"], first["page"], first["document_id"]) == ("On geysers", 2, ids[0])
    assert library.post("/api/ask", json=body | {"document_ids": ["none"]}).status_code == 404
    library.delete(f"/api/documents/{ids[0]}")
    assert library.post("/api/ask", json=body).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"question": ""}, 422),
        ({"question": " \n"}, 422),
        ({"question": "x" * 2001}, 422),
        ({"question": 5}, 422),
        ({"question": None}, 422),
        ({"question": "x", "k": 0}, 422),
        ({"question": "x", "k": 21}, 422),
        ({"question": "x", "k": "many"}, 422),
        ({"question": "x", "k": True}, 422),
        ({"question": "x", "document_ids": []}, 422),
        ({"question": "x", "document_ids": "a"}, 422),
        ({"question": "x", "stream": "maybe"}, 422),
        ({"question": "x", "filters": {"author": "me"}}, 422),
        ({"question": "x", "filters": {"uploaded_from": "soon"}}, 422),
        ({"question": "x", "collections": []}, 422),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    library: TestClient, body: dict[str, Any], status: int
) -> None:
    answer = library.post("/api/ask", json=body)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert answer.json()["code"] == "invalid_request"


def test_an_empty_library_is_a_conflict_now_and_as_a_job(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path)) as client:
        now = client.post("/api/ask", json={"question": QUESTION})
        assert (now.status_code, now.json()["code"]) == (409, "empty_library")
        job_id = client.post("/chat", json={"query": QUESTION}).json()["job_id"]
        failed = until_ended(client, job_id)
        assert (failed["status"], failed["error_code"]) == ("failed", "empty_library")
        result = client.get(f"/result/{job_id}")
        assert (result.status_code, result.json()["code"]) == (409, "empty_library")
        assert result.json()["message"] == failed["error"] == now.json()["message"]
        dead = client.get("/jobs", params={"status": "failed"}).json()
        assert [j["job_id"] for j in dead["items"]] == [job_id]
        upload_and_wait(client, "plants.txt", SAMPLE)
        assert client.post(f"/jobs/{job_id}/retry").json()["error"] is None
        assert until_ended(client, job_id)["status"] == "finished"
        assert client.get(f"/result/{job_id}").json()["result"]["sources"]
        assert client.get("/jobs", params={"status": "failed"}).json()["total"] == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"params": {"query": QUESTION}},
        {"data": {"query": QUESTION}},
        {"files": {"query": (None, QUESTION)}},
        {"json": {"query": QUESTION}},
        {"content": f'{{"query": "{QUESTION}"}}'},
    ],
)
def test_a_query_is_taken_in_every_form_and_answered_as_ask_does(
    library: TestClient, sent: dict[str, Any]
) -> None:
    accepted = library.post("/chat", **sent)
    assert accepted.status_code == 200, accepted.text
    assert set(accepted.json()) == {"job_id", "status"}
    assert accepted.json()["status"] == "queued"
    job_id = accepted.json()["job_id"]
    job = until_ended(library, job_id)
    assert set(job) >= STATUS
    assert (job["job_id"], job["status"], job["progress"], job["error"]) == (job_id, "finished", 1.0, None)
    assert job["created_at"] <= job["started_at"] <= job["ended_at"]
    result = library.get(f"/result/{job_id}")
    assert result.status_code == 200
    assert set(result.json()) == {"job_id", "status", "result"}
    asked = library.post("/api/ask", json={"question": QUESTION}).json()
    untimed = {"timings": None}
    assert result.json()["result"] | untimed == asked | untimed


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"params": {"query": ""}},
        {"params": {"query": "  "}},
        {"params": {"query": "x" * 2001}},
        {"data": {"query": ""}},
        {"data": {"question": "x"}},
        {"json": {}},
        {"json": {"query": "x" * 2001}},
        {"json": {"query": 7}},
        {"json": {"query": None}},
        {"json": ["query"]},
        {"json": "query"},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "application/json"}},
        {"content": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
        {"content": SURROGATE % b"query", "headers": {"Content-Type": "application/json"}},
    ],
)
def test_a_wrong_query_is_a_422_that_says_so(library: TestClient, sent: dict[str, Any]) -> None:
    before = library.get("/jobs").json()["total"]
    answer = library.post("/chat", **sent)
    assert answer.status_code == 422, answer.text
    assert isinstance(answer.json()["detail"], list)
    assert "query" in answer.json()["message"]
    assert library.get("/jobs").json()["total"] == before


def test_a_file_as_query_is_refused(library: TestClient) -> None:
    assert library.post("/chat", files={"query": ("q.txt", b"text")}).status_code in {400, 422}


@pytest.mark.parametrize("question", ["\0", "???", "😀", "a" * 2000, "x " * 1000, "光合作用"])
def test_an_odd_question_is_answered(library: TestClient, question: str) -> None:
    assert library.post("/api/ask", json={"question": question}).status_code == 200
    job_id = library.post("/chat", json={"query": question}).json()["job_id"]
    assert until_ended(library, job_id)["status"] == "finished"


def test_half_a_character_is_no_question(library: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert library.post("/api/ask", content=SURROGATE % b"question", headers=headers).status_code == 422


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("GET", "/job-status/none"),
        ("GET", "/result/none"),
        ("DELETE", "/jobs/none"),
        ("POST", "/jobs/none/retry"),
        ("GET", f"/job-status/{'x' * 3000}"),
        ("GET", "/job-status/%00"),
    ],
)
def test_an_unknown_job_is_a_404(client: TestClient, verb: str, path: str) -> None:
    answer = client.request(verb, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


@pytest.mark.parametrize("query", ["status=done", "limit=0", "limit=101", "offset=-1", f"offset={'9' * 30}"])
def test_a_wrong_listing_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/jobs?{query}").status_code == 422


def test_jobs_are_listed_newest_first(library: TestClient) -> None:
    ids = [library.post("/chat", json={"query": QUESTION}).json()["job_id"] for _ in range(3)]
    for job_id in ids:
        until_ended(library, job_id)
    page = library.get("/jobs", params={"limit": 2, "offset": 1, "status": "finished"}).json()
    assert [job["job_id"] for job in page["items"]] == ids[1::-1]
    assert (page["limit"], page["offset"]) == (2, 1)
    assert page["total"] >= 4
    assert {job["kind"] for job in library.get("/jobs", params={"limit": 100}).json()["items"]} == {
        "answer",
        "ingest",
        "mine",
    }
    again = library.post(f"/jobs/{ids[0]}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "job_not_retryable")
    assert library.delete(f"/jobs/{ids[0]}").json()["status"] == "finished"


def test_an_ingestion_is_stopped_for_good_and_done_again(tmp_path: Path) -> None:
    pages = [
        [f"Line {line} of page {page} says something of its own." for line in range(40)] for page in range(60)
    ]
    with client_for(settings_for(tmp_path)) as client:
        entry = client.post("/api/documents", files={"files": ("book.pdf", pdf(pages))}).json()["documents"][
            0
        ]
        waiting = client.get(f"/result/{entry['job_id']}")
        assert (waiting.status_code, waiting.json()["result"]) == (202, None)
        stopped = client.delete(f"/jobs/{entry['job_id']}")
        assert (stopped.status_code, stopped.json()["status"]) == (200, "stopped")
        document = client.get(f"/api/documents/{entry['document_id']}").json()
        assert document["status"] == "stopped"
        result = client.get(f"/result/{entry['job_id']}")
        assert (result.status_code, result.json()["code"]) == (409, "stopped")
        time.sleep(0.3)
        assert client.get(f"/job-status/{entry['job_id']}").json()["status"] == "stopped"
        assert client.get("/api/search", params={"q": "line"}).json() == {"results": []}
        retried = client.post(f"/jobs/{entry['job_id']}/retry")
        assert retried.json()["status"] in {"queued", "started"}
        assert until_ended(client, entry["job_id"])["status"] == "finished"
        assert client.get(f"/result/{entry['job_id']}").status_code == 200


def test_a_result_expires_by_setting(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path, result_ttl_s=0.2)) as client:
        job_id = client.post("/chat", json={"query": QUESTION}).json()["job_id"]
        time.sleep(0.1)
        until_ended(client, job_id)
        time.sleep(0.3)
        for path in (f"/result/{job_id}", f"/job-status/{job_id}"):
            assert client.get(path).status_code == 404
