"""Every real and hostile file through the real application, where the shared data is."""

from __future__ import annotations

import fnmatch
import json
from functools import partial
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from backend import bootstrap_parts
from backend.adapters.onnx_embedder import OnnxEmbedder
from tests.api.conftest import client_for, settings_for, wait

# Names of `hostile` that a sound product refuses; the others may be read or refused.
REFUSED = (
    "empty.*", "truncated.docx", "html-named.pdf", "elf-named.docx", "zip-named.docx", "zero-pages.pdf",
    "blank-page.pdf", "many-pages.pdf", "zip-bomb.docx", "no-document-part.docx", "broken-xml.docx",
    "control-characters.docx", "many-newlines.txt", "whitespace.txt",
)  # fmt: skip


@pytest.fixture
def first_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model reads the first words of each passage only: minutes less where no vector is looked at."""
    monkeypatch.setattr(bootstrap_parts, "OnnxEmbedder", partial(OnnxEmbedder, max_tokens=8))


def outcome(client: TestClient, path: Path) -> tuple[str, str]:
    answer = client.post("/api/documents", files={"files": (path.name, path.read_bytes())})
    assert answer.status_code < 500, (path, answer.text)
    if answer.status_code != 202:
        return "refused", answer.json()["message"]
    document = wait(client, answer.json()["documents"][0]["document_id"])
    error = document["error"] or {}
    return document["status"], error.get(
        "message", ""
    ) or f"{document['pages']} pages, {document['chunks']} chunks"


@pytest.mark.slow
@pytest.mark.usefixtures("first_words")
@pytest.mark.parametrize("folder", ["hostile", "documents"])
def test_every_file_is_read_or_refused_with_a_sentence(
    shared_data: Path, tmp_path: Path, folder: str
) -> None:
    files = [
        p
        for p in sorted((shared_data / folder).rglob("*"))
        if p.is_file() and p.suffix not in {".tsv", ".json"}
    ]
    assert files
    outcomes = {}
    with client_for(settings_for(tmp_path)) as client:
        for path in files:
            status, said = outcome(client, path)
            outcomes[str(path.relative_to(shared_data))] = f"{status}: {said}"
            assert status in {"finished", "failed", "refused"}
            assert len(said.split()) >= 4, (path, said)
            assert str(tmp_path) not in said
            if folder == "hostile" and any(fnmatch.fnmatch(path.name, name) for name in REFUSED):
                assert status in {"failed", "refused"}, (path, said)
        assert client.get("/health/ready").status_code == 200
        kept = client.get("/api/documents", params={"limit": 100}).json()["items"]
        assert all(d["chunks"] == 0 for d in kept if d["status"] == "failed")
    print(json.dumps(outcomes, indent=1, ensure_ascii=False))  # noqa: T201 - seen with pytest -s


@pytest.mark.slow
def test_hostile_names_are_names(shared_data: Path, tmp_path: Path) -> None:
    names = json.loads((shared_data / "hostile/hostile-file-names.json").read_text())
    with client_for(settings_for(tmp_path)) as client:
        for number, name in enumerate(names):
            text = f"Document number {number} is about plants.".encode()
            answer = client.post("/api/documents", files={"files": (name or "x", text)})
            assert answer.status_code == 202, (name, answer.text)
            kept = wait(client, answer.json()["documents"][0]["document_id"])
            assert kept["status"] == "finished"
            assert not set("/\\\0\n") & set(kept["filename"])
    stored = [p for p in tmp_path.rglob("*") if p.is_file() and not p.name.startswith("quaestio.db")]
    assert all(len(p.name) == 64 for p in stored)


@pytest.mark.slow
def test_textbook_chapters_in_every_format_give_questions_in_both_modes(
    shared_data: Path, tmp_path: Path
) -> None:
    of = {
        kind: sorted((shared_data / "textbook").glob(f"*/chapter-*.{kind}"))
        for kind in ("html", "txt", "docx", "epub", "pdf")
    }
    # A short text or a long one, of one book or another: what a chapter carries does not hang on its format.
    chapters = [found[place * len(found) // len(of)] for place, found in enumerate(of.values())]
    with client_for(settings_for(tmp_path)) as client:
        for path in chapters:
            answer = client.post("/api/documents", files={"files": (path.name, path.read_bytes())})
            document = wait(client, answer.json()["documents"][0]["document_id"])
            assert document["status"] == "finished", (path, document)
            for mode in ("practice", "quiz"):
                body = {"count": 25, "mode": mode, "document_ids": [document["document_id"]]}
                made = client.post("/api/questions", json=body).json()
                # Of what was mined, weak quiz items are left out: a chapter may carry fewer, and says so.
                assert made["delivered"] >= (25 if mode == "practice" else 15), (
                    path.name,
                    mode,
                    made["shortfall"],
                )
                assert made["delivered"] == 25 or made["shortfall"], (path.name, mode)
