from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.files import SAMPLE

OTHER = b"""Volcanoes

A volcano is an opening in the crust of a planet through which molten rock, ash and gases escape.
Magma is molten rock beneath the surface of the Earth. Lava is molten rock that has reached the surface.
A caldera is a large basin that forms when the roof of an emptied magma chamber collapses.
"""
CODE = b"for (int i = 0; i < n; i++) { a[i] = b[i] * 2; }\nreturn a;\n" * 40
TABLE = b"id,x,y\n" + b"".join(b"%d,%d,%d\n" % (n, n * 7 % 13, n * 5 % 11) for n in range(200))


def made(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/questions", json=body)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def events(client: TestClient, **body: Any) -> list[tuple[str, Any]]:
    with client.stream("POST", "/api/questions/stream", json=body) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = answer.read().decode().strip().split("\n\n")
    found = []
    for block in blocks:
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((lines["event"], json.loads(lines["data"])))
    return found


def stems(answer: dict[str, Any]) -> list[str]:
    return [item["question"] for item in answer["questions"]]


def test_the_same_request_gives_its_set_until_fresh_is_asked_for(library: TestClient) -> None:
    first = made(library, count=4, mode="quiz", topic="Chlorophyll ")
    again = made(library, count=4, mode="quiz", topic="chlorophyll")
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["set_id"] == first["set_id"]
    fresh = made(library, count=4, mode="quiz", topic="chlorophyll", fresh=True)
    assert not fresh["cached"]
    assert not set(stems(fresh)) & set(stems(first))
    assert made(library, count=4, mode="quiz", topic="chlorophyll")["set_id"] == fresh["set_id"]
    assert made(library, count=3, mode="quiz", topic="chlorophyll")["set_id"] != fresh["set_id"]


def test_a_change_of_the_library_ends_the_cache(library: TestClient) -> None:
    first = made(library, count=3)
    other = upload_and_wait(library, "volcanoes.txt", OTHER)
    assert made(library, count=3)["set_id"] != first["set_id"]
    library.delete(f"/api/documents/{other['document_id']}")


def test_difficulty_and_types_are_kept_to(library: TestClient) -> None:
    easy = made(library, count=5, difficulty="easy")
    assert easy["questions"]
    assert {item["difficulty"] for item in easy["questions"]} == {"easy"}
    some = made(library, count=5, types=["definition", "cause"])
    assert some["questions"]
    assert {item["type"] for item in some["questions"]} <= {"definition", "cause"}
    assert (some["types"], easy["difficulty"]) == (["definition", "cause"], "easy")
    assert some["delivered"] == 5 or some["shortfall"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"difficulty": "brutal"}, "easy, medium or hard"),
        ({"types": ["rhyme"]}, "definition"),
        ({"count": 100_000}, "at most"),
        ({"fresh": "maybe"}, "fresh"),
        ({"document_ids": []}, "document_ids"),
    ],
    ids=str,
)
def test_a_wrong_request_is_said_in_a_sentence(library: TestClient, body: dict[str, Any], said: str) -> None:
    for url in ("/api/questions", "/api/questions/stream"):
        answer = library.post(url, json=body)
        assert answer.status_code == 422
        assert said in answer.json()["message"]


def test_a_stream_gives_every_question_and_then_the_set(library: TestClient) -> None:
    *asked, done = events(library, count=4, mode="quiz", fresh=True)
    assert [name for name, _ in asked] == ["question"] * 4
    assert done[0] == "done"
    assert "questions" not in done[1]
    kept = library.get(f"/api/question-sets/{done[1]['set_id']}").json()
    assert [item["id"] for item in kept["questions"]] == [item["id"] for _, item in asked]
    assert stems(kept) == [item["question"] for _, item in asked]
    assert (done[1]["delivered"], done[1]["shortfall"]) == (4, None)
    *again, end = events(library, count=4, mode="quiz")
    assert end[1]["cached"]
    assert [item["id"] for _, item in again] == [item["id"] for _, item in asked]


def test_a_stream_says_its_shortfall(library: TestClient) -> None:
    done = events(library, count=150, topic="chlorophyll")[-1]
    assert done[0] == "done"
    assert done[1]["delivered"] < 150
    assert "150" in done[1]["shortfall"]


