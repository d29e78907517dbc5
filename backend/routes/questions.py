"""The typed form of question generation, at once or question by question."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from backend.errors import QuaestioError
from backend.models.filters import scope_of
from backend.models.question_api import KeptQuestion, QuestionsRequest, QuestionsResponse
from backend.models.question_sets import SetItem
from backend.models.questions import Mode
from backend.routes import sse
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep, allowed
from backend.services.container import Services
from backend.services.generation import QuestionRequest
from backend.services.question_bank import Made

router = APIRouter(prefix="/api", tags=["questions"], responses=ERRORS)

logger = logging.getLogger(__name__)

_Events = AsyncGenerator[SetItem | Made]


@router.post("/questions")
async def questions(body: QuestionsRequest, caller: Caller, services: ServicesDep) -> QuestionsResponse:
    """A question set with answers, explanations and sources, from all documents or those named.

    It is kept under `set_id`; the same request gives the same set until the library changes, or `fresh`.
    """
    started = time.perf_counter()
    request = await _request(body, caller, services)
    made = await services.questions.make(caller.tenant, request, fresh=body.fresh)
    return QuestionsResponse.made(made.stored, (time.perf_counter() - started) * 1000, cached=made.cached)


@router.post("/questions/stream", response_class=StreamingResponse, responses=sse.SSE_RESPONSE)
async def stream(body: QuestionsRequest, caller: Caller, services: ServicesDep) -> StreamingResponse:
    """The same as Server-Sent Events: `question` as soon as each is verified, then `done` or one `error`.

    `done` is the set without its questions; `error` has `message` and `code`. A client that leaves stops
    the work, and nothing is kept.
    """
    started = time.perf_counter()
    request = await _request(body, caller, services)
    items = services.questions.stream(caller.tenant, request, fresh=body.fresh)
    following = asyncio.ensure_future(anext(items))
    try:
        # What can be refused is refused before the first question, and so in time for a status.
        await asyncio.wait({following}, timeout=sse.HEARTBEAT_S)
        if following.done():
            following.result()
    except BaseException:
        await _stop(following, items)
        raise
    return sse.stream(told(following, items, started))


async def told(
    following: asyncio.Future[SetItem | Made], items: _Events, started: float, beat_s: float = sse.HEARTBEAT_S
) -> AsyncIterator[bytes]:
    """Events of a set that is being made; ending it early stops the work."""
    number = 0
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=beat_s)
            if not done:
                yield sse.HEARTBEAT
                continue
            number += 1
            one = following.result()
            if isinstance(one, Made):
                yield sse.event("done", _done(one, started), number)
                return
            yield sse.event("question", KeptQuestion.kept(one).model_dump_json(), number)
            following = asyncio.ensure_future(anext(items))
    except QuaestioError as error:
        yield sse.event("error", json.dumps({"message": error.message, "code": error.code}), number)
    except Exception:
        logger.exception("a stream of questions broke off")
        said = {"message": "Something went wrong here. Try again.", "code": QuaestioError.code}
        yield sse.event("error", json.dumps(said), number)
    finally:
        await _stop(following, items)


def _done(made: Made, started: float) -> str:
    total_ms = (time.perf_counter() - started) * 1000
    answer = QuestionsResponse.made(made.stored, total_ms, cached=made.cached)
    return answer.model_dump_json(exclude={"questions"})


async def _stop(following: asyncio.Future[SetItem | Made], items: _Events) -> None:
    following.cancel()
    with suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
        await following
    await items.aclose()


async def _request(body: QuestionsRequest, caller: Asker, services: Services) -> QuestionRequest:
    return QuestionRequest(
        mode=Mode(body.mode),
        count=allowed(body.count, services),
        topic=body.topic,
        document_ids=await _documents(body, caller, services),
        difficulty=body.difficulty,
        kinds=tuple(dict.fromkeys(body.types or ())),
    )


async def _documents(body: QuestionsRequest, caller: Asker, services: Services) -> tuple[str, ...] | None:
    """Ids of the documents to ask about; None for all. A wrong id or name is said, not ignored."""
    for document_id in body.document_ids or ():
        await services.catalog.document(caller.tenant, document_id)
    if body.collections:
        found = await services.scopes.some(caller.tenant, scope_of(body.document_ids, body.collections, None))
        return tuple(document.id for document in found or ())
    return tuple(dict.fromkeys(body.document_ids)) if body.document_ids is not None else None
