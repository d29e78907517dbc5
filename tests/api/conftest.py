"""The real application over a folder of its own, its worker running."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from backend.bootstrap import open_services
from backend.config.settings import Settings, load_settings
from backend.main import create_app
from tests.support.files import SAMPLE
from tests.support.waiting import until

Upload = Callable[..., dict[str, Any]]


def settings_for(folder: Path, **changes: Any) -> Settings:
    return load_settings(**({"data_dir": folder, "sample_document": False} | changes))


def client_for(settings: Settings) -> TestClient:
    app = create_app(
        lambda: open_services(settings),
        cors_origins=settings.cors_origins,
        max_upload_bytes=settings.max_upload_mb * 1_000_000,
    )
    return TestClient(app, raise_server_exceptions=False)


def upload_and_wait(client: TestClient, name: str, content: bytes) -> dict[str, Any]:
    answer = client.post("/api/documents", files={"files": (name, content)})
    assert answer.status_code == 202, answer.text
    return wait(client, answer.json()["documents"][0]["document_id"])


def wait(client: TestClient, document_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        document: dict[str, Any] = client.get(f"/api/documents/{document_id}").json()
        if document["status"] in {"finished", "failed", "stopped"}:
            return document
        time.sleep(0.05)
    raise AssertionError("the document did not end")


def mined(client: TestClient) -> None:
    """Wait until the questions of every document are there."""

    def states() -> set[str]:
        return {job["status"] for job in client.get("/jobs").json()["items"] if job["kind"] == "mine"}

    until(lambda: states() == {"finished"})


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """An application of one's own for each module, with an empty library."""
    with client_for(settings_for(tmp_path_factory.mktemp("data"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def library(client: TestClient) -> TestClient:
    """The same application with the sample text in its library."""
    upload_and_wait(client, "plants.txt", SAMPLE)
    return client