def test_what_can_be_refused_is_refused_before_the_first_byte(tmp_path: Path) -> None:
    with client_for(settings_for(tmp_path)) as client:
        for url in ("/api/questions", "/api/questions/stream"):
            answer = client.post(url, json={"count": 3})
            assert (answer.status_code, answer.json()["code"]) == (409, "empty_library")
            assert "Upload" in answer.json()["message"]
            answer = client.post(url, json={"document_ids": ["nope"]})
            assert answer.status_code == 404


def test_an_unknown_topic_names_the_nearest(library: TestClient) -> None:
    for url in ("/api/questions", "/api/questions/stream"):
        answer = library.post(url, json={"topic": "offside rule in football"})
        assert (answer.status_code, answer.json()["code"]) == (422, "topic_not_found")
        assert "nearest" in answer.json()["message"]


@pytest.mark.parametrize(("name", "content"), [("loop.txt", CODE), ("table.csv", TABLE)])
def test_a_document_without_sentences_gives_a_shortfall(tmp_path: Path, name: str, content: bytes) -> None:
    with client_for(settings_for(tmp_path)) as client:
        assert upload_and_wait(client, name, content)["status"] == "finished"
        for mode in ("practice", "quiz"):
            answer = made(client, count=10, mode=mode)
            assert answer["delivered"] == len(answer["questions"]) < 10
            assert answer["shortfall"]


@pytest.fixture
def kept(library: TestClient) -> Iterator[dict[str, Any]]:
    """A quiz of its own."""
    quiz = made(library, count=4, mode="quiz", fresh=True)
    yield quiz
    library.delete(f"/api/question-sets/{quiz['set_id']}")


def test_sets_are_listed_renamed_and_deleted(library: TestClient, kept: dict[str, Any]) -> None:
    url = f"/api/question-sets/{kept['set_id']}"
    assert library.patch(url, json={"title": " Week 3 "}).json()["title"] == "Week 3"
    page = library.get("/api/question-sets", params={"search": "week 3"}).json()
    assert [(s["set_id"], s["kept"], s["delivered"]) for s in page["items"]] == [(kept["set_id"], True, 4)]
    assert library.patch(url, json={"title": " "}).status_code == 422
    assert library.delete(url).status_code == 200
    for answer in (library.get(url), library.delete(url), library.get(f"{url}/export?format=csv")):
        assert (answer.status_code, answer.json()["code"]) == (404, "question_set_not_found")


