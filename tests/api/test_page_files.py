"""How the page's files are sent: compressed, checked by the browser or kept for good."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from fastapi.testclient import TestClient


def versioned(client: TestClient) -> list[str]:
    return re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text)


def test_the_page_paints_with_one_answer(client: TestClient) -> None:
    page = client.get("/").text
    assert "--accent" in page
    assert re.findall(r'<link rel="stylesheet"|<script src=', page) == []


def test_the_policy_names_what_stands_in_the_page_and_nothing_else(client: TestClient) -> None:
    answer = client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    parts = re.findall(r"<style[^>]*>(.*?)</style>|<script>(.*?)</script>", answer.text, re.DOTALL)
    assert len(parts) > 2
    for text in ("".join(part) for part in parts):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.count("sha256-") == len(parts)
    assert "unsafe" not in policy


def test_what_the_page_names_is_there_and_kept_for_good(client: TestClient) -> None:
    paths = versioned(client)
    assert any(path.endswith("/app.js") for path in paths)
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_modules_are_asked_for_before_they_are_imported(client: TestClient) -> None:
    preloaded = re.findall(r'<link rel="modulepreload" href="/static/\w+/([\w.-]+)">', client.get("/").text)
    assert {"api.js", "dom.js", "documents.js"} <= set(preloaded)
    assert {"ask.js", "sets.js", "status.js"} & set(preloaded) == set()


@pytest.mark.parametrize("path", ["/", "/static/app.js"])
def test_an_unchanged_file_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.headers["Cache-Control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/app.js"])
def test_files_travel_compressed_where_the_client_takes_that(client: TestClient, path: str) -> None:
    small = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(small.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert small.text == plain.text
    assert "Accept-Encoding" in small.headers["Vary"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/none.js",
        "/static/0123456789abcdef/app.js",
        "/static/../index.html",
        "/static/%2e%2e/main.py",
        "/static/",
    ],
)
def test_no_other_file_is_sent(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_head_has_no_body(client: TestClient) -> None:
    answer = client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.head("/static/app.js").headers["Content-Type"].startswith("text/javascript")
