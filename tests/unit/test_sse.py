from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import DocumentNotFound
from backend.models.documents import Document, JobState, Progress
from backend.models.work import Work
from backend.routes import sse
from backend.routes.progress import follow
from backend.utils.clock import utc_now
from tests.support.documents import new_document


def fields(event: bytes) -> dict[str, str]:
    """What a client makes of an event, as the standard says."""
    assert event.endswith(b"\n\n")
    read: dict[str, str] = {}
    for line in event.decode().rstrip("\n").split("\n"):
        name, _, value = line.partition(": ")
        read[name] = f"{read[name]}\n{value}" if name in read else value
    return read


def test_an_event_has_a_name_an_id_and_data() -> None:
    assert sse.event("progress", '{"done": 3}', 7) == b'id: 7\nevent: progress\ndata: {"done": 3}\n\n'


@pytest.mark.parametrize("data", ["one\ntwo", "one\r\ntwo", "one\rtwo"])
def test_lines_of_data_cannot_become_fields(data: str) -> None:
    assert fields(sse.event("token", data)) == {"event": "token", "data": "one\ntwo"}


def test_a_name_cannot_become_an_event() -> None:
    assert fields(sse.event("a\n\nevent: b", "x", "1\ndata: y")) == {
        "id": "1 data: y",
        "event": "a  event: b",
        "data": "x",
    }


def test_text_of_any_script_and_empty_data_come_through() -> None:
    assert fields(sse.event("token", "名前 é 🙂"))["data"] == "名前 é 🙂"
    assert sse.event("end", "") == b"event: end\ndata: \n\n"


DOCUMENT = replace(new_document(content="x"), id="d")


def at(progress: Progress, state: JobState = JobState.STARTED, beat: int = 0) -> Document:
    now = utc_now()
    work = Work(held=True, heartbeat_at=now - timedelta(seconds=beat), as_of=now)
    return replace(DOCUMENT, state=state, progress=progress, work=work)


async def told(states: list[Document | None], leaves_after: int = 1000) -> list[dict[str, str]]:
    """The events of a document that goes through ``states``; None is its deletion."""
    left, asked = iter(states[1:]), 0

    async def look() -> Document:
        found = next(left)
        if found is None:
            raise DocumentNotFound("gone")
        return found

    async def over() -> bool:
        nonlocal asked
        asked += 1
        return asked > leaves_after

    assert states[0]
    events: AsyncIterator[bytes] = follow(states[0], look, over, look_s=0)
    return [fields(event) async for event in events]


PAGES = [Progress("extracting", n, 3, n / 3, "pages") for n in range(4)]


async def test_a_document_is_followed_to_its_end() -> None:
    end = at(Progress("ready", 3, 3, 1.0, "pages"), JobState.FINISHED)
    events = await told([at(PAGES[0]), at(PAGES[0]), at(PAGES[1]), at(PAGES[1]), end])
    assert [e["event"] for e in events] == ["progress", "progress", "done"]
    assert [e["id"] for e in events] == ["1", "2", "3"]
    assert [json.loads(e["data"])["done"] for e in events] == [0, 1, 3]
    assert json.loads(events[-1]["data"])["status"] == "finished"


@pytest.mark.parametrize("state", [JobState.FINISHED, JobState.FAILED, JobState.STOPPED])
async def test_one_that_has_ended_is_said_once(state: JobState) -> None:
    assert [e["event"] for e in await told([at(PAGES[3], state)])] == ["done"]


async def test_a_deleted_document_is_gone() -> None:
    events = await told([at(PAGES[0]), None])
    assert [e["event"] for e in events] == ["progress", "gone"]
    assert json.loads(events[-1]["data"]) == {"document_id": "d"}


async def test_nobody_is_told_after_leaving() -> None:
    assert len(await told([at(page) for page in PAGES], leaves_after=1)) == 2


async def test_a_heartbeat_alone_is_no_news_within_a_second() -> None:
    events = await told([at(PAGES[1]), at(PAGES[1], beat=1), None])
    assert [e["event"] for e in events] == ["progress", "gone"]


async def _two_events() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


async def _forever() -> Message:
    await asyncio.sleep(60)
    return {"type": "http.disconnect"}


@pytest.mark.parametrize("outside", [True, False])
async def test_events_are_told_after_the_calls_that_led_to_them_where_the_application_has_that(
    outside: bool,
) -> None:
    order: list[str] = []

    async def send(message: Message) -> None:
        order.append(message.get("body", b"start").decode() or "end")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sse.stream(_two_events(), lambda: order.append("closed"))(scope, receive, send)
        order.append("call ended")

    outermost: ASGIApp = partial(sse.unwound, app) if outside else app
    await outermost({"type": "http"}, _forever, send)
    told = ["one", "two", "end", "closed"]
    assert order == (["start", "call ended", *told] if outside else ["start", *told, "call ended"])


async def test_a_stream_that_is_never_told_is_left_all_the_same() -> None:
    left: list[bool] = []

    async def send(_message: Message) -> None:
        """Nobody listens."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await sse.stream(_two_events(), lambda: left.append(True))(scope, receive, send)
        raise RuntimeError("on the way out")

    with pytest.raises(RuntimeError, match="on the way out"):
        await sse.unwound(app, {"type": "http"}, _forever, send)
    assert left == [True]
