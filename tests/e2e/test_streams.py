"""Streams of a real server, read by clients that others wrote, with a model server that can be told how to fail."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from httpx_sse import ServerSentEvent, aconnect_sse

from benchmarks.model_server import Behaviour, serving
from tests.support.files import SAMPLE
from tests.support.processes import Server

BODY = {"question": "Which pigment makes leaves green?"}


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour(seconds=0.4, spread=True, tokens=20)


@asynccontextmanager
async def asked(folder: Path, behaviour: Behaviour, **settings: str) -> AsyncIterator[Server]:
    """A server with the sample and the model server."""
    async with serving(behaviour) as url:
        running = await asyncio.to_thread(
            Server, folder, LLM_PROVIDERS="local", LOCAL_BASE_URL=url, **{"LOCAL_TIMEOUT_S": "2"} | settings
        )
        try:
            document = await asyncio.to_thread(running.upload, "plants.txt", SAMPLE)
            await asyncio.to_thread(running.until, document["document_id"])
            yield running
        finally:
            await asyncio.to_thread(running.stop)


@pytest.fixture
async def server(tmp_path: Path, behaviour: Behaviour) -> AsyncIterator[Server]:
    async with asked(tmp_path / "data", behaviour) as running:
        yield running


async def read(
    url: str, most: int = 1000, last: str | None = None, body: dict[str, Any] | None = None
) -> list[ServerSentEvent]:
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        httpx.AsyncClient(timeout=20) as client,
        aconnect_sse(client, "POST", f"{url}api/ask/stream", json=body or BODY, headers=headers) as source,
    ):
        events = []
        async for event in source.aiter_sse():
            events.append(event)
            if len(events) == most:
                break
        return events


def text_of(events: list[ServerSentEvent]) -> str:
    return "".join(json.loads(e.data)["text"] for e in events if e.event == "token")


async def test_an_answer_arrives_while_it_is_written_and_is_checked(server: Server) -> None:
    events = await read(server.url)
    assert [events[0].event, events[-1].event] == ["sources", "done"]
    assert 3 <= sum(event.event == "token" for event in events) <= 20
    done = json.loads(events[-1].data)
    assert done["answer"] == text_of(events)
    assert done["model"].startswith("local:")
    assert done["citations"]
    assert done["dropped_citations"] == 0
    for citation in done["citations"]:
        assert citation["quote"] in SAMPLE.decode().replace("\n", " ") or "\n" in citation["quote"]


async def test_a_lost_connection_goes_on_where_it_was(server: Server, behaviour: Behaviour) -> None:
    behaviour.seconds = 1.5
    first = await read(server.url, most=4)
    rest = await read(server.url, last=first[-1].id)
    done = json.loads(rest[-1].data)
    assert rest[-1].event == "done"
    assert done["answer"] == text_of(first) + text_of(rest)
    assert len(behaviour.requests) == 1


async def test_who_leaves_stops_the_model_within_a_second(server: Server, behaviour: Behaviour) -> None:
    behaviour.seconds, behaviour.tokens = 30.0, 600
    first = await read(server.url, most=3)
    left = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        while not behaviour.stopped:  # noqa: ASYNC110 - the server keeps a record, not an event
            await asyncio.sleep(0.02)
    assert asyncio.get_running_loop().time() - left < 2.0  # a second, and the next piece of the model
    rest = await read(server.url, last=first[-1].id)
    assert json.loads(rest[-1].data)["code"] == "stopped"


async def test_invented_citations_are_dropped(server: Server, behaviour: Behaviour) -> None:
    behaviour.fault = "invented"
    done = json.loads((await read(server.url))[-1].data)
    assert (done["citations"], done["dropped_citations"] > 0) == ([], True)
    assert "[77]" not in done["answer"]


@pytest.mark.parametrize("fault", ["failing", "malformed", "html", "wrong_key", "empty"])
async def test_a_model_that_cannot_begin_leaves_the_quoted_answer(
    server: Server, behaviour: Behaviour, fault: str
) -> None:
    behaviour.fault = fault if fault != "empty" else "failing"
    done = json.loads((await read(server.url))[-1].data)
    assert (done["model"], done["fallback_used"]) == ("extractive", True)
    assert done["citations"]


async def test_a_model_that_breaks_off_is_one_error(server: Server, behaviour: Behaviour) -> None:
    behaviour.fault = "cut"
    events = await read(server.url)
    assert [e.event for e in events if e.event in {"done", "error"}] == ["error"]
    assert json.loads(events[-1].data)["code"] == "model_unavailable"
    async with httpx.AsyncClient(timeout=20) as client:
        whole = (await client.post(f"{server.url}api/ask", json=BODY)).json()
    assert (whole["model"], whole["fallback_used"]) == ("extractive", True)


async def test_a_model_that_falls_silent_ends_the_stream_and_its_call(
    tmp_path: Path, behaviour: Behaviour
) -> None:
    behaviour.seconds, behaviour.tokens = 40.0, 10
    async with asked(tmp_path / "data", behaviour, STREAM_IDLE_S="1.5", LOCAL_TIMEOUT_S="60") as running:
        events = await read(running.url)
        assert [events[0].event, events[-1].event] == ["sources", "error"]
        error = json.loads(events[-1].data)
        assert (error["code"], error["retryable"]) == ("model_unavailable", True)
        assert "did not go on" in error["message"]
        async with asyncio.timeout(20):
            while not behaviour.stopped:  # noqa: ASYNC110 - the server keeps a record, not an event
                await asyncio.sleep(0.02)


async def test_a_socket_of_another_library(server: Server, behaviour: Behaviour) -> None:
    url = server.url.replace("http", "ws", 1) + "ws/chat?session=s"
    async with websockets.connect(url) as socket:
        await socket.send(json.dumps({"type": "ask"} | BODY))
        told = [json.loads(await socket.recv())]
        while told[-1]["type"] != "done":
            told.append(json.loads(await socket.recv()))
        assert told[-1]["answer"] == "".join(m["text"] for m in told if m["type"] == "token")
        behaviour.seconds, behaviour.tokens = 30.0, 600
        await socket.send(json.dumps({"type": "ask"} | BODY))
        while (message := json.loads(await socket.recv()))["type"] != "token":
            assert message["type"] == "sources"
        await socket.send(json.dumps({"type": "ask"} | BODY))
        while (message := json.loads(await socket.recv()))["type"] != "error":
            pass
        assert "stop" in message["message"]
        await socket.send(json.dumps({"type": "stop"}))
        while (message := json.loads(await socket.recv()))["type"] != "error":
            pass
        assert message["code"] == "stopped"
    async with asyncio.timeout(5):
        while not behaviour.stopped:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)


async def test_a_server_that_ends_ends_its_streams(server: Server, behaviour: Behaviour) -> None:
    behaviour.seconds, behaviour.tokens = 30.0, 600
    reading = asyncio.create_task(read(server.url))
    await asyncio.sleep(0.5)
    assert await asyncio.to_thread(server.stop) == 0
    events = await reading
    assert json.loads(events[-1].data)["code"] == "stopped"
