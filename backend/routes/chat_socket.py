"""A conversation over a WebSocket, with the events of the stream."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from backend.errors import InvalidRequest, QuaestioError
from backend.models.talking import ErrorEvent, SocketAsk, event_of, socket_message
from backend.routes.ask import LOOK_S, begun
from backend.routes.deps import Asker, Caller, ServicesDep
from backend.services.answering.running import RunningAnswer
from backend.services.container import Services

router = APIRouter()

_FOREIGN_ORIGIN = 4403
_TOO_LARGE = 65_536


@router.websocket("/ws/chat")
async def chat(socket: WebSocket, caller: Caller, services: ServicesDep, session: str = "") -> None:
    """JSON messages ``{type: ask, question, ...}`` and ``{type: stop}``; one answer at a time.

    Browsers cannot set headers here, so the session may be a query parameter.
    """
    if not _may(socket):
        await socket.close(_FOREIGN_ORIGIN, "This origin may not connect; see CORS_ORIGINS.")
        return
    await socket.accept()
    asker = replace(caller, session=session[:128]) if session.strip() else caller
    talk = _Talk(socket, asker, services)
    try:
        with suppress(WebSocketDisconnect):
            while True:
                await talk.hear(await _next(socket))
    finally:
        await talk.end()


async def _next(socket: WebSocket) -> str | bytes:
    """The next message, whichever kind of frame it came in. Raises WebSocketDisconnect."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1000))
    message: str | bytes = received.get("text") or received.get("bytes") or ""
    return message


def _may(socket: WebSocket) -> bool:
    """Whether the page that connects is one of ours: a browser lets every page connect to every address."""
    origin = socket.headers.get("origin")
    if origin is None:
        return True
    own = urlsplit(origin).netloc == socket.headers.get("host")
    return own or re.fullmatch(socket.state.origins, origin) is not None


class _Talk:
    """One connection."""

    def __init__(self, socket: WebSocket, caller: Asker, services: Services) -> None:
        self._socket = socket
        self._caller = caller
        self._services = services
        self._telling: asyncio.Task[None] | None = None
        self._answer: RunningAnswer | None = None

    async def hear(self, text: str | bytes) -> None:
        """Answer or stop; whatever cannot be done is told and the connection goes on."""
        try:
            message = _message(text)
            if message.get("type") == "stop":
                await self._stop()
            elif message.get("type") == "ask":
                await self._ask(message)
            else:
                raise InvalidRequest('A message has the type "ask" or "stop".')
        except QuaestioError as error:
            await self._refuse(error)

    async def end(self) -> None:
        """The client has left."""
        if self._telling is not None:
            self._telling.cancel()
            with suppress(asyncio.CancelledError):
                await self._telling

    async def _ask(self, message: dict[str, Any]) -> None:
        if self._telling is not None and not self._telling.done():
            raise InvalidRequest('An answer is being given. Send {"type": "stop"} first, or wait for it.')
        try:
            asked = SocketAsk.model_validate(message)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
            raise InvalidRequest(faults) from error
        if not self._services.limits.streaming:
            raise InvalidRequest("Answers are not streamed here (ENABLE_STREAMING=false). Use POST /api/ask.")
        await self._services.rates.check(self._services.rates.keys(self._socket.scope))
        inquiry = asked.to_inquiry(self._services.limits.default_k, self._caller.session)
        self._telling = asyncio.create_task(
            self._tell(lambda: begun(inquiry, self._caller.tenant, self._services))
        )

    async def _refuse(self, error: QuaestioError) -> None:
        body = ErrorEvent(code=error.code, message=error.message, retryable=error.retryable)
        await self._socket.send_json(socket_message("error", body))

    async def _stop(self) -> None:
        if self._answer is not None:
            self._answer.stop()

    async def _tell(self, prepare: Any) -> None:  # noqa: ANN401 - see RunningAnswers.start
        try:
            self._answer = await self._services.streams.start(self._caller.tenant, prepare)
        except QuaestioError as error:
            await self._refuse(error)
            return
        answer, seen = self._answer, 0
        try:
            while not (answer.ended and seen == len(answer.events)):
                if not await answer.more(seen, LOOK_S):
                    if self._socket.state.closing():
                        answer.stop()
                    continue
                for event in answer.events.between(seen, len(answer.events)):
                    seen += 1
                    name, body = event_of(event)
                    await self._socket.send_json(socket_message(name, body))
        finally:
            self._answer = None
            self._services.streams.leave(answer)


def _message(text: str | bytes) -> dict[str, Any]:
    if len(text) > _TOO_LARGE:
        raise InvalidRequest("The message is larger than 64 KB.")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The message is no JSON.") from error
    if not isinstance(message, dict):
        raise InvalidRequest("The message is no JSON object.")
    return message
