"""What every route shares: errors, ids, origins, limits, probes, the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, settings_for

BODY = {"status", "message", "detail", "code", "fallback_used", "retry_after", "request_id"}


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/documents/none", 404),
        ("DELETE", "/api/documents/none", 404),
        ("GET", "/api/documents/none/passage?chunk_id=1", 404),
        ("PUT", "/api/documents", 405),
        ("GET", "/api/search", 422),
        ("GET", "/api/search?q=x&k=0", 422),
        ("GET", "/api/documents?limit=1000", 422),
        ("GET", f"/api/documents?offset={2**63}", 422),
        ("GET", f"/api/pdf/list?offset={10**30}", 422),
    ],
)
def test_every_failure_has_the_one_body(client: TestClient, verb: str, path: str, status: int) -> None:
    answer = client.request(verb, path)
    assert answer.status_code == status
    assert set(answer.json()) == BODY
    assert answer.json()["status"] == "error"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_sane_request_id_is_kept_and_another_replaced(client: TestClient) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
    made = client.get("/health/live", headers={"X-Request-ID": "a b" * 100}).headers["X-Request-ID"]
    assert len(made) == 32


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/api/chat/generate-questions", content=b"{", headers={"Content-Length": "5000000"})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_without_a_length_is_refused_while_it_is_read(client: TestClient) -> None:
    pieces = (b"x" * 100_000 for _ in range(20))
    answer = client.post("/api/chat/generate-questions", content=pieces)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert set(answer.json()) == BODY


@pytest.mark.parametrize(
    ("configured", "origin", "allowed"),
    [
        ("", "http://localhost:3000", True),
        ("", "http://127.0.0.1:5173", True),
        ("", "https://evil.example", False),
        ("", "http://localhost.evil.example", False),
        ("https://learn.example", "https://learn.example", True),
        ("https://learn.example", "https://learnxexample", False),
        ("*", "https://any.example", True),
    ],
)
def test_origins(tmp_path: Path, configured: str, origin: str, allowed: bool) -> None:
    with client_for(settings_for(tmp_path, cors_origins=configured)) as client:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-session-id",
        }
        preflight = client.options("/api/chat/generate-questions", headers=headers)
        assert (preflight.status_code == 200) is allowed
        refused = client.post("/api/chat/generate-questions", json={}, headers={"Origin": origin})
        assert refused.status_code == 409
        assert ("access-control-allow-origin" in refused.headers) is allowed
        large = client.post(
            "/api/documents", content=b"", headers={"Origin": origin, "Content-Length": "9999999"}
        )
        assert ("access-control-allow-origin" in large.headers) is allowed


def test_probes(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/startup").json() == {"status": "ok"}
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert set(ready.json()["components"]) == {"database", "files", "vectors", "embedder"}
    assert all(c["status"] == "ok" and c["latency_ms"] >= 0 for c in ready.json()["components"].values())


def test_readiness_names_what_is_down(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path)) as client:
        assert client.get("/health/ready").status_code == 200
        (tmp_path / "files").rmdir()
        (tmp_path / "files").write_text("a file where the folder was")
        answer = client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["components"]["files"]["status"] == "unavailable"
        assert answer.json()["components"]["database"]["status"] == "ok"


def test_the_page_and_the_documentation_ask_nobody_else(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    docs = client.get("/docs")
    assert docs.status_code == 200
    for asset in ("/docs-assets/swagger-ui-bundle.js", "/docs-assets/swagger-ui.css"):
        assert asset in docs.text
        assert client.get(asset).status_code == 200
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in docs.text


def test_an_index_of_another_model_is_refused_at_start(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    from backend.errors import ConfigurationError  # noqa: PLC0415

    with client_for(settings_for(tmp_path)):
        pass
    with sqlite3.connect(tmp_path / "quaestio.db") as store:
        store.execute("UPDATE facts SET value = 'another-model/fp32' WHERE name = 'embedding_model'")
    store.close()
    with (
        pytest.raises(ConfigurationError, match=r"another-model.*EMBEDDING_MODEL"),
        client_for(settings_for(tmp_path)),
    ):
        pass


def test_a_database_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    from backend.errors import ConfigurationError  # noqa: PLC0415

    (tmp_path / "quaestio.db").write_bytes(b"this is no database" * 100)
    with (
        pytest.raises(ConfigurationError, match="no database of this product"),
        client_for(settings_for(tmp_path)),
    ):
        pass


def test_without_language_models_none_is_listed(client: TestClient) -> None:
    assert client.get("/health/models").json() == {"providers": []}


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ("{not json", "application/json", "The body is not valid JSON."),
        ('{"question": "x"}', "text/plain", "The body is no JSON object. Send one, with Content-Type"),
        ("[1, 2]", "application/json", "The body is no JSON object. Send one, with Content-Type"),
        (
            '{"question": "x", "filters": {"uploaded_from": "soon"}}',
            "application/json",
            "filters.uploaded_from",
        ),
    ],
)
def test_a_body_that_cannot_be_used_is_told_in_one_plain_sentence(
    client: TestClient, body: str, content_type: str, message: str
) -> None:
    answer = client.post("/api/ask", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == 422
    said = answer.json()["message"]
    assert said.startswith(message)
    assert said.count(message) == 1
