from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.files import SAMPLE

URL = "/api/chat/generate-questions"


def questions(client: TestClient, **body: Any) -> Any:
    answer = client.post(URL, json=body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"response", "timestamp"}
    assert datetime.fromisoformat(answer.json()["timestamp"]).tzinfo is not None
    text = answer.json()["response"]
    # What the front end does: from the first brace to the last.
    assert text == text[text.index("{") : text.rindex("}") + 1]
    return json.loads(text)


def test_an_empty_library_is_a_conflict_that_says_what_to_do(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path)) as client:
        answer = client.post(URL, json={})
    assert answer.status_code == 409
    assert answer.json()["code"] == "empty_library"
    assert "Upload" in answer.json()["message"]


@pytest.mark.parametrize("body", [{}, {"topic": ""}, {"topic": None, "count": None, "mode": None}])
def test_defaults_are_25_practice_questions_from_everything(
    library: TestClient, body: dict[str, Any]
) -> None:
    made = questions(library, **body)
    assert len(made["questions"]) == 25
    assert set(made) == {"questions"}
    for question in made["questions"]:
        assert isinstance(question, str)
        assert question.endswith("?")
        assert not set("*#`") & set(question)
    assert len(set(made["questions"])) == 25


def test_a_quiz_has_four_lettered_options_and_a_bare_letter(library: TestClient) -> None:
    made = questions(library, count=25, mode="quiz")
    assert len(made["questions"]) == 25
    text = " ".join(SAMPLE.decode().split())
    for item in made["questions"]:
        assert [option[:3] for option in item["options"]] == ["A) ", "B) ", "C) ", "D) "]
        assert len({option[3:].lower() for option in item["options"]}) == 4
        assert item["correctAnswer"] in set("ABCD")
        assert " ".join(item["source"]["quote"].split()) in text
        assert item["options"]["ABCD".index(item["correctAnswer"])][3:].lower() in text.lower()
    keys = [item["correctAnswer"] for item in made["questions"]]
    assert max(keys.count(letter) for letter in "ABCD") <= 12


@pytest.mark.parametrize("mode", ["practice", "quiz"])
@pytest.mark.parametrize("count", [1, 7])
def test_the_count_asked_is_the_count_delivered(library: TestClient, mode: str, count: int) -> None:
    assert len(questions(library, count=count, mode=mode)["questions"]) == count


def test_more_than_the_text_carries_is_said_not_padded(library: TestClient) -> None:
    made = questions(library, count=200)
    assert made["requested"] == 200
    assert made["delivered"] == len(made["questions"]) < 200
    assert "200" in made["shortfall"]
    assert len(set(made["questions"])) == len(made["questions"])


def test_a_topic_narrows_the_questions(library: TestClient) -> None:
    made = questions(library, topic="chlorophyll", count=3, mode="quiz")
    assert made["questions"]
    said = json.dumps(made).lower()
    assert "chloro" in said


def test_an_unknown_topic_is_said(library: TestClient) -> None:
    answer = library.post(URL, json={"topic": "offside rule in football", "count": 3})
    assert answer.status_code == 422
    assert answer.json()["code"] == "topic_not_found"
    assert "offside" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"count": 0},
        {"count": -1},
        {"count": 10_000},
        {"count": "many"},
        {"count": "5"},
        {"count": 2.5},
        {"count": True},
        {"mode": "x"},
        {"mode": 1},
        {"topic": 5},
        {"topic": "x" * 501},
        [],
        "text",
    ],
    ids=str,
)
def test_a_wrong_request_is_a_422_that_says_what_is_wrong(library: TestClient, body: Any) -> None:
    answer = library.post(URL, json=body)
    assert answer.status_code == 422
    said = answer.json()
    assert said["status"] == "error"
    assert said["message"]
    assert said["detail"]
    assert said["request_id"] == answer.headers["X-Request-ID"]
    if isinstance(body, dict):
        assert next(iter(body)) in json.dumps(said)


def test_a_body_that_is_no_json_is_said(library: TestClient) -> None:
    answer = library.post(URL, content=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_the_same_request_gives_the_same_questions(library: TestClient) -> None:
    assert questions(library, count=5) == questions(library, count=5)


def test_the_typed_form_says_where_every_question_comes_from(library: TestClient) -> None:
    for mode in ("practice", "quiz"):
        made = library.post("/api/questions", json={"count": 5, "mode": mode}).json()
        assert (made["requested"], made["delivered"], made["shortfall"]) == (5, 5, None)
        for item in made["questions"]:
            source = item["source"]
            url = f"/api/documents/{source['document_id']}/passage"
            passage = library.get(url, params={"chunk_id": source["chunk_id"]}).json()
            around = " ".join((passage["before"] + passage["text"] + passage["after"]).split())
            assert item["answer"] in " ".join(source["quote"].split())
            assert " ".join(source["quote"].split()) in around
            if mode == "quiz":
                assert item["options"][item["correct_index"]] == item["answer"]
            else:
                assert item["options"] == []


def test_the_typed_form_narrows_to_documents_and_refuses_unknown_ones(library: TestClient) -> None:
    other = upload_and_wait(library, "other.txt", OTHER)
    made = library.post("/api/questions", json={"count": 3, "document_ids": [other["document_id"]]}).json()
    assert {item["source"]["document_id"] for item in made["questions"]} == {other["document_id"]}
    answer = library.post("/api/questions", json={"count": 3, "document_ids": ["nope"]})
    assert answer.status_code == 404
    library.delete(f"/api/documents/{other['document_id']}")


def test_the_selected_document_of_a_session_narrows_the_questions(library: TestClient) -> None:
    other = upload_and_wait(library, "other.txt", b"Another edition\n\n" + SAMPLE)
    session = {"X-Session-Id": "narrow"}
    library.post("/api/pdf/select", json={"filename": "other.txt"}, headers=session)
    made = json.loads(
        library.post(URL, json={"count": 3, "mode": "quiz"}, headers=session).json()["response"]
    )
    assert {item["source"]["filename"] for item in made["questions"]} == {"other.txt"}
    library.delete(f"/api/documents/{other['document_id']}")


OTHER = b"""Volcanoes

A volcano is an opening in the crust of a planet through which molten rock, ash and gases escape.
Magma is molten rock beneath the surface of the Earth. Lava is molten rock that has reached the surface.
A caldera is a large basin that forms when the roof of an emptied magma chamber collapses.
Volcanic ash causes engines to fail because the ash melts inside the hot turbines.
Shield volcanoes have gentle slopes because their lava is thin and flows far before it hardens.
Mount Tambora erupted in 1815 and killed about 71,000 people on the island of Sumbawa.
Pumice is a light rock that forms when frothy lava cools quickly.
Seismographs measure the tremors that precede an eruption.
"""
