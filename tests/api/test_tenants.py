"""Nobody sees, changes or even notices what belongs to another tenant: every route of the API is walked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.types import Message

from backend.config.settings import Settings
from backend.models.access import Scope
from backend.routes.access import is_open, needed
from tests.api.conftest import client_for, settings_for, upload_and_wait
from tests.support.calls import Call, calls
from tests.support.files import SAMPLE
from tests.support.keys import new_key, revoke
from tools.write_openapi import openapi

WORD = "zyzzogeton"
"""Stands in the document of one tenant and nowhere else."""

SECRET = SAMPLE + f"\n\nThe {WORD} is a leafhopper that lives on leaves full of chlorophyll.".encode()
DOCUMENT = openapi()
VOLATILE = re.compile(
    r'"(timestamp|timings|request_id|milliseconds|ms|seconds|latency_ms|\w+_at)": ?[^,}]+|^quaestio_index_.+\n',
    re.MULTILINE,
)
"""What time alone changes, and the counters of the whole process."""


@dataclass(frozen=True)
class Place:
    """A server that wants credentials, with two tenants in it."""

    client: TestClient
    settings: Settings
    owner: str
    stranger: str
    other_stranger: str
    """Of a third tenant, who is told the same of the same calls."""
    ids: dict[str, str]
    """Of the owner's things."""

    def send(self, call: Call, key: str | None, **headers: str) -> httpx.Response:
        said = {"X-Request-ID": "same"} | ({"X-API-Key": key} if key else {}) | headers
        return self.client.request(call.verb, call.path, json=call.json, files=call.files, headers=said)

    def rest(self, key: str) -> None:
        """Wait until nothing of a tenant is being worked on."""
        deadline = time.monotonic() + 60
        while any(job["status"] in {"queued", "started"} for job in self.get("/jobs", key)["items"]):
            assert time.monotonic() < deadline, self.get("/jobs", key)
            time.sleep(0.02)

    def get(self, path: str, key: str) -> Any:
        answer = self.client.get(path, headers={"X-API-Key": key})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    settings = settings_for(tmp_path_factory.mktemp("data"), auth_required=True)
    with client_for(settings) as client:
        owner, *strangers = (new_key(settings, name)[1] for name in ("owner", "stranger", "stranger-2"))
        for stranger in strangers:
            client.headers["X-API-Key"] = stranger
            upload_and_wait(client, "mine.txt", b"Geysers throw hot water and steam into the air.")
        client.headers["X-API-Key"] = owner
        ids = _furnish(client)
        del client.headers["X-API-Key"]
        yield Place(client, settings, owner, *strangers, ids)


def _furnish(client: TestClient) -> dict[str, str]:
    """Something of every kind, made by its owner; returns how each is called."""
    document = upload_and_wait(client, "hidden-plants.txt", SECRET)
    made = client.post("/api/questions", json={"count": 3, "mode": "quiz"}).json()
    job = client.post("/chat", json={"query": f"What is a {WORD}?"}).json()["job_id"]
    deadline = time.monotonic() + 60
    while client.get(f"/result/{job}").status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.05)
    found = client.get("/api/search", params={"q": WORD}).json()["results"][0]
    client.post("/api/pdf/select", json={"filename": "hidden-plants.txt"}, headers={"X-Session-Id": "desk"})
    shelf = {"name": "hidden-shelf", "document_ids": [document["document_id"]]}
    assert client.post("/api/collections", json=shelf).status_code == 201
    assert client.post("/v1/index", json={"name": "hidden-index", "dimension": 2}).status_code == 201
    one = {"id": "hidden-vector", "values": [1, 2], "metadata": {"of": WORD}}
    assert client.post("/v1/index/hidden-index/vectors", json={"vectors": [one]}).status_code == 200
    return {
        "document_id": document["document_id"],
        "job_id": job,
        "set_id": made["set_id"],
        "item_id": made["questions"][0]["id"],
        "question_id": made["questions"][0]["id"],
        "chunk_id": found["chunk_id"],
        "filename": "hidden-plants.txt",
        "name": "hidden-shelf",
        "collection": "hidden-shelf",
        "index_id": "hidden-index",
        "vector_id": "hidden-vector",
        "id": "hidden-vector",
    }


def unlike(ids: dict[str, str]) -> dict[str, str]:
    """Ids of the same form that nothing ever had."""
    return {name: _other(name, value) for name, value in ids.items()}


def _other(name: str, value: str) -> str:
    if name == "filename":
        return "absent-plants.txt"
    return value.translate(str.maketrans("0123456789abcdef", "1234567890bcdefa"))


