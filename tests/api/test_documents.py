from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, settings_for, upload_and_wait, wait
from tests.support.files import SAMPLE, docx, pdf

PAGES = [["Leaves hold chlorophyll, a green pigment."], ["Roots drink water from the soil."]]


def test_an_upload_is_accepted_ingested_listed_searched_and_deleted(client: TestClient) -> None:
    answer = client.post("/api/documents", files={"files": ("leaves.pdf", pdf(PAGES))})
    assert answer.status_code == 202
    (entry,) = answer.json()["documents"]
    assert (entry["status"], entry["duplicate_of"]) == ("queued", None)
    document = wait(client, entry["document_id"])
    assert document["status"] == "finished"
    assert (document["pages"], document["chunks"], document["title"]) == (2, 2, "A title")
    assert (document["stage"], document["progress"]) == ("ready", 1.0)
    listed = client.get("/api/documents", params={"search": "LEAVES"}).json()
    assert [d["document_id"] for d in listed["items"]] == [entry["document_id"]]
    found = client.get("/api/search", params={"q": "what do roots drink", "k": 1}).json()["results"]
    assert (found[0]["page"], found[0]["filename"]) == (2, "leaves.pdf")
    assert "Roots drink water" in found[0]["text"]
    assert client.delete(f"/api/documents/{entry['document_id']}").status_code == 200
    assert client.get(f"/api/documents/{entry['document_id']}").status_code == 404
    assert client.get("/api/search", params={"q": "what do roots drink"}).json() == {"results": []}


def test_the_same_bytes_are_the_same_document(client: TestClient) -> None:
    first = upload_and_wait(client, "one.txt", b"The same text about plants.")
    again = client.post("/api/documents", files={"files": ("two.txt", b"The same text about plants.")}).json()
    assert again["documents"][0]["duplicate_of"] == first["document_id"]
    assert again["documents"][0]["filename"] == "one.txt"
    client.delete(f"/api/documents/{first['document_id']}")


def test_of_several_files_a_bad_one_spoils_nothing(client: TestClient) -> None:
    files = [("files", ("good.txt", b"Good text here.")), ("files", ("bad.exe", b"\x7fELF\0\0\0\0"))]
    answer = client.post("/api/documents", files=files)
    assert answer.status_code == 202
    good, bad = answer.json()["documents"]
    assert bad["status"] == "refused"
    assert bad["error"]["code"] == "unsupported_file"
    assert bad["document_id"] is None
    assert wait(client, good["document_id"])["status"] == "finished"
    client.delete(f"/api/documents/{good['document_id']}")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("empty.txt", b"", 422, "empty_file"),
        ("empty.pdf", b"", 422, "empty_file"),
        ("program.docx", b"\x7fELF\x02\x01\x01" + bytes(64), 415, "unsupported_file"),
        ("page.pdf", b"<!DOCTYPE html><html><body>Text</body></html>", 415, "unsupported_file"),
        ("image.png", b"\x89PNG\r\n\x1a\n" + bytes(64), 415, "unsupported_file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once(
    client: TestClient, name: str, content: bytes, status: int, code: str
) -> None:
    for url, field in (("/api/documents", "files"), ("/api/pdf/upload", "file")):
        answer = client.post(url, files={field: (name, content)})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert client.get("/api/documents").json()["total"] == 0


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("blank.txt", b" \n\n\t ", "no_text_in_file"),
        ("scan.pdf", pdf([[]]), "no_text_in_file"),
        ("locked.pdf", pdf(PAGES, password="secret"), "encrypted_file"),  # noqa: S106 - a test file
        ("cut.pdf", pdf(PAGES)[:300], "damaged_file"),
        ("cut.docx", docx(["Text"])[:9000], "damaged_file"),
    ],
)
def test_a_file_that_proves_unreadable_is_a_422_that_leaves_nothing(
    client: TestClient, name: str, content: bytes, code: str
) -> None:
    answer = client.post("/api/pdf/upload", files={"file": (name, content)})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len(answer.json()["message"].split()) > 4
    assert client.get("/api/documents").json()["total"] == 0
    accepted = client.post("/api/documents", files={"files": (name, content)}).json()["documents"][0]
    failed = wait(client, accepted["document_id"])
    assert (failed["status"], failed["error"]["code"]) == ("failed", code)
    assert client.get("/api/search", params={"q": "text"}).json() == {"results": []}
    client.delete(f"/api/documents/{accepted['document_id']}")


