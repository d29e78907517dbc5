"""Keys and users on the command line, beside servers that want credentials."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT, Server, quaestio


def with_input(text: str, *arguments: str, data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend", *arguments, "--data-dir", str(data_dir)],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys") / "data"


def test_a_key_is_made_listed_and_revoked(data_dir: Path) -> None:
    done = quaestio(
        "keys", "create", "--tenant", "lab", "--name", "reader", "--scopes", "read", data_dir=data_dir
    )
    assert done.returncode == 0, done.stderr
    secret = done.stdout.strip()
    assert secret.startswith("quaestio_")
    assert "\n" not in secret
    made = quaestio("keys", "create", "--tenant", "b", "--expires", "30", "--json", data_dir=data_dir)
    key = json.loads(made.stdout)
    assert key["key"].startswith(f"quaestio_{key['id']}_")
    assert (key["tenant"], key["scopes"], key["state"]) == ("b", ["read", "write"], "live")
    assert key["expires_at"] > key["created_at"]
    listed = quaestio("keys", "list", data_dir=data_dir)
    assert len(listed.stdout.splitlines()) == 2
    assert secret[-43:] not in listed.stdout
    assert quaestio("keys", "revoke", key["id"], data_dir=data_dir).returncode == 0
    again = quaestio("keys", "revoke", key["id"], data_dir=data_dir)
    assert (again.returncode, again.stdout) == (1, "")
    assert key["id"] in again.stderr
    only = json.loads(quaestio("keys", "list", "--tenant", "b", "--json", data_dir=data_dir).stdout)
    assert [(k["id"], k["state"]) for k in only] == [(key["id"], "revoked")]
    assert "digest" not in only[0]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("keys", "create"), 2),
        (("keys",), 2),
        (("keys", "create", "--tenant", "../x"), 1),
        (("keys", "create", "--tenant", "x", "--scopes", "all"), 1),
        (("keys", "create", "--tenant", "x", "--expires", "0"), 1),
        (("users", "remove", "nobody"), 1),
        (("users", "add", "ada", "secret-on-argv"), 2),
    ],
)
def test_wrong_use_is_said(data_dir: Path, arguments: tuple[str, ...], status: int) -> None:
    done = quaestio(*arguments, data_dir=data_dir)
    assert (done.returncode, done.stdout) == (status, "")
    assert "Traceback" not in done.stderr


def test_users_come_and_go_with_passwords_from_standard_input(data_dir: Path) -> None:
    added = with_input("correct horse\n", "users", "add", "ada", "--tenant", "lab", data_dir=data_dir)
    assert added.returncode == 0, added.stderr
    assert with_input("correct horse\n", "users", "add", "ada", data_dir=data_dir).returncode == 1
    assert with_input("short\n", "users", "add", "bob", data_dir=data_dir).returncode == 1
    listed = with_input("", "users", "list", "--json", data_dir=data_dir)
    assert json.loads(listed.stdout) == [{"name": "ada", "tenant": "lab", "scopes": ["read", "write"]}]
    assert with_input("battery staple\n", "users", "passwd", "ada", data_dir=data_dir).returncode == 0
    assert with_input("", "users", "remove", "ada", data_dir=data_dir).returncode == 0
    assert with_input("", "users", "list", data_dir=data_dir).stdout == ""


def status(server: Server, path: str, key: str = "", body: Any = None) -> tuple[int, Any]:
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url + path, data, headers)  # noqa: S310 - our server
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our server
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_two_servers_refuse_a_revoked_key_and_a_logged_out_token_at_once(data_dir: Path) -> None:
    made = json.loads(quaestio("keys", "create", "--tenant", "lab", "--json", data_dir=data_dir).stdout)
    with_input("correct horse\n", "users", "add", "eve", "--tenant", "lab", data_dir=data_dir)
    servers = [Server(data_dir, AUTH_REQUIRED="true") for _ in range(2)]
    try:
        assert [status(s, "api/documents")[0] for s in servers] == [401, 401]
        assert [status(s, "api/documents", made["key"])[0] for s in servers] == [200, 200]
        login = {"username": "eve", "password": "correct horse"}
        token = status(servers[0], "api/auth/login", body=login)[1]["access_token"]
        assert [status(s, "api/documents", token)[0] for s in servers] == [200, 200]
        assert status(servers[1], "api/auth/logout", token, {})[0] == 200
        assert quaestio("keys", "revoke", made["id"], data_dir=data_dir).returncode == 0
        assert [status(s, "api/documents", made["key"])[0] for s in servers] == [401, 401]
        assert [status(s, "api/documents", token)[0] for s in servers] == [401, 401]
        told = "".join(s.log.read_text() for s in servers)
        assert made["key"] not in told
        assert "ANYBODY" not in told
    finally:
        for server in servers:
            server.stop()


def test_a_server_open_to_a_network_says_so_loudly(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", HOST="0.0.0.0", LOG_LEVEL="error")  # noqa: S104 - what is tested
    try:
        assert "ANYBODY who can reach 0.0.0.0" in server.log.read_text()
    finally:
        server.stop()
