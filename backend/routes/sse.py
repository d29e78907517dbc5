"""Server-Sent Events: the form of one event, and the response that carries them."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

HEARTBEAT = b": still here\n\n"
"""A comment: proxies and clients see that the connection lives, and no event is made of it."""

HEARTBEAT_S = 15.0

_LINE_END = re.compile(r"\r\n|\r|\n")

SSE_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, each with its name, an id and JSON as data.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
"""How a route describes such a response."""


def event(name: str, data: str, event_id: int | str | None = None) -> bytes:
    """One event; ``data`` may have several lines, a name or id has one."""
    head = f"id: {_one_line(str(event_id))}\n" if event_id is not None else ""
    lines = "".join(f"data: {line}\n" for line in _LINE_END.split(data))
    return f"{head}event: {_one_line(name)}\n{lines}\n".encode()


def stream(events: AsyncIterator[bytes], closed: Callable[[], None] | None = None) -> StreamingResponse:
    """A response of events that no proxy keeps back; it ends when the client leaves.

    ``closed`` is called once at its end, also where the client left before the first event.
    """
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return _EventStream(events, headers, closed)


class _EventStream(StreamingResponse):
    def __init__(
        self, events: AsyncIterator[bytes], headers: dict[str, str], closed: Callable[[], None] | None
    ) -> None:
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._closed is not None:
                self._closed()


def _one_line(text: str) -> str:
    return _LINE_END.sub(" ", text)
