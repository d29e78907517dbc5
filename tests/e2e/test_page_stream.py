"""Answers that a model writes slowly, on the page: stopped, and gone on with over a line that broke."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_page import READY, add, text_file
from tests.support.browsing import OpenVisit
from tests.support.line import Line
from tests.support.processes import ROOT, Server

pytestmark = pytest.mark.browser

QUESTION = "What is permafrost and where does ground stay frozen?"
SECONDS, PIECES = "6", "60"
MODEL = "local:slow"


@pytest.fixture(scope="module")
def model_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A model server that takes its time."""
    log = tmp_path_factory.mktemp("model") / "model.log"
    command = [sys.executable, "-m", "benchmarks.model_server", "--spread"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--seconds", SECONDS, "--tokens", PIECES], cwd=ROOT, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + 60
        while not (said := re.search(r"ready at (\S+)", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield said[1]
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def line(model_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """The way to a server whose answers that model writes."""
    folder = tmp_path_factory.mktemp("stream") / "data"
    server = Server(folder, LLM_PROVIDERS="local", LOCAL_BASE_URL=model_url, LOCAL_MODEL="slow")
    line = Line(server.url)
    try:
        yield line
    finally:
        line.close()
        server.stop()


@pytest.fixture
def page(line: Line, visit: OpenVisit) -> Page:
    """The page, with something to ask about."""
    opened = visit(line.url).open()
    add(opened, text_file("ice.txt"))
    opened.get_by_role("link", name="Ask", exact=True).click()
    return opened


def ask(page: Page) -> None:
    """Ask, and wait until the model has begun to write."""
    page.get_by_label("Your question").fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.locator(".turn").first.locator(".answer")).to_contain_text(
        re.compile(r"\w{3}"), timeout=READY
    )


def test_an_answer_goes_on_where_its_line_broke(page: Page, line: Line) -> None:
    asked: list[str | None] = []
    page.on(
        "request",
        lambda r: asked.append(r.headers.get("last-event-id")) if r.url.endswith("/ask/stream") else None,
    )
    ask(page)
    line.cut()
    turn = page.locator(".turn").first
    expect(turn.locator(".tag")).to_have_text(f"Written by {MODEL}", timeout=READY)
    assert turn.locator(".answer").inner_text().count("Permafrost is ground that stays frozen") == 1
    assert asked[0] is None
    assert len(asked) > 1, "the line was not cut while the answer was being written"
    assert re.fullmatch(r"[0-9a-f]{32}:\d+", asked[1] or "")


def test_an_answer_that_is_stopped_stops_its_model_and_another_is_whole(page: Page, line: Line) -> None:
    ask(page)
    assert httpx.get(f"{line.url}/api/stats").json()["streams"] == 1
    page.get_by_role("button", name="Stop", exact=True).click()
    turn = page.locator(".turn").first
    expect(turn).to_contain_text("Stopped here.")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    deadline = time.monotonic() + 30
    while httpx.get(f"{line.url}/api/stats").json()["streams"]:
        assert time.monotonic() < deadline, "the server goes on with an answer that was stopped"
        time.sleep(0.1)
    ask(page)
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").first.locator(".tag")).to_have_text(f"Written by {MODEL}", timeout=READY)