def comparable(answer: httpx.Response, ids: dict[str, str]) -> tuple[int, str]:
    """Status and body, without what time alone changes and with the asked ids by their names."""
    text = VOLATILE.sub("", answer.text)
    for name, value in sorted(ids.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(value, name)
    text = re.sub("[0-9a-f]{32}", "new", text)  # what the call itself has made
    return answer.status_code, text.replace("stranger-2", "stranger")


NAMES = (
    "document_id job_id set_id item_id question_id chunk_id filename name collection index_id vector_id id"
).split()
MAKING = {"POST /api/collections", "POST /v1/index"}
"""Called last: afterwards a stranger has a thing of that name, too."""
WALK = sorted(calls(DOCUMENT, {name: f"{{{name}}}" for name in NAMES}), key=lambda call: str(call) in MAKING)
CLOSED = [call for call in WALK if not is_open(call.verb, call.template)]


def filled(call: Call, ids: dict[str, str]) -> Call:
    return next(c for c in calls(DOCUMENT, ids) if str(c) == str(call))


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_without_a_credential_every_call_is_refused_before_anything_else(place: Place, call: Call) -> None:
    here = filled(call, place.ids)
    for answer in (
        place.send(here, None),
        place.send(here, "wrong"),
        place.send(here, None, Authorization="Bearer " + place.owner[:-1]),
        place.send(here, None, Authorization="Basic " + place.owner),
        place.send(Call(call.verb, call.template, here.path), None),  # a body that is missing is not noticed
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not_authenticated"
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "same"


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_stranger_cannot_tell_what_is_another_tenants_from_what_never_was(place: Place, call: Call) -> None:
    theirs, nobodys = place.ids, unlike(place.ids)
    one, two = filled(call, theirs), filled(call, nobodys)
    pairs = [(one, place.stranger), (two, place.other_stranger)]
    for _, key in pairs:
        place.rest(key)
    answers = [place.send(c, key, **{"X-Session-Id": "desk"}) for c, key in pairs]
    assert comparable(answers[0], theirs) == comparable(answers[1], nobodys)
    assert answers[0].status_code < 500
    asked = one.path + json.dumps(one.json)
    said = answers[0].text + str(answers[0].headers)
    for name, value in theirs.items():
        assert value not in said or value in asked, name
    assert WORD not in said.lower()


def test_after_all_that_everything_of_the_owner_is_still_there(place: Place) -> None:
    ids, owner = place.ids, place.owner
    document = place.get(f"/api/documents/{ids['document_id']}", owner)
    assert (document["status"], document["filename"]) == ("finished", "hidden-plants.txt")
    kept = place.get(f"/api/question-sets/{ids['set_id']}", owner)
    assert ids["item_id"] in {item["id"] for item in kept["questions"]}
    assert place.get(f"/result/{ids['job_id']}", owner)["status"] == "finished"
    assert WORD in place.get(f"/api/search?q={WORD}", owner)["results"][0]["text"]
    assert place.get("/api/collections/hidden-shelf", owner)["document_ids"] == [ids["document_id"]]
    assert WORD in str(place.get("/v1/index/hidden-index/vectors", owner))
    info = place.client.get("/api/pdf/info", headers={"X-API-Key": owner, "X-Session-Id": "desk"})
    assert info.json()["filename"] == "hidden-plants.txt"
    strangers = place.client.get(
        "/api/pdf/info", headers={"X-API-Key": place.stranger, "X-Session-Id": "desk"}
    )
    assert strangers.json()["code"] == "no_document_selected"


@pytest.mark.parametrize("call", CLOSED, ids=str)
@pytest.mark.parametrize("scope", list(Scope))
def test_a_credential_allows_its_scope_and_no_other(
    place: Place, keys: dict[Scope, str], call: Call, scope: Scope
) -> None:
    answer = place.send(filled(call, place.ids), keys[scope])
    needs = needed(call.verb, call.template)
    assert (answer.status_code == 403) is (needs not in {None, scope})
    if answer.status_code == 403:
        assert answer.json()["code"] == "scope_missing"
        assert f'scope="{needs}"' in answer.headers["WWW-Authenticate"]


@pytest.fixture(scope="module")
def keys(place: Place) -> dict[Scope, str]:
    """A key of a third tenant for each scope."""
    return {scope: new_key(place.settings, "third", frozenset({scope}))[1] for scope in Scope}


@pytest.mark.parametrize(
    "path", ["/health/live", "/health/ready", "/health/startup", "/", "/docs", "/openapi.json"]
)
def test_probes_the_page_and_the_documentation_are_open(place: Place, path: str) -> None:
    assert place.client.get(path).status_code == 200
    assert place.client.get("/static/app.js").status_code == 200
    assert place.client.get("/docs-assets/swagger-ui.css").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../api/documents",
        "/static//etc/passwd",
        "/static",
        "/docs-assets/../../api/documents",
        "//health/live",
        "/health/live/../../api/documents",
        "/health/live/",
        "/api/documents/",
        "/API/documents",
        "/metrics",
        "/nothing",
    ],
)
def test_no_way_of_writing_a_path_leads_around_the_gate(place: Place, path: str) -> None:
    status, said = raw_get(place.client, path)
    assert status in {401, 404}
    assert b"items" not in said
    if status == 404:
        assert path.startswith(("/static/", "/docs-assets/"))


