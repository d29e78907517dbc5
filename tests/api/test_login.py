"""Logging in, out, and asking whether one is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from backend.config.settings import Settings
from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.files import SAMPLE
from tests.support.keys import change_password, new_key, new_user

PASSWORD = "correct horse"  # noqa: S105 - of users who exist in these tests


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = settings_for(tmp_path_factory.mktemp("data"), auth_required=True)
    new_user(made, "ada", "biology", PASSWORD)
    return made


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[TestClient]:
    with client_for(settings) as opened:
        yield opened


def log_in(client: TestClient, name: str, password: str = PASSWORD) -> Any:
    return client.post("/api/auth/login", json={"username": name, "password": password})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_opens_the_users_tenant_until_the_logout(server: TestClient) -> None:
    answer = log_in(server, "ada")
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "message"}
    assert answer.json()["token_type"] == "bearer"  # noqa: S105 - a type
    token = bearer(answer.json()["access_token"])
    assert server.get("/api/documents", headers=token).status_code == 200
    verified = server.get("/api/auth/verify", headers=token).json()
    assert verified == {"valid": True, "message": "You may admin, read, write in biology."}
    out = server.post("/api/auth/logout", headers=token)
    assert (out.status_code, set(out.json())) == (200, {"message"})
    assert server.get("/api/auth/verify", headers=token).status_code == 401


def test_a_key_verifies_and_is_not_logged_out(server: TestClient, settings: Settings) -> None:
    _, key = new_key(settings, "biology")
    assert "API key" in server.post("/api/auth/logout", headers=bearer(key)).json()["message"]
    assert server.get("/api/auth/verify", headers={"X-API-Key": key}).json()["valid"] is True


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong horse"), ("nobody", PASSWORD), ("", ""), ("ada", "")]
)
def test_a_wrong_name_or_password_is_a_401_that_does_not_say_which(
    server: TestClient, name: str, password: str
) -> None:
    answer = log_in(server, name, password)
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(
    "body", [{}, {"username": "ada"}, {"username": "ada", "password": "x" * 2000}, [], None]
)
def test_a_login_without_its_fields_is_a_422(server: TestClient, body: Any) -> None:
    assert server.post("/api/auth/login", json=body).status_code == 422


def test_too_many_attempts_are_told_when_to_come_again(server: TestClient, settings: Settings) -> None:
    new_user(settings, "bob", "biology", PASSWORD)
    statuses = [log_in(server, "bob", "wrong horse").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    refused = log_in(server, "bob")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert refused.json()["retry_after"] == int(refused.headers["Retry-After"])
    assert log_in(server, "ada").status_code == 200


def test_a_new_password_ends_a_login_at_once(server: TestClient, settings: Settings) -> None:
    new_user(settings, "eve", "biology", PASSWORD)
    token = bearer(log_in(server, "eve").json()["access_token"])
    assert server.get("/api/documents", headers=token).status_code == 200
    change_password(settings, "eve", "battery staple")
    assert server.get("/api/documents", headers=token).status_code == 401


def test_two_people_of_a_tenant_have_sessions_of_their_own(server: TestClient, settings: Settings) -> None:
    new_user(settings, "carl", "biology", PASSWORD)
    ada, carl = (bearer(log_in(server, name).json()["access_token"]) for name in ("ada", "carl"))
    server.headers.update(ada)
    upload_and_wait(server, "plants.txt", SAMPLE)
    del server.headers["Authorization"]
    assert server.post("/api/pdf/select", json={"filename": "plants.txt"}, headers=ada).status_code == 200
    assert server.get("/api/pdf/info", headers=ada).status_code == 200
    assert server.get("/api/pdf/info", headers=carl).json()["code"] == "no_document_selected"
    again = bearer(log_in(server, "ada").json()["access_token"])
    assert server.get("/api/pdf/info", headers=again).json()["filename"] == "plants.txt"


def test_a_login_expires(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, auth_required=True, login_ttl_s=0.001)
    new_user(settings, "ada", "biology", PASSWORD)
    with client_for(settings) as client:
        token = log_in(client, "ada").json()["access_token"]
        assert client.get("/api/auth/verify", headers=bearer(token)).status_code == 401


def test_where_no_credential_is_wanted_a_login_says_so(client: TestClient) -> None:
    answer = log_in(client, "anyone", "anything")
    assert answer.status_code == 200
    assert "no login" in answer.json()["message"]
    token = bearer(answer.json()["access_token"])
    assert client.get("/api/auth/verify", headers=token).json()["valid"] is True
    assert "no login" in client.post("/api/auth/logout", headers=token).json()["message"]
    assert client.get("/api/documents", headers=bearer("nonsense")).status_code == 200
