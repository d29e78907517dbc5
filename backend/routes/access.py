"""The gate before every route: who asks, and may they; closed unless this file opens it.

A table of scopes by method and path, instead of one declaration per route, holds for raw ASGI applications
and WebSockets as well, and for routes that are added without a thought of this.
"""

from __future__ import annotations

import re
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend import errors
from backend.models.access import Identity
from backend.models.access import Scope as Allows
from backend.routes.deps import Asker
from backend.routes.errors import response_to
from backend.services.access import Access

WEBSOCKET_PROTOCOL = "quaestio.bearer"
"""Browsers send no headers with a WebSocket: `new WebSocket(url, ["quaestio.bearer", credential])`."""

OPEN = frozenset(
    {
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/health/startup"),
        ("POST", "/api/auth/login"),
    }
)
"""What needs no credential."""

OPEN_FOLDERS = ("/static/", "/docs-assets/")
"""Files of the page and of the documentation, for GET."""

_ANY = re.compile(r"/api/auth/(logout|verify)")
_ADMIN = re.compile(r"/api/(migrations|maintenance)(/.*)?|/health/models|/metrics|/v1/metrics")
_READING = {
    "POST": re.compile(
        r"/chat|/api/chat(/(generate-questions|evaluate-answer|evaluate-quiz))?|/api/(ask|questions)(/stream)?"
        r"|/api/pdf/select|/v1/index/[^/]+/(search|specialized_search|attach)"
    ),
    "DELETE": re.compile(r"/api/chat/history"),
}
"""What changes nothing but the session of whoever asks."""

_LONGEST_SESSION = 128
_SCHEMES: dict[str, object] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key or a login token."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}


def is_open(method: str, path: str) -> bool:
    """Whether a call needs no credential."""
    method = "GET" if method == "HEAD" else method
    return (method, path) in OPEN or (method == "GET" and path.startswith(OPEN_FOLDERS))


def needed(method: str, path: str) -> Allows | None:
    """What a credential must allow for a call that is not open; None: any credential will do."""
    path = path.rstrip("/")
    if _ANY.fullmatch(path):
        return None
    if _ADMIN.fullmatch(path):
        return Allows.ADMIN
    reading = _READING.get(method)
    if method in {"GET", "HEAD", "OPTIONS"} or (reading and reading.fullmatch(path)):
        return Allows.READ
    return Allows.WRITE


class Gate:
    """Lets nobody through without a credential that is good for the call, where one is required.

    The lifespan state of the application holds the Access under ``access``; whoever may pass finds the
    Asker in the request's state.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"} or is_open(_method(scope), scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            scope["state"]["asker"] = await authenticate(scope)
        except errors.QuaestioError as error:
            await _refuse(error, scope, receive, send)
            return
        await self._app(scope, receive, _with_protocol(scope, send))


async def authenticate(scope: Scope) -> Asker:
    """Who sends a request or opens a WebSocket, for raw ASGI; raises NotAuthenticated or ScopeMissing.

    Behind the gate that has been done already: there ``scope["state"]["asker"]`` is the same.
    """
    access: Access = scope["state"]["access"]
    headers = Headers(scope=scope)
    who = await access.identify(_credential(headers))
    needs = needed(_method(scope), scope["path"])
    if needs is not None and needs not in who.scopes:
        raise errors.ScopeMissing(f"This credential does not allow that: it needs the scope {needs}.", needs)
    return Asker(who.tenant, _session(scope, headers, who), who)


def documented(document: dict[str, Any]) -> dict[str, Any]:
    """Add to an OpenAPI document what each call needs; harmless when repeated."""
    document.setdefault("components", {})["securitySchemes"] = _SCHEMES
    for path, calls in document["paths"].items():
        for verb, call in calls.items():
            if is_open(verb.upper(), path):
                call["security"] = []
                continue
            needs = needed(verb.upper(), path)
            roles = [] if needs is None else [needs.value]
            call["security"] = [{name: roles} for name in _SCHEMES]
    return document


def _method(scope: Scope) -> str:
    """A WebSocket begins as a GET, and is judged as one."""
    return str(scope.get("method", "GET"))


def _credential(headers: Headers) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    if key := headers.get("x-api-key", "").strip():
        return key
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    if WEBSOCKET_PROTOCOL in offered:
        return next((name for name in offered if name != WEBSOCKET_PROTOCOL), None)
    return None


def _session(scope: Scope, headers: Headers, who: Identity) -> str:
    """The X-Session-Id header, else whoever shows the credential, else the client's address."""
    address = scope["client"][0] if scope.get("client") else "unknown"
    principal = f"user:{who.user}" if who.user else f"key:{who.credential}" if who.credential else address
    return (headers.get("x-session-id", "").strip() or principal)[:_LONGEST_SESSION]


def _with_protocol(scope: Scope, send: Send) -> Send:
    """A browser wants one of the protocols that it offered."""
    if scope["type"] != "websocket" or WEBSOCKET_PROTOCOL not in scope.get("subprotocols", []):
        return send

    async def named(message: Message) -> None:
        if message["type"] == "websocket.accept" and not message.get("subprotocol"):
            message = {**message, "subprotocol": WEBSOCKET_PROTOCOL}
        await send(message)

    return named


async def _refuse(error: errors.QuaestioError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
        return
    response = response_to(error, str(scope.get("request_id", "")))
    # What follows of the request is not read, so the connection cannot serve another one.
    headers = Headers(scope=scope)
    if headers.get("transfer-encoding") or headers.get("content-length", "0") != "0":
        response.headers["Connection"] = "close"
    await response(scope, receive, send)