def raw_get(client: TestClient, path: str) -> tuple[int, bytes]:
    """What the application answers to a path that no client would send as it is."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {
        "headers": [],
        "client": ("1.2.3.4", 1),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
    scope |= {"server": ("testserver", 80), "state": client.app_state.copy()}
    assert client.portal is not None
    client.portal.call(client.app, scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_the_tenant_is_taken_from_the_credential_alone(place: Place) -> None:
    named = {"X-Tenant-Id": "owner", "X-Tenant": "owner", "tenant": "owner", "X-Session-Id": "owner"}
    headers = {"X-API-Key": place.stranger} | named
    listed = place.client.get("/api/documents?tenant=owner&tenant_id=owner", headers=headers).json()
    assert {item["filename"] for item in listed["items"]} >= {"mine.txt"}
    assert WORD not in json.dumps(listed)
    assert "hidden-plants.txt" not in json.dumps(listed)


def test_the_same_bytes_and_the_same_idempotency_key_are_nothing_to_another_tenant(place: Place) -> None:
    _, guest = new_key(place.settings, "guest")
    answers = [
        place.client.post(
            "/api/documents",
            files={"files": ("hidden-plants.txt", SECRET)},
            headers={"X-API-Key": key, "Idempotency-Key": "one"},
        ).json()["documents"][0]
        for key in (place.owner, guest)
    ]
    assert answers[0]["duplicate_of"] == place.ids["document_id"]
    assert answers[1]["duplicate_of"] is None
    assert answers[1]["document_id"] != place.ids["document_id"]


def test_a_revoked_or_expired_key_is_refused_by_the_next_request(place: Place) -> None:
    key_id, key = new_key(place.settings, "owner")
    assert place.client.get("/api/documents", headers={"X-API-Key": key}).status_code == 200
    revoke(place.settings, key_id)  # by connections of their own, as another process
    assert place.client.get("/api/documents", headers={"X-API-Key": key}).status_code == 401
    _, soon = new_key(place.settings, "owner", days=1.5 / 86_400)
    assert place.client.get("/api/documents", headers={"Authorization": f"bearer {soon}"}).status_code == 200
    time.sleep(1.6)
    assert place.client.get("/api/documents", headers={"Authorization": f"bearer {soon}"}).status_code == 401


def test_streams_and_downloads_want_a_credential_of_their_tenant(place: Place) -> None:
    events = f"/api/documents/{place.ids['document_id']}/events"
    export = f"/api/question-sets/{place.ids['set_id']}/export?format=markdown"
    for path in (events, export):
        own = place.client.get(path, headers={"X-API-Key": place.owner})
        assert own.status_code == 200
        assert own.text
        assert place.client.get(path, headers={"X-API-Key": place.stranger}).status_code == 404
        assert place.client.get(path).status_code == 401


def test_sessions_of_faiss_objects_are_their_tenants(place: Place) -> None:
    own, foreign = {"X-API-Key": place.owner}, {"X-API-Key": place.stranger}
    opened = place.client.post("/v1/sessions", headers=own)
    assert opened.status_code == 201
    path = f"/v1/sessions/{opened.json()['session']}"
    for verb in ("POST", "DELETE"):
        assert place.client.request(verb, path).status_code == 401
        answers = [
            place.client.request(verb, asked, headers=foreign | {"X-Request-ID": "same"})
            for asked in (path, path[:-1] + ("0" if path[-1] != "0" else "1"))
        ]
        assert answers[0].status_code == 404
        assert answers[0].text.replace(path, "") == answers[1].text.replace(path, "")
    assert opened.json()["session"] not in place.client.get("/v1/sessions", headers=foreign).text
    assert place.client.get("/v1/sessions").status_code == 401
    assert place.client.delete(path, headers=own).status_code == 204


def test_an_upload_without_a_credential_is_refused_unread(place: Place) -> None:
    def body() -> Iterator[bytes]:
        yield b"x"
        raise AssertionError("more was read")

    answer = place.client.post(
        "/api/documents", content=body(), headers={"Content-Type": "multipart/form-data"}
    )
    assert answer.status_code == 401
    assert answer.headers["Connection"] == "close"


def test_a_page_of_another_origin_may_ask_and_read_a_refusal(place: Place) -> None:
    origin = {"Origin": "http://localhost:3000"}
    wanted = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key,authorization",
    }
    preflight = place.client.options("/api/documents", headers=origin | wanted)
    assert preflight.status_code == 200
    assert "x-api-key" in preflight.headers["access-control-allow-headers"].lower()
    refused = place.client.get("/api/documents", headers=origin)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "http://localhost:3000"