def test_one_question_is_edited(library: TestClient, kept: dict[str, Any]) -> None:
    item = kept["questions"][1]
    url = f"/api/question-sets/{kept['set_id']}/items/{item['id']}"
    options = ["one", "two", "three", "four"]
    change = {"question": "How many leaves?", "options": options, "correct_index": 2}
    after = library.patch(url, json=change).json()["questions"][1]
    assert (after["question"], after["options"], after["answer"]) == ("How many leaves?", options, "three")
    assert after["edited"]
    assert after["id"] == item["id"]
    assert library.patch(url, json={"correct_index": 0}).json()["questions"][1]["answer"] == "one"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"options": ["a", "a", "b", "c"]}, 400),
        ({"options": ["a", "b", "c"]}, 422),
        ({"answer": "free text"}, 400),
        ({"question": ""}, 422),
        ({"unknown": 1}, 422),
    ],
    ids=str,
)
def test_an_edit_that_cannot_stand_is_refused(
    library: TestClient, kept: dict[str, Any], change: dict[str, Any], status: int
) -> None:
    url = f"/api/question-sets/{kept['set_id']}/items/{kept['questions'][0]['id']}"
    answer = library.patch(url, json=change)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_question_cannot_be_edited_into_another_one(library: TestClient, kept: dict[str, Any]) -> None:
    url = f"/api/question-sets/{kept['set_id']}/items/{kept['questions'][0]['id']}"
    answer = library.patch(url, json={"question": kept["questions"][1]["question"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_questions_are_moved_and_dropped(library: TestClient, kept: dict[str, Any]) -> None:
    url = f"/api/question-sets/{kept['set_id']}"
    ids = [item["id"] for item in kept["questions"]]
    moved = library.put(f"{url}/order", json={"item_ids": ids[::-1]}).json()
    assert [item["id"] for item in moved["questions"]] == ids[::-1]
    assert library.put(f"{url}/order", json={"item_ids": ids[:2]}).status_code == 400
    left = library.delete(f"{url}/items/{ids[0]}").json()
    assert [item["id"] for item in left["questions"]] == ids[:0:-1]
    assert library.delete(f"{url}/items/{ids[0]}").status_code == 404


def test_one_question_is_regenerated_from_the_same_place(library: TestClient, kept: dict[str, Any]) -> None:
    url = f"/api/question-sets/{kept['set_id']}"
    for number, item in enumerate(kept["questions"]):
        after = library.post(f"{url}/items/{item['id']}/regenerate")
        if after.status_code == 409:
            assert after.json()["code"] == "no_other_question"
            continue
        new = after.json()["questions"][number]
        assert new["id"] == item["id"]
        assert new["question"] not in stems(kept)
        assert new["source"]["document_id"] == item["source"]["document_id"]
        assert len(new["options"]) == 4
        return
    pytest.fail("no question could be regenerated")


def test_an_edited_set_is_no_longer_the_answer_to_its_request(library: TestClient) -> None:
    first = made(library, count=2, topic="stomata")
    library.delete(f"/api/question-sets/{first['set_id']}/items/{first['questions'][0]['id']}")
    again = made(library, count=2, topic="stomata")
    assert again["set_id"] != first["set_id"]
    assert again["delivered"] == 2


def test_untouched_sets_go_with_their_document(library: TestClient) -> None:
    other = upload_and_wait(library, "volcanoes.txt", OTHER)
    ids = [other["document_id"]]
    gone = made(library, count=2, document_ids=ids)
    mine = made(library, count=2, document_ids=ids, mode="quiz")
    library.patch(f"/api/question-sets/{mine['set_id']}", json={"title": "Mine"})
    library.delete(f"/api/documents/{ids[0]}")
    assert library.get(f"/api/question-sets/{gone['set_id']}").status_code == 404
    assert library.get(f"/api/question-sets/{mine['set_id']}").status_code == 200
    item = mine["questions"][0]["id"]
    answer = library.post(f"/api/question-sets/{mine['set_id']}/items/{item}/regenerate")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_other_question")


@pytest.mark.parametrize(
    ("form", "media_type", "end"),
    [
        ("json", "application/json", ".json"),
        ("csv", "text/csv", ".csv"),
        ("markdown", "text/markdown", ".md"),
        ("gift", "text/plain", ".gift.txt"),
        ("qti", "application/zip", ".qti.zip"),
        ("anki", "application/apkg", ".apkg"),
    ],
)
def test_a_set_is_exported_as_a_file(
    library: TestClient, kept: dict[str, Any], form: str, media_type: str, end: str
) -> None:
    url = f"/api/question-sets/{kept['set_id']}"
    library.patch(url, json={"title": 'Wéek "3"/../: λ; x\r\ny'})
    answer = library.get(f"{url}/export", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    name = answer.headers["content-disposition"]
    assert name.startswith('attachment; filename="')
    plain = name.split('"')[1]
    assert plain.endswith(end)
    assert not set(plain) & set('/\\:;"\r\n')
    assert "%CE%BB" in name
    if form in {"qti", "anki"}:
        assert zipfile.is_zipfile(io.BytesIO(answer.content))
    else:
        assert kept["questions"][0]["question"][:12] in answer.text


def test_an_unknown_format_lists_those_that_there_are(library: TestClient, kept: dict[str, Any]) -> None:
    answer = library.get(f"/api/question-sets/{kept['set_id']}/export", params={"format": "docx"})
    assert answer.status_code == 422
    assert "gift" in answer.json()["message"]


def test_the_front_ends_questions_are_kept_too(library: TestClient) -> None:
    before = library.get("/api/question-sets").json()["total"]
    body = {"count": 3, "mode": "quiz", "topic": "roots"}
    first = library.post("/api/chat/generate-questions", json=body).json()
    assert library.get("/api/question-sets").json()["total"] == before + 1
    again = library.post("/api/chat/generate-questions", json=body).json()
    assert first["response"] == again["response"]
    assert library.get("/api/question-sets").json()["total"] == before + 1


def test_the_sample_has_all_it_needs(library: TestClient) -> None:
    assert b"stomata" in SAMPLE.lower()
    assert library.get("/api/documents").json()["total"] == 1
