"""Following the ingestion of a document, stopping it, and starting it again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from backend.errors import Conflict, DocumentNotFound
from backend.models.documents import Document, JobState
from backend.models.library import DocumentView
from backend.routes import sse
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(prefix="/api/documents", tags=["documents"], responses=ERRORS)

_LOOK_S = 0.25
"""How often to look: also the least time between two events."""

_PULSE_S = 1.0
"""How often to say what only time changes: pace and heartbeat."""

_PULSE = {"heartbeat_at", "rate", "seconds_left"}


@router.get("/{document_id}/events", response_class=StreamingResponse, responses=sse.SSE_RESPONSE)
async def events(
    document_id: str, request: Request, caller: Caller, services: ServicesDep
) -> StreamingResponse:
    """Progress as Server-Sent Events, each with the whole document, at most four a second.

    `progress` while it goes on, then `done` (finished, failed or stopped) or `gone` (deleted), and the
    stream ends. A client that connects again begins with the state at that moment.
    """
    first = await services.catalog.document(caller.tenant, document_id)

    async def look() -> Document:
        return await services.catalog.document(caller.tenant, document_id)

    async def over() -> bool:
        return request.state.closing() or await request.is_disconnected()

    return sse.stream(follow(first, look, over))


@router.post("/{document_id}/stop")
async def stop(document_id: str, caller: Caller, services: ServicesDep) -> DocumentView:
    """Stop an ingestion and remove what it wrote; the file stays, so that it can be retried."""
    stopped = await services.ingestion.stop(caller.tenant, document_id)
    if stopped.state is not JobState.STOPPED:
        raise Conflict(f"{stopped.filename} is {stopped.state.value} already, so there is nothing to stop.")
    return DocumentView.of(stopped)


@router.post("/{document_id}/retry")
async def retry(document_id: str, caller: Caller, services: ServicesDep) -> DocumentView:
    """Read a failed or stopped document again from its beginning."""
    return DocumentView.of(await services.ingestion.retry(caller.tenant, document_id))


async def follow(
    document: Document,
    look: Callable[[], Awaitable[Document]],
    over: Callable[[], Awaitable[bool]],
    look_s: float = _LOOK_S,
) -> AsyncIterator[bytes]:
    """Events of a document until it has ended or is gone, or there is nobody to tell any more.

    Nothing is held between two looks: no lock and no transaction.
    """
    told: DocumentView | None = None
    number = 0
    told_at = beat_at = time.monotonic()
    while True:
        view, now = DocumentView.of(document), time.monotonic()
        if _is_news(view, told, now - told_at):
            name = "done" if document.state.ended else "progress"
            number += 1
            told, told_at, beat_at = view, now, now
            yield sse.event(name, view.model_dump_json(), number)
        elif now - beat_at >= sse.HEARTBEAT_S:
            beat_at = now
            yield sse.HEARTBEAT
        if document.state.ended:
            return
        await asyncio.sleep(look_s)
        if await over():
            return
        try:
            document = await look()
        except DocumentNotFound:
            yield sse.event("gone", f'{{"document_id": "{document.id}"}}', number + 1)
            return


def _is_news(view: DocumentView, told: DocumentView | None, since_s: float) -> bool:
    if told is None or view.model_dump(exclude=_PULSE) != told.model_dump(exclude=_PULSE):
        return True
    return since_s >= _PULSE_S and view != told