def test_an_upload_over_the_limit_is_refused(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path, max_upload_mb=1)) as client:
        for url, field in (("/api/documents", "files"), ("/api/pdf/upload", "file")):
            answer = client.post(url, files={field: ("big.txt", b"word " * 300_000)})
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
            assert "MAX_UPLOAD_MB" in answer.json()["message"]
        assert client.get("/api/documents").json()["total"] == 0
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []


def test_an_upload_without_a_file_says_how(client: TestClient) -> None:
    for url in ("/api/documents", "/api/pdf/upload"):
        for answer in (client.post(url), client.post(url, json={}), client.post(url, data={"file": "text"})):
            assert answer.status_code == 400
            assert "multipart" in answer.json()["message"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.txt", "a;rm -rf x.txt", "<b>bold<b>.txt", "CON.txt", "no-extension"]
)
def test_a_hostile_name_is_only_a_name(client: TestClient, name: str) -> None:
    document = upload_and_wait(client, name, f"Text of {name} about plants.".encode())
    assert document["status"] == "finished"
    assert "/" not in document["filename"]
    client.delete(f"/api/documents/{document['document_id']}")


def test_a_restart_finds_everything_as_it_was(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    body = {"count": 5, "mode": "quiz"}
    with client_for(settings) as client:
        before = upload_and_wait(client, "plants.txt", SAMPLE)
        client.post("/api/pdf/select", json={"filename": "plants.txt"}, headers={"X-Session-Id": "s"})
        found = client.get("/api/search", params={"q": "stomata"}).json()
        made = client.post("/api/chat/generate-questions", json=body).json()["response"]
    with client_for(settings) as client:
        assert client.get(f"/api/documents/{before['document_id']}").json() == before
        assert client.get("/api/search", params={"q": "stomata"}).json() == found
        assert client.post("/api/chat/generate-questions", json=body).json()["response"] == made
        info = client.get("/api/pdf/info", headers={"X-Session-Id": "s"}).json()
        assert info["filename"] == "plants.txt"
        again = client.post("/api/documents", files={"files": ("x.txt", SAMPLE)}).json()["documents"][0]
        assert again["duplicate_of"] == before["document_id"]


def test_the_first_start_brings_a_sample_once(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, sample_document=True)
    with client_for(settings) as client:
        (sample,) = client.get("/api/documents").json()["items"]
        assert wait(client, sample["document_id"])["status"] == "finished"
        assert (
            len(
                json.loads(client.post("/api/chat/generate-questions", json={}).json()["response"])[
                    "questions"
                ]
            )
            == 25
        )
        client.delete(f"/api/documents/{sample['document_id']}")
    with client_for(settings) as client:
        assert client.get("/api/documents").json()["total"] == 0


def test_the_front_ends_calls(client: TestClient) -> None:
    session = {"X-Session-Id": "front end"}
    refused = client.get("/api/pdf/info", headers=session)
    assert (refused.status_code, refused.json()["detail"]) == (400, "No PDF selected")
    assert client.get("/api/pdf/metadata", headers=session).status_code == 400
    content = pdf(PAGES, title="On leaves")
    ready = client.post("/api/pdf/upload", files={"file": ("leaves.pdf", content)}).json()
    assert set(ready) == {"message", "filename", "metadata", "text_length"}
    assert ready["text_length"] > 40
    metadata = {"title", "author", "subject", "creator", "producer", "creation_date", "modification_date"}
    assert set(ready["metadata"]) == metadata | {"pages", "file_size"}
    assert (ready["metadata"]["title"], ready["metadata"]["pages"]) == ("On leaves", 2)
    assert ready["metadata"]["file_size"] == len(content)
    listed = client.get("/api/pdf/list", params={"search": "leaves", "limit": 5}).json()
    assert (listed["total"], listed["offset"], listed["limit"]) == (1, 0, 5)
    assert set(listed["items"][0]) == {"filename", "title", "author", "pages", "file_size", "file_path"}
    assert client.get("/api/pdf/list", params={"limit": 101}).status_code == 422
    selected = client.post("/api/pdf/select", json={"filename": "leaves.pdf"}, headers=session)
    assert set(selected.json()) == {"message", "filename", "metadata", "text_length"}
    info = client.get("/api/pdf/info", headers=session).json()
    assert set(info) == {"filename", "selected_at", "text_length", "metadata"}
    assert client.get("/api/pdf/metadata", headers=session).json() == info["metadata"]
    assert client.get("/api/pdf/info", headers={"X-Session-Id": "someone else"}).status_code == 400
    assert client.post("/api/pdf/select", json={"filename": "none.pdf"}).status_code == 404
    again = client.post("/api/pdf/upload", files={"file": ("copy.pdf", content)}).json()
    assert again["filename"] == "leaves.pdf"
