"""The page's pure modules, run by the browser that they are written for, and its files."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Response

from tests.support.browsing import ROOT, OpenVisit

FRONTEND = ROOT / "frontend"
Json = Any
"""What a script in the page answers."""

SERVED = [FRONTEND / "index.html", *sorted((FRONTEND / "static").iterdir())]


@pytest.fixture
def page(server_url: str, visit: OpenVisit) -> Page:
    return visit(server_url).open()


def call(page: Page, module: str, name: str, *arguments: object) -> Json:
    return page.evaluate(
        "async ([module, name, args]) => (await import(`/static/${module}.js`))[name](...args)",
        [module, name, arguments],
    )


@pytest.mark.browser
def test_a_quote_is_found_whatever_its_white_space(page: Page) -> None:
    text = "Before. Water\n  flows (always)\tdown. After."
    found = call(page, "text", "findLoosely", text, "Water flows (always) down.")
    assert text[found["start"] : found["end"]] == "Water\n  flows (always)\tdown."
    assert call(page, "text", "findLoosely", text, "Water flows up.") is None
    assert call(page, "text", "findLoosely", text, "  ") is None


@pytest.mark.browser
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("why does the heart beat", ["Hearts", "beating"]),
        ("(a) .*", ["are", "A"]),
        ("", []),
        ("сердце", ["Сердце"]),
    ],
)
def test_search_words_are_found_as_beginnings_of_words(page: Page, query: str, words: list[str]) -> None:
    text = "Hearts are beating in the chest. A sweetheart. Сердце."
    ranges = call(page, "text", "findWords", text, query)
    assert [text[part["start"] : part["end"]] for part in ranges] == words


@pytest.mark.browser
@pytest.mark.parametrize(
    ("stage", "done", "total", "unit", "words"),
    [
        ("waiting", 0, 0, "", "Starting"),
        ("extracting", 11, 117, "pages", "Reading page 12 of 117"),
        ("extracting", 117, 117, "pages", "Reading page 117 of 117"),
        ("extracting", 0, 0, "bytes", "Reading the text"),
        ("extracting", 4096, 8192, "bytes", "Reading the text, 50 %"),
        ("embedding", 73, 117, "pages", "Embedding page 74 of 117"),
        ("embedding", 320, 1960, "passages", "Embedding 320 of 1,960 passages"),
        ("indexing", 0, 0, "", "Adding to the index"),
    ],
)
def test_stages_read_as_words(page: Page, stage: str, done: int, total: int, unit: str, words: str) -> None:
    doc = {"stage": stage, "done": done, "total": total, "unit": unit, "waiting": False}
    assert call(page, "text", "stageText", doc) == words
    assert call(page, "text", "stageText", doc | {"waiting": True}) == "Waiting for a worker"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("rate", "unit", "left", "words"),
    [
        (None, "pages", None, ""),
        (None, "pages", 3, "a few seconds left"),
        (123.4, "passages", 41, "123 passages a second · about 45 seconds left"),
        (1.1, "pages", 59, "1 page a second · about 1 minute left"),
        (0.1, "pages", 600, "6 pages a minute · about 10 minutes left"),
        (250_000, "bytes", 7200, "250\u00a0KB a second · about 2 hours left"),
    ],
)
def test_pace_reads_as_words(page: Page, rate: float | None, unit: str, left: int | None, words: str) -> None:
    assert call(page, "text", "paceText", {"rate": rate, "unit": unit, "seconds_left": left}) == words


@pytest.mark.browser
def test_a_score_counts_unanswered_questions_as_missed(page: Page) -> None:
    questions = [{"question": f"Question {n}?", "correct_index": n} for n in range(4)]
    made = {"mode": "quiz", "questions": questions}
    run = call(page, "runs", "startRun", made, {"count": 4}, ["An earlier one?"])
    run["choices"] = {"0": 0, "1": 3, "2": 2}
    score = call(page, "runs", "scoreOf", run)
    assert (score["right"], score["missed"], score["unanswered"]) == ([0, 2], [1, 3], [3])
    again = call(page, "runs", "nextRound", run, score["missed"])
    assert (again["order"], again["choices"], again["seen"]) == ([1, 3], {}, run["seen"])
    assert len(run["seen"]) == 5


@pytest.mark.browser
def test_seen_questions_are_left_out_and_too_few_are_said(page: Page) -> None:
    made = {"mode": "quiz", "questions": [{"question": name} for name in "abcd"]}
    some = call(page, "runs", "onlyUnseen", made, ["a", "b"], 2)
    assert ([q["question"] for q in some["questions"]], some["shortfall"]) == (["c", "d"], None)
    few = call(page, "runs", "onlyUnseen", made, ["a", "b"], 3)
    assert few["delivered"] == 2
    assert "only 2 more" in few["shortfall"]


@pytest.mark.browser
def test_all_that_the_page_ever_loads_is_less_than_100_kilobytes_on_the_wire(
    server_url: str, visit: OpenVisit
) -> None:
    """Everything of the page, compressed as it travels; and all that a first visit loads, uncompressed.

    All files together are more than 100,000 bytes before compression since the page answers, reviews,
    exports and shows jobs. What is opened rarely is a module of its own that loads on first use, so that
    neither what travels nor what the browser must read at a first visit passes 100,000 bytes.
    """
    seen = visit(server_url)
    loaded: dict[str, Response] = {}
    seen.page.on("response", lambda answer: loaded.setdefault(answer.url, answer))
    seen.open()
    files = {url: answer for url, answer in loaded.items() if "/static/" in url or url == f"{server_url}/"}
    assert len(files) > 5
    assert sum(len(answer.body()) for answer in files.values()) < 100_000
    every = [server_url, *(f"{server_url}/static/{path.name}" for path in SERVED[1:])]
    with httpx.Client(headers={"Accept-Encoding": "gzip"}) as client:
        assert sum(client.get(url).num_bytes_downloaded for url in every) < 100_000


def test_no_file_of_the_page_is_long() -> None:
    assert [path.name for path in SERVED if len(path.read_text().splitlines()) > 400] == []


def test_the_page_holds_nothing_that_its_policy_forbids() -> None:
    page = (FRONTEND / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|https?://", page) == []
    for path in SERVED[1:]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|https?://", text) == []
        )


@pytest.mark.browser
@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a **b** *c* `d` e_f_g", "<p>a <strong>b</strong> <em>c</em> <code>d</code> e_f_g</p>"),
        ("# T\n- x\n- y", '<h3>T</h3><ul class="points"><li>x</li><li>y</li></ul>'),
        ("3. x\n4. y", '<ol class="numbers" start="3"><li>x</li><li>y</li></ol>'),
        ("> q\n> r", "<blockquote><p>q\nr</p></blockquote>"),
        (
            "<b>no</b> & [x](javascript:alert(1))",
            "<p>&lt;b&gt;no&lt;/b&gt; &amp; [x](javascript:alert(1))</p>",
        ),
        (
            '[x](https://a.example/"onclick=1)',
            '<p><a href="https://a.example/&quot;onclick=1" target="_blank" rel="noopener noreferrer">x</a></p>',
        ),
        ("```\n**raw**", '<pre tabindex="0"><code>**raw**</code></pre>'),
        ("", ""),
    ],
)
def test_markdown_becomes_elements_and_never_markup(page: Page, text: str, html: str) -> None:
    drawn = page.evaluate(
        """async text => {
            const { markdown } = await import('/static/markdown.js');
            const box = document.createElement('div');
            box.append(...markdown(text));
            return box.innerHTML;
        }""",
        text,
    )
    assert drawn == html


@pytest.mark.browser
@pytest.mark.parametrize(
    "text", ["*" * 20_000, "[" * 20_000, "`" * 20_000, "| " * 20_000, "> " * 20_000, "_a " * 9000]
)
def test_hostile_markdown_is_drawn_at_once(page: Page, text: str) -> None:
    page.set_default_timeout(10_000)
    assert (
        page.evaluate("async text => (await import('/static/markdown.js')).markdown(text).length", text) > 0
    )


@pytest.mark.browser
@pytest.mark.parametrize(
    ("source", "link"),
    [
        ({"url": "https://v.example/w?v=1", "start_seconds": 75.9}, "https://v.example/w?v=1&t=75s"),
        (
            {"url": "https://v.example/w", "link": "https://v.example/w#t=75", "start_seconds": 75},
            "https://v.example/w#t=75",
        ),
        ({"url": "https://v.example/w", "start_seconds": None}, ""),
        ({"url": "javascript:alert(1)", "start_seconds": 3}, ""),
        ({"url": None, "start_seconds": 3}, ""),
    ],
)
def test_only_web_addresses_become_links_to_a_second(page: Page, source: Json, link: str) -> None:
    assert call(page, "text", "linkAt", source) == link


@pytest.mark.browser
def test_seconds_read_as_a_clock(page: Page) -> None:
    assert [call(page, "text", "clock", seconds) for seconds in (5, 75.4, 3723)] == [
        "0:05",
        "1:15",
        "1:02:03",
    ]
