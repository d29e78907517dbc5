"""Answers, whole, streamed and over a WebSocket, by a model server that others wrote and that fails (aimock)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.faults.conftest import DEADLINE_S, MODEL
from tests.support.aimock import Aimock, running_aimock
from tests.support.files import SAMPLE

QUESTION = "Which pigment makes leaves green?"
CUT = "Which pigment is the green one, and which light does it absorb?"
WRITTEN = "Chlorophyll is the green pigment that absorbs the light used in photosynthesis. [1][2][3][4]"
FAULTS: tuple[dict[str, float], ...] = (
    {"rateLimitRate": 1},
    {"dropRate": 1},
    {"malformedRate": 1},
    {"disconnectRate": 1},
    {"latencyMs": 30_000},
)

Ask = Callable[[TestClient, str], tuple[list[str], dict[str, Any]]]
"""Asks, and returns the texts of the tokens and the last event, or the body, with its ``type``."""


def at_once(client: TestClient, question: str) -> tuple[list[str], dict[str, Any]]:
    answer = client.post("/api/ask", json={"question": question})
    assert answer.status_code == 200, answer.text
    return [answer.json()["answer"]], {"type": "done", **answer.json()}


def as_events(client: TestClient, question: str) -> tuple[list[str], dict[str, Any]]:
    answer = client.post("/api/ask/stream", json={"question": question})
    assert answer.status_code == 200, answer.text
    told = []
    for block in answer.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in fields:
            told.append({"type": fields["event"], **json.loads(fields["data"])})
    return ended_once(told)


def over_a_socket(client: TestClient, question: str) -> tuple[list[str], dict[str, Any]]:
    with client.websocket_connect("/ws/chat") as socket:
        socket.send_json({"type": "ask", "question": question, "conversation": False})
        told = [socket.receive_json()]
        while told[-1]["type"] not in {"done", "error"}:
            told.append(socket.receive_json())
        # Had anything followed, it would come before the answer to this.
        socket.send_json({"type": "ask"})
        assert socket.receive_json()["code"] == "invalid_request"
    return ended_once(told)


def ended_once(told: list[dict[str, Any]]) -> tuple[list[str], dict[str, Any]]:
    assert [message["type"] in {"done", "error"} for message in told].count(True) == 1
    assert told[0]["type"] == "sources"
    assert told[-1]["type"] in {"done", "error"}
    return [message["text"] for message in told if message["type"] == "token"], told[-1]


WAYS = pytest.mark.parametrize("ask", [at_once, as_events, over_a_socket], ids=lambda a: a.__name__)


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    written = {"content": WRITTEN}
    fixtures: list[dict[str, Any]] = [
        {"match": {"userMessage": CUT}, "response": written, "truncateAfterChunks": 5, "latency": 100},
        {"match": {"userMessage": QUESTION}, "response": written},
    ]
    with running_aimock(tmp_path_factory.mktemp("aimock"), fixtures, "--chunk-size", "12") as server:
        yield server


@WAYS
def test_the_model_answers_and_what_it_cites_is_checked(client: TestClient, ask: Ask) -> None:
    tokens, last = ask(client, QUESTION)
    assert (last["type"], last["model"], last["fallback_used"]) == ("done", MODEL, False)
    assert "".join(tokens) == last["answer"]
    assert last["answer"].startswith("Chlorophyll is the green pigment")
    assert last["citations"]
    assert len(last["citations"]) + last["dropped_citations"] == 4
    for cited in last["citations"]:
        assert cited["quote"] in SAMPLE.decode()


@WAYS
@pytest.mark.parametrize("faults", FAULTS, ids=lambda f: next(iter(f)))
def test_a_provider_that_fails_always_leaves_the_quoted_answer(
    client: TestClient, aimock: Aimock, ask: Ask, faults: dict[str, float]
) -> None:
    aimock.chaos(**faults)
    for _ in range(2):
        tokens, last = ask(client, QUESTION)
        assert (last["type"], last["model"], last["fallback_used"]) == ("done", "extractive", True)
        assert "".join(tokens) == last["answer"]
        assert last["citations"]
        assert last["timings"]["total_ms"] <= 1000 * DEADLINE_S


@WAYS
def test_a_model_that_breaks_off_ends_a_stream_and_not_an_answer(client: TestClient, ask: Ask) -> None:
    tokens, last = ask(client, CUT)
    if ask is at_once:
        assert (last["model"], last["fallback_used"]) == ("extractive", True)
        assert last["citations"]
    else:
        assert (last["type"], last["code"], last["retryable"]) == ("error", "model_unavailable", True)
        assert WRITTEN.startswith("".join(tokens))


@WAYS
@pytest.mark.parametrize("fault", ["rateLimitRate", "dropRate", "malformedRate", "disconnectRate"])
def test_a_provider_that_fails_now_and_then_never_fails_a_question(
    client: TestClient, aimock: Aimock, ask: Ask, fault: str
) -> None:
    aimock.chaos(**{fault: 0.5})
    for _ in range(6):
        tokens, last = ask(client, QUESTION)
        assert last["type"] == "done"
        assert last["model"] in {MODEL, "extractive"}
        assert last["fallback_used"] == (last["model"] == "extractive")
        assert "".join(tokens) == last["answer"]
        assert last["timings"]["total_ms"] <= 1000 * DEADLINE_S
