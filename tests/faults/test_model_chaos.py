"""The whole product on a model server that others wrote (aimock), while that fails in every way it can."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from benchmarks.model_server import items_about
from tests.faults.conftest import DEADLINE_S, KEY, MODEL
from tests.support.aimock import Aimock, running_aimock
from tests.support.files import SAMPLE


def fixtures() -> list[dict[str, Any]]:
    text = " ".join(SAMPLE.decode().split("\n"))
    return [
        {
            "match": {"userMessage": asked},
            "response": {"content": json.dumps({"questions": items_about(text, 200, fault="", quiz=quiz)})},
        }
        for asked, quiz in (("multiple-choice questions", True), ("open questions", False))
    ]


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    with running_aimock(tmp_path_factory.mktemp("aimock"), fixtures(), "--chunk-size", "200") as server:
        yield server


def asked(client: TestClient, mode: str = "quiz", count: int = 6) -> dict[str, Any]:
    answer = client.post("/api/questions", json={"mode": mode, "count": count})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert body["delivered"] == count or body["shortfall"]
    assert body["timings"]["total_ms"] <= 1000 * DEADLINE_S
    return body


@pytest.mark.parametrize("mode", ["quiz", "practice"])
def test_questions_of_the_model_are_verified_and_named(client: TestClient, mode: str) -> None:
    body = asked(client, mode)
    assert (body["model"], body["fallback_used"], body["delivered"]) == (MODEL, False, 6)
    text = re.sub(r"\s+", " ", SAMPLE.decode())
    for item in body["questions"]:
        assert re.sub(r"\s+", " ", item["source"]["quote"]) in text
        assert item["answer"] in item["source"]["quote"]
    (provider,) = client.get("/health/models").json()["providers"]
    assert (provider["model"], provider["state"], provider["failures"]) == (MODEL, "ready", 0)
    assert provider["prompt_tokens"] > 0 < provider["completion_tokens"]
    assert provider["cost_usd"] > 0


def test_the_learning_front_end_gets_the_questions_of_the_model(client: TestClient, aimock: Aimock) -> None:
    before = len(aimock.journal())
    answer = client.post("/api/chat/generate-questions", json={"count": 5, "mode": "quiz"})
    assert answer.status_code == 200
    items = json.loads(answer.json()["response"])["questions"]
    assert len(items) == 5
    assert all(item["question"].startswith("Complete the sentence") for item in items)
    assert len(aimock.journal()) > before


@pytest.mark.parametrize(
    "faults",
    [
        {"rateLimitRate": 1},
        {"dropRate": 1},
        {"malformedRate": 1},
        {"disconnectRate": 1},
        {"latencyMs": 30_000},
    ],
    ids=lambda f: next(iter(f)),
)
def test_a_provider_that_fails_always_leaves_the_last_resort(
    client: TestClient, aimock: Aimock, faults: dict[str, float], caplog: pytest.LogCaptureFixture
) -> None:
    aimock.chaos(**faults)
    caplog.set_level("DEBUG")
    for mode in ("quiz", "practice"):
        body = asked(client, mode)
        assert (body["model"], body["fallback_used"], body["delivered"]) == ("extractive", True, 6)
    assert KEY not in caplog.text
    (provider,) = client.get("/health/models").json()["providers"]
    assert provider["state"] == ("paused" if "rateLimitRate" in faults else "open")
    assert provider["failures"] > 0


@pytest.mark.parametrize("fault", ["rateLimitRate", "dropRate", "malformedRate", "disconnectRate"])
def test_a_provider_that_fails_now_and_then_never_fails_a_request(
    client: TestClient, aimock: Aimock, fault: str
) -> None:
    aimock.chaos(**{fault: 0.4})
    for _ in range(4):
        body = asked(client, count=12)
        assert set(body["model"].split(" + ")) <= {MODEL, "extractive"}
        assert body["delivered"] == 12


def test_a_slow_provider_is_waited_for(client: TestClient, aimock: Aimock) -> None:
    aimock.chaos(latencyMs=700)
    assert asked(client)["model"] == MODEL


def test_a_storm_of_429_that_passes_is_waited_out(client: TestClient, aimock: Aimock) -> None:
    aimock.chaos(rateLimitRate=1)
    assert asked(client)["model"] == "extractive"
    aimock.chaos()
    assert asked(client)["model"] == MODEL
