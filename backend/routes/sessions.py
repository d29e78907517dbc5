"""``/v1/sessions``: FAISS objects over HTTP, one round trip an operation, as plain ASGI.

========  =========================  =========================================================
POST      /v1/sessions               open a session -> 201 ``{"session": "..."}``
GET       /v1/sessions               what this tenant holds
POST      /v1/sessions/{id}          one frame in, one frame out (``docs/adr/0011-faiss-sessions.md``)
POST      /v1/sessions/{id}/attach   with ``Upgrade: faiss-session``: 101, then frames on this connection
DELETE    /v1/sessions/{id}          free everything in it
========  =========================  =========================================================
"""

from __future__ import annotations

import json
import logging

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.errors import QuaestioError
from backend.models.sessions import Reply
from backend.routes.deps import Asker
from backend.routes.errors import error_response, status_of
from backend.services.sessions import Sessions

logger = logging.getLogger(__name__)

PREFIX = "/v1/sessions"
ATTACH = "/attach"
FRAME_TYPE = b"application/x-faiss-frame"
UPGRADE = b"faiss-session"


class _Left(Exception):
    """The client went away before its request was complete."""


class SessionRoutes:
    """Answers what is below ``/v1/sessions`` and passes everything else on; it stands behind the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == PREFIX or path.startswith(PREFIX + "/")):
            await self._app(scope, receive, send)
            return
        request_id = scope.get("request_id", "")
        try:
            await self._serve(scope, receive, send, path[len(PREFIX) + 1 :])
        except _Left:
            return
        except QuaestioError as error:
            status = status_of(type(error))
            if status >= 500:  # noqa: PLR2004 - server errors
                logger.exception("%s: %s", error.code, error.message)
            response = error_response(status, error.message, error.code, request_id)
            if status == 413:  # noqa: PLR2004 - the body was not read
                response.headers["Connection"] = "close"
            await response(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        sessions: Sessions = scope["state"]["services"].sessions
        asker: Asker = scope["state"]["asker"]
        tenant, method = asker.tenant, scope["method"]
        response: Response
        if name.endswith(ATTACH) and method == "POST":
            await self._attach(scope, receive, send, name.removesuffix(ATTACH))
            return
        if name and method == "POST":
            frame = await _body(scope, receive, sessions)
            await _send(await sessions.ask(tenant, name, frame), scope, receive, send)
            return
        if name and method == "DELETE":
            await sessions.close(tenant, name)
            response = Response(status_code=204)
        elif not name and method == "POST":
            response = JSONResponse({"session": await sessions.open(tenant)}, 201)
        elif not name and method == "GET":
            response = JSONResponse(sessions.describe(tenant))
        else:
            allowed = "POST, DELETE" if name else "GET, POST"
            response = error_response(
                405, "Method Not Allowed", "method_not_allowed", scope.get("request_id", "")
            )
            response.headers["Allow"] = allowed
        await response(scope, receive, send)

    async def _attach(self, scope: Scope, receive: Receive, send: Send, name: str) -> None:
        """Give the connection away; the process that gets it answers with 101."""
        sessions: Sessions = scope["state"]["services"].sessions
        asker: Asker = scope["state"]["asker"]
        tenant, request_id = asker.tenant, scope.get("request_id", "")
        transport = scope["state"].get("transport")
        wanted = dict(scope["headers"]).get(b"upgrade", b"").lower() == UPGRADE
        plain = wanted and transport is not None and transport.get_extra_info("sslcontext") is None
        if not plain:
            refused = (
                426,
                "This connection cannot be handed over; use the session's own address.",
                "upgrade",
            )
        else:
            transport.pause_reading()  # what comes next belongs to the other process
            connection = transport.get_extra_info("socket").fileno()
            try:
                if sessions.attach(tenant, name, connection, request_id):
                    transport.abort()  # closes this process's copy alone
                    while (await receive())["type"] != "http.disconnect":
                        pass
                    return
            finally:
                transport.resume_reading()  # of no effect where it was aborted
            refused = (503, "The session takes no further connection now; use its own address.", "no_line")
        response = error_response(*refused, request_id)
        response.headers.update({"Connection": "close", "Upgrade": UPGRADE.decode()})
        await response(scope, receive, send)


async def _body(scope: Scope, receive: Receive, sessions: Sessions) -> list[bytes]:
    """The body in pieces, no longer than the limit, which is looked at before anything is read."""
    declared = dict(scope["headers"]).get(b"content-length", b"")
    if declared.isdigit():
        sessions.check_size(int(declared))
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Left
        if piece := message.get("body", b""):
            pieces.append(piece)
            size += len(piece)
            sessions.check_size(size)
        if not message.get("more_body", False):
            return pieces


async def _send(reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    if reply.status != 200:  # noqa: PLR2004 - an error of FAISS or of the frame
        said = json.loads(bytes(reply.body))
        response = error_response(
            reply.status, said["message"], said["code"], scope.get("request_id", ""), said["detail"]
        )
        await response(scope, receive, send)
        return
    headers = [(b"content-type", FRAME_TYPE), (b"content-length", b"%d" % len(reply.body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(reply.body)})
