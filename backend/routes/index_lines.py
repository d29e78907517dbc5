"""Connections on which one index is searched, frame after frame, without HTTP around each.

After the 101 a request is the length of a frame (u64) and the frame; an answer is a status and a length (both
u64), then a frame where the status is 200, else the error body. They are the frames of ``/search``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import cast

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from backend.errors import QuaestioError, TooLarge
from backend.routes.errors import error_response, response_to

logger = logging.getLogger(__name__)

Search = Callable[[bytes], Awaitable[bytes]]

PROTOCOL = "faiss-index"
_LENGTH = struct.Struct("<Q")
_ANSWER = struct.Struct("<QQ")
_LONGEST_S = 300.0
"""A connection ends then, and the next one is asked for its key again: a key that was revoked stops there."""
_MOST = 16_000_000
"""Bytes of a frame; larger ones take longer than HTTP does around them."""
_OPENED = (
    f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {PROTOCOL}\r\n"
    "X-Request-ID: {}\r\n\r\n"
)


class Line(asyncio.Protocol):
    """One connection: a frame at a time is searched for; the next one is read meanwhile, no more."""

    def __init__(self, search: Search, request_id: str) -> None:
        self._search, self._request_id = search, request_id
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport
        self._ends: asyncio.TimerHandle
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: say that the line is open."""
        self._transport = cast("asyncio.Transport", transport)
        self._ends = asyncio.get_running_loop().call_later(_LONGEST_S, self._end)
        self._transport.write(_OPENED.format(self._request_id).encode("latin-1"))

    def connection_lost(self, _error: Exception | None) -> None:
        """Asyncio: a search that runs goes on for nobody, which is short; it is not waited for."""
        self._ends.cancel()

    def data_received(self, data: bytes) -> None:
        """Asyncio."""
        self._buffer += data
        if self._task is None:
            self._next()
        elif len(self._buffer) > _MOST:
            self._transport.pause_reading()

    def _next(self) -> None:
        """Begin with the frame that is there as a whole, if one is."""
        if len(self._buffer) < _LENGTH.size:
            return
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > _MOST:
            self._refuse(TooLarge(f"A frame has at most {_MOST / 1e6:g} MB here; send it to /search."))
            return
        end = _LENGTH.size + length
        if len(self._buffer) < end:
            return
        frame = bytes(memoryview(self._buffer)[_LENGTH.size : end])
        del self._buffer[:end]
        self._task = asyncio.get_running_loop().create_task(self._answer(frame))

    async def _answer(self, frame: bytes) -> None:
        try:
            status, body = 200, await self._search(frame)
        except QuaestioError as error:
            status, body = self._told(error)
        except Exception as error:
            logger.exception("request %s failed", self._request_id)
            status, body = self._told(QuaestioError(f"Something went wrong here ({type(error).__name__})."))
        self._task = None
        self._say(status, body)
        if self._over:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.resume_reading()
            self._next()

    def _told(self, error: QuaestioError) -> tuple[int, bytes]:
        response = response_to(error, self._request_id)
        return response.status_code, bytes(response.body)

    def _say(self, status: int, body: bytes) -> None:
        self._transport.write(_ANSWER.pack(status, len(body)) + body)

    def _refuse(self, error: QuaestioError) -> None:
        """Answer and end; what else comes is not read."""
        self._transport.pause_reading()
        self._say(*self._told(error))
        self._transport.close()

    def _end(self) -> None:
        self._over = True
        if self._task is None:
            self._transport.close()


class _HandOver(Response):
    """Takes the connection from HTTP and goes on with it as a line."""

    def __init__(self, transport: asyncio.Transport, search: Search) -> None:
        super().__init__(status_code=101)
        self._transport, self._search = transport, search

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """ASGI."""
        self._transport.pause_reading()  # what comes next belongs to the line
        own = socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno()))
        own.setblocking(False)
        self._transport.abort()  # closes the descriptor of HTTP alone
        while (await receive())["type"] != "http.disconnect":
            pass
        line = Line(self._search, str(scope.get("request_id", "")))
        await asyncio.get_running_loop().connect_accepted_socket(lambda: line, own)


def hand_over(request: Request, search: Search) -> Response:
    """The answer that makes a line of its connection; 426 where that cannot be."""
    transport = request.scope["state"].get("transport")
    wanted = request.headers.get("upgrade", "").lower() == PROTOCOL
    if wanted and transport is not None and transport.get_extra_info("sslcontext") is None:
        return _HandOver(transport, search)
    message = f"Only a plain connection with `Upgrade: {PROTOCOL}` becomes a line; use /search."
    response = error_response(426, message, "upgrade", str(request.scope.get("request_id", "")))
    response.headers.update({"Connection": "close", "Upgrade": PROTOCOL})
    return response
