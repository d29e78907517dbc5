"""What happens to every request before its route: an id, and a limit on its body."""

from __future__ import annotations

import asyncio
import math
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import TooManyRequests
from backend.routes.errors import error_response
from backend.services.rates import Rates
from backend.utils.freed_memory import give_back
from backend.utils.ids import new_id

JSON_LIMIT = 1_000_000
"""Bytes of a body that is no upload."""

INDEX_PREFIX = "/v1/index/"
"""Below it bodies carry vectors."""

_MULTIPART_FRAME = 100_000
_LARGE = 16_000_000
"""Bytes of a body whose many pieces the C library would keep for ever."""
RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
"""Calls that may come at once, those left, and seconds until all are there again."""

_LIMITED = ("/api/", "/chat", "/ws/", "/jobs", "/job-status/", "/result/")
"""Beginnings of the paths whose calls are counted."""
_SANE_ID = re.compile(r"[\w.:-]{1,128}")


class RequestId:
    """Gives every request an id (the caller's X-Request-ID if it is sane) and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        scope["request_id"] = asked if _SANE_ID.fullmatch(asked) else new_id()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Request-ID"] = scope["request_id"]
            await send(message)

        await self._app(scope, receive, send_with_id)


class RateLimit:
    """Refuses who calls too often, before anything is read, and says in headers what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"} or not scope["path"].startswith(_LIMITED):
            await self._app(scope, receive, send)
            return
        rates: Rates = scope["state"]["services"].rates
        allowance = await rates.take(rates.keys(scope))
        if allowance is None:
            await self._app(scope, receive, send)
            return
        said = (allowance.limit, allowance.remaining, math.ceil(allowance.reset_s))
        headers = dict(zip(RATE_HEADERS, map(str, said), strict=True))
        if not allowance.allowed:
            message = "Too many requests. Wait a moment and try again."
            code = TooManyRequests.code
            response = error_response(
                429, message, code, scope.get("request_id", ""), retry_after_s=allowance.retry_after_s
            )
            response.headers.update(headers)
            await response(scope, receive, send)
            return

        async def send_with_limits(sent: Message) -> None:
            if sent["type"] == "http.response.start":
                MutableHeaders(scope=sent).update(headers)
            await send(sent)

        await self._app(scope, receive, send_with_limits)


class BodyLimit:
    """Refuses a body that is too large: by its declared length before it is read, else while it is."""

    def __init__(self, app: ASGIApp, max_upload_bytes: int, max_index_bytes: int = JSON_LIMIT) -> None:
        self._app = app
        self._max_upload_bytes, self._max_index_bytes = max_upload_bytes, max_index_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit, message = self._limit(scope["path"], headers.get("content-type", ""))
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            response = error_response(413, message, "too_large", scope["request_id"])
            # The body is not read, so the connection cannot serve another request.
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        body = _Counted(receive, limit, message)
        await self._app(scope, body, send)
        if body.size > _LARGE:
            await asyncio.to_thread(give_back)

    def _limit(self, path: str, content_type: str) -> tuple[int, str]:
        """Bytes of the largest body, and what to say about a larger one."""
        if path.startswith(INDEX_PREFIX):
            most = f"{self._max_index_bytes / 1_000_000:g} MB"
            message = (
                f"The body is larger than {most}. Send fewer vectors at a time, or raise INDEX_MAX_BODY_MB."
            )
            return self._max_index_bytes, message
        if content_type.startswith("multipart/form-data"):
            most = f"{self._max_upload_bytes / 1_000_000:g} MB"
            message = f"The upload is larger than {most}. Send files one by one, or raise MAX_UPLOAD_MB."
            return self._max_upload_bytes + _MULTIPART_FRAME, message
        return JSON_LIMIT, f"The body is larger than {JSON_LIMIT / 1_000_000:g} MB."


class _Counted:
    """Receives a body of at most ``limit`` bytes; ``size`` is what came of it."""

    def __init__(self, receive: Receive, limit: int, message: str) -> None:
        self._receive, self._limit, self._message = receive, limit, message
        self.size = 0

    async def __call__(self) -> Message:
        received = await self._receive()
        self.size += len(received.get("body", b""))
        if self.size > self._limit:
            # What is left of the body is not read, so the connection cannot serve another request.
            raise HTTPException(413, self._message, {"Connection": "close"})
        return received
