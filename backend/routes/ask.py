"""Answers with sources, at once or as they are written."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from backend.errors import InvalidRequest
from backend.models.answers import AnswerEvent, Inquiry, Token
from backend.models.asking import MOST_SOURCES, AskRequest, AskResponse, QuestionText
from backend.models.talking import event_of
from backend.routes import sse
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep
from backend.services.answering.running import Events, RunningAnswer
from backend.services.container import Services

router = APIRouter(prefix="/api", tags=["answers"], responses=ERRORS)

RETRY = b"retry: 300\n"
"""Milliseconds after which a client connects again: before the answer is given up."""

LOOK_S = 0.5
"""How often a stream without news looks whether the server is about to end."""

_EVENT_ID = re.compile(r"([0-9a-f]{32}):(\d{1,9})")

LastEventId = Annotated[
    str | None,
    Header(description="Of the last event received: the stream goes on behind it, while it is kept."),
]


@router.post("/ask", responses={200: sse.SSE_RESPONSE[200] | {"model": AskResponse}})
async def ask(
    body: AskRequest,
    request: Request,
    caller: Caller,
    services: ServicesDep,
    last_event_id: LastEventId = None,
) -> Response:
    """An answer from the documents; markers [1], [2] ... count its sources from 1.

    Where the documents do not answer the question, `answer` says so and `sources` is empty.
    """
    inquiry = _inquiry(body, caller, services)
    if body.stream:
        return await _streamed(inquiry, request, caller, services, last_event_id)
    answer = await services.answers.answer_question(caller.tenant, inquiry)
    return JSONResponse(AskResponse.of(answer).model_dump(mode="json"))


@router.post("/ask/stream", response_class=StreamingResponse, responses=sse.SSE_RESPONSE)
async def stream(
    body: AskRequest,
    request: Request,
    caller: Caller,
    services: ServicesDep,
    last_event_id: LastEventId = None,
) -> Response:
    """The same as Server-Sent Events: `sources`, `token`s, then `done` or one `error`.

    The texts of all tokens are the answer; `done` is the body of `/api/ask`, with its checked citations.
    A client that leaves stops the answer within a second; one that connects again sooner with
    `Last-Event-ID` misses nothing, and one that has ended can be read again for a minute.
    """
    return await _streamed(_inquiry(body, caller, services), request, caller, services, last_event_id)


@router.get("/ask/stream", response_class=StreamingResponse, responses=sse.SSE_RESPONSE)
async def event_source(
    request: Request,
    caller: Caller,
    services: ServicesDep,
    question: Annotated[QuestionText, Query()],
    k: Annotated[int | None, Query(ge=1, le=MOST_SOURCES)] = None,
    last_event_id: LastEventId = None,
) -> Response:
    """The same for clients that can only GET, such as EventSource, which connects again by itself."""
    body = AskRequest(question=question, k=k)
    return await _streamed(_inquiry(body, caller, services), request, caller, services, last_event_id)


def _inquiry(body: AskRequest, caller: Asker, services: Services) -> Inquiry:
    return body.to_inquiry(services.limits.default_k, caller.session)


async def _streamed(
    inquiry: Inquiry, request: Request, caller: Asker, services: Services, last_event_id: str | None
) -> Response:
    if not services.limits.streaming:
        raise InvalidRequest("Answers are not streamed here (ENABLE_STREAMING=false). Use POST /api/ask.")
    seen = 0
    if last_event_id:
        answer, seen = _found(last_event_id, caller, services)
    else:
        answer = await services.streams.start(caller.tenant, lambda: begun(inquiry, caller.tenant, services))

    closing: Callable[[], bool] = request.state.closing
    return sse.stream(told(answer, seen, closing), lambda: services.streams.leave(answer))


def _found(last_event_id: str, caller: Asker, services: Services) -> tuple[RunningAnswer, int]:
    named = _EVENT_ID.fullmatch(last_event_id.strip())
    if named is None:
        raise InvalidRequest("Last-Event-ID is not the id of an event of an answer.")
    return services.streams.find(caller.tenant, named[1]), int(named[2])


async def begun(inquiry: Inquiry, tenant: str, services: Services) -> Events:
    """The events of an answer, once nothing can refuse it any more."""
    plan = await services.answers.prepare(tenant, inquiry)
    return services.answers.answer_stream(plan)


async def told(answer: RunningAnswer, seen: int, over: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The events of an answer behind the first ``seen``, to its end or until the server ends."""
    silent_s, opening, stopping = 0.0, RETRY, False
    while True:
        if not stopping and over():
            stopping = True  # once: a second time would interrupt the writer's last word
            answer.stop()
        if await answer.more(seen, LOOK_S):
            first, seen, silent_s = seen, max(seen, len(answer.events)), 0.0
            if first < seen:
                # In no variable: what was told would stay in memory until the next event.
                yield opening + _events(answer, first, seen)
                opening = b""
            if answer.ended and seen >= len(answer.events):
                return
            continue
        silent_s += LOOK_S
        if silent_s >= sse.HEARTBEAT_S:
            silent_s = 0.0
            yield sse.HEARTBEAT


def _events(answer: RunningAnswer, first: int, last: int) -> bytes:
    numbered = enumerate(answer.events.between(first, last), first + 1)
    return b"".join(_event(event, f"{answer.id}:{number}") for number, event in numbered)


def _event(event: AnswerEvent, event_id: str) -> bytes:
    if isinstance(event, Token):  # nearly all events
        return sse.event("token", json.dumps({"text": event.text}, ensure_ascii=False), event_id)
    name, body = event_of(event)
    return sse.event(name, body.model_dump_json(), event_id)
