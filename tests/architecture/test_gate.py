"""Whatever route is added, by whomever and in whatever way, it is behind the gate."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.testclient import TestClient
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.main import create_app
from backend.models.access import Scope as Allows
from backend.routes import access
from backend.routes.access import WEBSOCKET_PROTOCOL, Gate, is_open, needed
from backend.routes.middleware import RequestId
from backend.services.access import Access
from backend.services.keys import Keys
from tools.write_openapi import openapi

ROOT = Path(__file__).resolve().parents[2]
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OPEN = {
    "GET /",
    "GET /docs",
    "GET /openapi.json",
    "GET /health/live",
    "GET /health/ready",
    "GET /health/startup",
    "POST /api/auth/login",
    "GET /static/{path:path}",
    "GET /docs-assets/x",
}
"""Written down a second time: who opens something has to mean it."""


@asynccontextmanager
async def _closed() -> AsyncIterator[None]:
    yield


def product() -> FastAPI:
    return create_app(_closed, max_upload_bytes=1)  # type: ignore[arg-type] # never entered


def paths(routes: list[BaseRoute]) -> Iterator[str]:
    """Of every route, also those of included routers, and one inside of every mounted application."""
    for route in routes:
        if inside := getattr(route, "original_router", None):
            yield from paths(inside.routes)
        elif isinstance(route, Mount):
            yield route.path + "/x"
        else:
            yield str(getattr(route, "path"))  # noqa: B009 - a route of another kind must fail here


def test_the_gate_stands_before_everything_that_knows_a_route() -> None:
    order = [layer.cls for layer in product().user_middleware]
    assert order[:3] == [RequestId, CORSMiddleware, Gate]


def test_only_what_is_meant_to_be_open_is() -> None:
    known = set(paths(product().routes))
    assert {re.sub(r":\w+}", "}", path) for path in known} >= set(openapi()["paths"])
    found = {f"{verb} {path}" for path in known for verb in VERBS if is_open(verb, path)}
    assert {call for call in found if not call.startswith("HEAD")} == OPEN


def test_every_call_says_in_the_openapi_document_what_it_needs() -> None:
    document = openapi()
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    for path, verbs in document["paths"].items():
        for verb, call in verbs.items():
            said = call["security"]
            if f"{verb.upper()} {path}" in OPEN:
                assert said == []
                continue
            scope = needed(verb.upper(), path)
            assert said == [{name: [scope] if scope else []} for name in ("bearer", "apiKey")]


@pytest.mark.parametrize(
    ("verb", "path", "scope"),
    [
        ("GET", "/api/documents", "read"),
        ("POST", "/api/documents", "write"),
        ("DELETE", "/api/documents/1", "write"),
        ("POST", "/api/ask", "read"),
        ("POST", "/api/ask/stream", "read"),
        ("POST", "/api/chat/", "read"),
        ("POST", "/api/questions/stream", "read"),
        ("PATCH", "/api/question-sets/1", "write"),
        ("GET", "/api/migrations", "admin"),
        ("POST", "/api/migrations", "admin"),
        ("POST", "/api/migrations/", "admin"),
        ("GET", "/health/models", "admin"),
        ("GET", "/metrics", "admin"),
        ("POST", "/v1/index", "write"),
        ("POST", "/v1/index/a/search", "read"),
        ("POST", "/v1/index/a/vectors", "write"),
        ("GET", "/api/auth/verify", None),
        ("POST", "/anything/else", "write"),
    ],
)
def test_scopes(verb: str, path: str, scope: str | None) -> None:
    assert needed(verb, path) == scope


def test_only_the_gate_says_who_asks() -> None:
    makers = [
        path.name
        for path in sorted((ROOT / "backend").rglob("*.py"))
        if re.search(r"\bAsker\(", path.read_text())
    ]
    assert makers == [Path(access.__file__).name]


class Late:
    """An application with routes that nobody thought of, behind the gate."""

    def __init__(self, database: Database) -> None:
        credentials = SqlCredentials(database)
        self.keys = Keys(credentials)
        held = Access(credentials, required=True)

        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, object]]:
            yield {"access": held}
            await held.close()

        self.app = FastAPI(lifespan=lifespan)
        self.app.add_middleware(Gate)
        self.app.mount("/raw", _raw)
        self.app.add_api_route("/late", _late)
        self.app.add_api_websocket_route("/talk", _talk)


async def _raw(scope: Scope, _receive: Receive, send: Send) -> None:
    tenant = scope["state"]["asker"].tenant.encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": tenant})


async def _late() -> str:
    return "late"


async def _talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.state.asker.tenant)
    await socket.close()


@pytest.fixture
async def secret(database: Database) -> str:
    made = await Keys(SqlCredentials(database)).create("lab", "", frozenset({Allows.READ}), None)
    return made[1]


@pytest.fixture
def late(database: Database, secret: str) -> Iterator[TestClient]:
    assert secret
    with TestClient(Late(database).app) as client:
        yield client


def test_a_route_or_application_that_is_added_later_is_closed(late: TestClient, secret: str) -> None:
    for path in ("/raw/anything", "/late", "/nowhere"):
        assert late.get(path).status_code == 401
    key = {"X-API-Key": secret}
    assert late.get("/raw/anything", headers=key).text == "lab"
    assert late.post("/raw/anything", headers=key).status_code == 403
    assert late.get("/late", headers=key).json() == "late"


def test_a_websocket_wants_a_credential_too(late: TestClient, secret: str) -> None:
    for headers in ({}, {"X-API-Key": "wrong"}):
        with pytest.raises(WebSocketDisconnect), late.websocket_connect("/talk", headers=headers):
            pass
    with late.websocket_connect("/talk", headers={"Authorization": f"Bearer {secret}"}) as socket:
        assert socket.receive_text() == "lab"
    with late.websocket_connect("/talk", subprotocols=[WEBSOCKET_PROTOCOL, secret]) as socket:
        assert socket.accepted_subprotocol == WEBSOCKET_PROTOCOL
        assert socket.receive_text() == "lab"
