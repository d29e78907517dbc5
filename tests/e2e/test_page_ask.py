"""Asking on the page: answers as they are written, their sources, and a line that breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_page import READY, TEXT, add, problems, text_file
from tests.support.browsing import OpenVisit

pytestmark = pytest.mark.browser

STREAM = "**/api/ask/stream"
QUESTION = "What is permafrost?"
SOURCE = {
    "document_id": "d1",
    "filename": "talk.vtt",
    "title": "A talk on ice",
    "url": "https://video.example/watch?v=1",
    "page": None,
    "start_seconds": 75.4,
    "link": "https://video.example/watch?v=1&t=75",
    "heading": None,
    "chunk_id": "c1",
    "text": "Permafrost is ground that stays frozen for two years or longer.",
    "score": 0.9,
}


def events(*told: tuple[str, Any], first: int = 1) -> str:
    lines = [
        f"id: a:{n}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
        for n, (name, data) in enumerate(told, first)
    ]
    return ": still here\n\n".join(lines)


def done(answer: str, **more: Any) -> tuple[str, Any]:
    cited = {"source": 1, "document_id": "d1", "chunk_id": "c1", "quote": SOURCE["text"]}
    body = {"answer": answer, "sources": [SOURCE], "citations": [cited], "model": "openai:test"}
    return "done", body | {"dropped_citations": 0, "timings": {"total_ms": 900.0}} | more


def told(route: Route, body: str) -> None:
    route.fulfill(status=200, content_type="text/event-stream", body=body)


def ask(page: Page, question: str = QUESTION) -> None:
    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def test_an_answer_is_quoted_with_sources_that_open_the_passage(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    add(page, text_file("ask.txt"))
    ask(page, "What is permafrost and where is ground frozen?")
    turn = page.locator(".turn").first
    expect(turn).to_contain_text("Permafrost is ground that stays frozen", timeout=READY)
    expect(turn.locator(".tag")).to_have_text("Quoted from your documents")
    expect(turn.locator(".turn-question")).to_be_focused()
    marker = turn.locator(".marker").first
    number = marker.inner_text()
    expect(turn.locator(".source").filter(has_text=number).first).to_be_visible()
    marker.click()
    expect(page.locator("#passage mark").first).to_contain_text("frozen for two years")
    page.keyboard.press("Escape")
    expect(marker).to_be_focused()
    turn.locator(".source-open").first.click()
    expect(page.locator("#passage")).to_be_visible()


def test_what_is_not_in_the_documents_is_said_plainly(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    add(page, text_file("elsewhere.txt"))
    ask(page, "Who won the football world cup in 1998?")
    expect(page.locator(".turn .notice")).to_contain_text("Not in your documents", timeout=READY)
    expect(page.locator(".turn .sources")).to_be_hidden()


def test_an_answer_appears_as_it_is_written_and_a_video_opens_at_its_second(
    server_url: str, visit: OpenVisit
) -> None:
    seen = visit(server_url)
    page = seen.open()
    text = "**Permafrost** stays frozen [1] for `years` [7].\n\n- ice\n- <img src=x onerror=alert(1)>"
    pieces = [text[at : at + 9] for at in range(0, len(text), 9)]
    stream = events(
        ("sources", {"sources": [SOURCE]}), *(("token", {"text": piece}) for piece in pieces), done(text)
    )
    page.route(STREAM, lambda route: told(route, stream))
    ask(page)
    answer = page.locator(".turn .answer")
    expect(answer.locator("strong")).to_have_text("Permafrost")
    expect(answer.locator(".points li")).to_have_text(["ice", "<img src=x onerror=alert(1)>"])
    expect(answer.locator(".marker")).to_have_text(["1"])
    expect(answer).to_contain_text("[7]")
    expect(page.locator(".turn .tag")).to_have_text("Written by openai:test")
    watch = page.get_by_role("link", name="Watch at 1:15")
    expect(watch).to_have_attribute("href", SOURCE["link"])
    expect(watch).to_have_attribute("rel", "noopener noreferrer")
    assert page.locator("main img").count() == 0
    assert seen.faults == []


def test_an_answer_that_breaks_off_says_so_and_can_be_tried_again(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    failing = events(
        ("sources", {"sources": [SOURCE]}), ("error", {"message": "The model is away.", "code": "x"})
    )
    page.route(STREAM, lambda route: told(route, failing))
    ask(page)
    expect(page.locator(".turn").get_by_role("alert")).to_contain_text("The model is away.")
    page.unroute(STREAM)
    page.route(
        STREAM, lambda route: told(route, events(("sources", {"sources": [SOURCE]}), done("Ice. [1]")))
    )
    page.locator(".turn").get_by_role("button", name="Try again").click()
    expect(page.locator(".turn .answer")).to_contain_text("Ice.")


def test_the_session_keeps_its_answers_until_a_new_conversation(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.route(
        STREAM, lambda route: told(route, events(("sources", {"sources": [SOURCE]}), done("Ice. [1]")))
    )
    with page.expect_request(STREAM) as first:
        ask(page)
    expect(page.locator(".turn .answer")).to_contain_text("Ice.")
    page.reload()
    expect(page.locator(".turn .answer")).to_contain_text("Ice.")
    page.get_by_role("button", name="New conversation").click()
    page.get_by_role("button", name="Start again").click()
    expect(page.locator(".turn")).to_have_count(0)
    with page.expect_request(STREAM) as second:
        ask(page)
    sessions = [asked.value.headers["x-session-id"] for asked in (first, second)]
    assert len(set(sessions)) == 2


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_streams_is_asked_at_once(server_url: str, visit: OpenVisit, status: int) -> None:
    page = visit(server_url).open()
    add(page, text_file(f"at-once-{status}.txt"))
    page.route(
        STREAM, lambda route: route.fulfill(status=status, json={"message": "There is no such thing."})
    )
    ask(page, "What is an estuary?")
    expect(page.locator(".turn .answer")).to_contain_text("estuary is a place where", timeout=READY)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_answers_can_be_read_named_and_pressed(
    server_url: str, visit: OpenVisit, width: int, scheme: str
) -> None:
    page = visit(server_url, width=width, scheme=scheme).open()
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_focused()
    assert problems(page) == {}, "nothing asked"
    text = f"## On ice\n\n> {TEXT[:120]}\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\n{'x' * 300}\n```\nDone [1]."
    page.route(
        STREAM, lambda route: told(route, events(("sources", {"sources": [SOURCE, SOURCE]}), done(text)))
    )
    ask(page)
    expect(page.locator(".turn .credits")).to_be_visible()
    assert problems(page) == {}, "answered"
