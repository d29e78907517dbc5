"""Moving stores over, over the real application and the bundled model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from backend.adapters.faiss_engine import Engine
from tests.api.conftest import client_for, settings_for
from tests.api.test_jobs import until_ended
from tests.support.waiting import until

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "llamaindex" / "core-0.14"


def jobs_of(client: TestClient) -> list[dict[str, Any]]:
    return [job for job in client.get("/jobs").json()["items"] if job["kind"] == "migrate"]


def found_at_the_start(client: TestClient) -> dict[str, Any]:
    """How the job ended that a start makes of what it finds."""
    (job,) = until(lambda: jobs_of(client))
    return until_ended(client, job["job_id"])


def test_a_found_store_is_looked_at_and_moved(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "old" / "storage")
    with client_for(settings_for(tmp_path)) as client:
        found_at_the_start(client)
        stores = client.get("/api/migrations").json()["stores"]
        assert [store["folder"] for store in stores] == ["old/storage"]
        looked = client.post("/api/migrations", json={"folder": "old/storage", "dry_run": True})
        assert looked.status_code == 200, looked.text
        report = looked.json()["report"]
        assert (report["documents"], report["nodes"], report["vectors"], report["skipped"]) == (2, 5, 5, 2)
        assert not report["model"]["same"]
        assert str(tmp_path) not in looked.text
        refused = client.post("/api/migrations", json={"folder": "old/storage"})
        assert refused.status_code == 202, refused.text
        ended = until_ended(client, refused.json()["job"]["job_id"])
        assert ended["error_code"] == "other_embedding_model"
        begun = client.post("/api/migrations", json={"folder": "old/storage", "reembed": True})
        ended = until_ended(client, begun.json()["job"]["job_id"])
        assert ended["status"] == "finished", ended
        result = client.get(f"/result/{ended['job_id']}").json()["result"]
        assert result["verification"]["passed"]
        assert client.get("/api/documents").json()["total"] == 2
        found = client.get("/api/search", params={"q": "roots of a moss", "k": 1}).json()["results"]
        assert found[0]["filename"] == "moss.pdf"


def test_vectors_of_another_model_are_kept_as_an_index(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "old" / "storage")
    with client_for(settings_for(tmp_path)) as client:
        assert found_at_the_start(client)["error_code"] == "other_embedding_model"
        both = {"folder": "old/storage", "keep": True, "reembed": True}
        assert client.post("/api/migrations", json=both).status_code == 400
        begun = client.post("/api/migrations", json={"folder": "old/storage", "keep": True})
        ended = until_ended(client, begun.json()["job"]["job_id"])
        assert ended["status"] == "finished", ended
        result = client.get(f"/result/{ended['job_id']}").json()["result"]
        assert (result["kept_index"], result["nodes"]) == ("llamaindex-storage", 5)
        assert result["verification"]["passed"]
        assert client.get("/api/documents").json()["total"] == 0
    with Engine(tmp_path / "indexes") as engine, engine.open("default", "llamaindex-storage") as index:
        assert len(index) == 5


def test_no_other_folder_is_ever_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.copytree(SAMPLE, outside)
    data = tmp_path / "data"
    data.mkdir()
    (data / "link").symlink_to(outside)
    with client_for(settings_for(data)) as client:
        for name in ("../outside", str(outside), "link", "", "\x00", "data/../../outside"):
            answer = client.post("/api/migrations", json={"folder": name})
            assert answer.status_code == 404, name
        assert client.get("/api/migrations").json() == {"stores": []}


def test_a_start_moves_what_it_finds_once(tmp_path: Path) -> None:
    shared = tmp_path / "llama"
    shutil.copytree(SAMPLE, shared / "storage")
    settings = settings_for(tmp_path / "data", llamaindex_dir=str(shared))
    for _ in range(2):
        with client_for(settings) as client:
            assert found_at_the_start(client)["status"] == "failed"
            assert len(jobs_of(client)) == 1
    assert {path.name for path in (shared / "storage").iterdir()} == {p.name for p in SAMPLE.iterdir()}
