"""The web page on a real server in a real browser, the way a person uses it."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.support.browsing import OpenVisit

Json = Any
"""What a script in the page answers."""

pytestmark = pytest.mark.browser

CHECKS = (Path(__file__).parent / "page_checks.js").read_text()
READY = 60_000
"""Milliseconds that a small document may take on a loaded machine."""

TEXT = """The Water Cycle

Evaporation is the process by which liquid water turns into vapour. The sun supplies the energy that
drives evaporation from oceans and lakes. Condensation is the process by which vapour turns back into
liquid droplets. Clouds are visible masses of droplets that float in the air. Precipitation is water that
falls from clouds as rain, snow or hail. An aquifer is a layer of rock that stores groundwater.

Infiltration is the movement of water from the surface into the soil. Transpiration is the release of
vapour from the leaves of plants. Runoff is water that flows over land towards rivers. A watershed is an
area of land that drains into one river. A glacier is a body of dense ice that moves under its own weight.
Permafrost is ground that stays frozen for two years or longer. An estuary is a place where a river meets
the sea. Sublimation is the change of ice directly into vapour. Humidity is the amount of vapour in the air.
"""


def text_file(name: str, text: str = TEXT) -> FilePayload:
    """A file of its own each time: the same bytes again would be a duplicate."""
    unique = f"{text}\nThis copy carries the number {uuid.uuid4().int}.\n"
    return {"name": name, "mimeType": "text/plain", "buffer": unique.encode()}


def add(page: Page, file: FilePayload) -> Locator:
    """Add a file and wait until its line says that it is ready."""
    page.get_by_label("Add files").set_input_files(file)
    line = page.locator("#documents .document").filter(has_text=file["name"]).first
    expect(line).to_be_visible(timeout=READY)
    expect(line.locator("progress")).to_be_hidden(timeout=READY)
    return line


def choose_only(page: Page, name: str) -> None:
    page.get_by_label("Only chosen").check()
    page.locator(".pick").filter(has_text=name).get_by_role("checkbox").check()


def generate(page: Page, mode: str = "Quiz", count: int = 4) -> None:
    page.get_by_role("radio", name=mode).check()
    page.get_by_label("Number of questions").fill(str(count))
    page.get_by_role("button", name="Generate questions").click()
    expect(page.locator("#study-title")).to_be_visible(timeout=READY)


def quiz_on_new_file(page: Page, name: str, count: int = 4) -> None:
    add(page, text_file(name))
    choose_only(page, name)
    generate(page, count=count)


def inspect(page: Page, check: str) -> Json:
    return page.evaluate(f"() => {CHECKS}.{check}()")


def mark(page: Page) -> None:
    page.locator(".strip button").last.click()
    page.get_by_role("button", name="Mark my answers").click()
    confirm = page.locator("#confirm-yes")
    if confirm.is_visible():
        confirm.click()
    expect(page.locator("#score")).to_be_visible()


def test_a_first_start_offers_a_sample_that_makes_questions(first_start_url: str, visit: OpenVisit) -> None:
    seen = visit(first_start_url)
    page = seen.open()
    expect(page.locator("#welcome")).to_contain_text("Generate works right away", timeout=READY)
    generate(page)
    expect(page.locator(".strip button")).to_have_count(4)
    assert seen.faults == []


def test_keys_alone_lead_from_a_file_to_a_score(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    add(page, text_file("keys.txt"))
    for _ in range(3):  # the skip link, the brand, the first tab
        page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Questions")).to_be_focused()
    tab_to(page, page.get_by_role("radio", name="Quiz"))
    tab_to(page, page.get_by_label("Topic"))
    page.keyboard.type("water")
    tab_to(page, page.get_by_label("Number of questions"))
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("#study-title")).to_be_focused(timeout=READY)
    total = page.locator(".strip button").count()
    assert total > 0
    tab_to(page, page.locator(".question input").first)
    for key in ["a", "2", "C", "4"][:total]:
        page.keyboard.press(key)
        expect(page.locator(".question input:checked")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.locator("#score")).to_be_focused()
    expect(page.locator("#score")).to_have_text(f"{score_by_answers(page)} of {total}")
    assert seen.faults == []


def tab_to(page: Page, target: Locator) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{target} cannot be reached with Tab")


def score_by_answers(page: Page) -> int:
    return page.locator(".review-card", has=page.get_by_text("Your answer, right", exact=True)).count()


def test_arrows_move_between_questions_and_keep_answers(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    quiz_on_new_file(page, "arrows.txt")
    page.locator(".question input").nth(1).check()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".position")).to_have_text("Question 2 of 4")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".question input").nth(1)).to_be_checked()


def test_marking_counts_right_answers_and_retries_only_the_missed(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    with page.expect_response("**/api/questions") as answer:
        quiz_on_new_file(page, "marking.txt")
    questions = answer.value.json()["questions"]
    right = [question["correct_index"] for question in questions]
    for place, key in enumerate([*right[:3], (right[3] + 1) % 4]):
        page.locator(".strip button").nth(place).click()
        page.locator(".question input").nth(key).check()
    mark(page)
    expect(page.locator("#score")).to_have_text("3 of 4")
    last = page.locator(".review-card").nth(3)
    expect(last.locator(".result.right .option-text")).to_have_text(questions[3]["answer"])
    expect(last.locator(".result.wrong")).to_contain_text("Your answer")
    expect(last.locator(".explanation")).to_have_text(questions[3]["explanation"])
    page.get_by_role("button", name="Retry the 1 missed").click()
    expect(page.locator(".question legend")).to_have_text(questions[3]["question"])
    expect(page.locator(".question input:checked")).to_have_count(0)


def test_open_questions_are_asked_about_before_marking(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    quiz_on_new_file(page, "unanswered.txt")
    page.locator(".question input").first.check()
    page.locator(".strip button").last.click()
    page.get_by_role("button", name="Mark my answers").click()
    expect(page.locator("#confirm")).to_contain_text("3 questions still open")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".position")).to_have_text("Question 2 of 4")


def test_the_passage_shows_the_quote_highlighted(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    with page.expect_response("**/api/questions") as answer:
        quiz_on_new_file(page, "passage.txt")
    source = answer.value.json()["questions"][0]["source"]
    mark(page)
    opener = page.get_by_role("button", name="Show the passage").first
    opener.click()
    dialog = page.locator("#passage")
    expect(dialog).to_contain_text("passage.txt")
    highlighted = dialog.locator("mark").inner_text()
    assert " ".join(highlighted.split()) == " ".join(source["quote"].split())
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_practice_keeps_what_was_written_and_tallies(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    add(page, text_file("practice.txt"))
    choose_only(page, "practice.txt")
    generate(page, "Practice", count=2)
    page.get_by_label("Your answer").fill("I think it rises.")
    page.get_by_role("button", name="Show the answer").click()
    expect(page.get_by_role("heading", name="Model answer")).to_be_visible()
    page.get_by_role("button", name="I knew it").click()
    expect(page.get_by_role("button", name="I knew it")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_label("Your answer")).to_have_value("I think it rises.")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("button", name="Not yet").click()
    page.get_by_role("button", name="See how I did").click()
    expect(page.locator("#score")).to_have_text("1 of 2")
    expect(page.locator(".review-card").first).to_contain_text("I think it rises.")


def test_a_reload_keeps_the_quiz_and_its_answers(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    quiz_on_new_file(page, "reload.txt")
    question = page.locator(".question legend").inner_text()
    page.locator(".question input").nth(2).check()
    page.reload()
    expect(page.locator(".question legend")).to_have_text(question)
    expect(page.locator(".question input").nth(2)).to_be_checked()


def test_what_another_version_kept_does_not_break_the_page(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    page.evaluate("""localStorage.setItem('quaestio.run', '{"set": {"mode": "quiz"}, "order": [0]}')""")
    page.evaluate("localStorage.setItem('quaestio.form', '[not json')")
    page.reload()
    expect(page.get_by_role("button", name="Generate questions")).to_be_visible()
    assert seen.faults == []


def test_a_passage_of_a_deleted_document_still_shows_its_quote(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    with page.expect_response("**/api/questions") as answer:
        quiz_on_new_file(page, "gone.txt")
    quote = answer.value.json()["questions"][0]["source"]["quote"]
    mark(page)
    line = page.locator("#documents .document").filter(has_text="gone.txt")
    line.get_by_role("button").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(line).to_have_count(0)
    page.get_by_role("button", name="Show the passage").first.click()
    expect(page.locator("#passage").get_by_role("alert")).to_contain_text("cannot be shown")
    expect(page.locator("#passage mark")).to_have_text(quote)


def test_a_shortfall_is_said(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    add(page, text_file("short.txt"))
    choose_only(page, "short.txt")
    with page.expect_response("**/api/questions") as answer:
        generate(page, count=150)
    made = answer.value.json()
    assert made["delivered"] < 150
    expect(page.locator(".study .notice")).to_have_text(made["shortfall"])
    expect(page.locator(".strip button")).to_have_count(made["delivered"])


def test_more_questions_are_ones_not_seen_yet(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    quiz_on_new_file(page, "more.txt", count=3)
    first = kept_questions(page)
    mark(page)
    page.get_by_role("button", name="More questions like these").click()
    expect(page.locator(".question legend")).to_be_visible(timeout=READY)
    assert set(kept_questions(page)) & set(first) == set()


def kept_questions(page: Page) -> list[str]:
    kept = json.loads(page.evaluate("localStorage.getItem('quaestio.run')"))
    return [question["question"] for question in kept["set"]["questions"]]


def test_names_and_texts_of_documents_never_become_markup(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    attack = "<img src=x onerror=document.title='taken'>"
    name = f"{attack}.txt".replace("/", "")
    text = TEXT.replace("liquid water", f"{attack} liquid water").replace("droplets", "<b>droplets</b>")
    line = add(page, text_file(name, text))
    expect(line.locator(".document-name")).to_contain_text("<img src=x")
    choose_only(page, "<img src=x")
    generate(page, count=10)
    mark(page)
    page.get_by_role("button", name="Show the passage").first.click()
    expect(page.locator("#passage-body")).to_contain_text("<b>droplets</b>")
    assert page.locator("main img, dialog img, .library img, main b, dialog b").count() == 0
    assert page.title() != "taken"
    assert seen.faults == []


def test_a_refused_file_says_why_and_can_be_dismissed(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    empty = {"name": "nothing.txt", "mimeType": "text/plain", "buffer": b""}
    page.get_by_label("Add files").set_input_files([empty, text_file("beside.txt")])
    line = page.locator("#uploads .document").filter(has_text="nothing.txt")
    expect(line).to_contain_text("empty")
    expect(page.locator("#documents .document").filter(has_text="beside.txt")).to_be_visible()
    line.get_by_role("button").click()
    expect(line).to_have_count(0)


def test_the_same_file_again_is_said_to_be_there(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    file = text_file("twice.txt")
    add(page, file)
    page.get_by_label("Add files").set_input_files(file)
    expect(page.locator("#uploads .document")).to_contain_text("in your library already")


def test_deleting_asks_first(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    line = add(page, text_file("unwanted.txt"))
    line.get_by_role("button").click()
    page.get_by_role("button", name="Cancel").click()
    expect(line).to_be_visible()
    line.get_by_role("button").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#documents .document").filter(has_text="unwanted.txt")).to_have_count(0)
    expect(page.locator("#library-title")).to_be_focused()


def test_an_ingestion_can_be_stopped_and_retried(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    with page.expect_request("**/events"):
        page.get_by_label("Add files").set_input_files(text_file("stopped.txt", TEXT * 200))
        line = page.locator("#documents .document").filter(has_text="stopped.txt")
        line.get_by_role("button", name="Stop stopped.txt").click()
    expect(line).to_contain_text("Stopped before it was ready.")
    expect(line.locator("progress")).to_be_hidden()
    assert problems(page) == {}
    line.get_by_role("button", name="Retry stopped.txt").click()
    expect(line.locator(".document-note")).to_contain_text("Embedding")
    assert problems(page) == {}
    expect(line.locator("progress")).to_be_hidden(timeout=READY)
    expect(line).to_contain_text("passages")
    expect(line.get_by_role("button")).to_have_count(1)
    assert seen.faults == []


def test_progress_is_asked_for_where_no_events_come(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.route("**/events", lambda route: route.abort())
    line = add(page, text_file("deaf.txt", TEXT * 5))
    expect(line.get_by_role("button", name="Delete deaf.txt")).to_be_visible()


def test_files_can_be_dropped_anywhere(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.evaluate(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], 'dropped.txt', { type: 'text/plain' }));
            for (const kind of ['dragenter', 'dragover', 'drop']) {
                document.querySelector('h1').dispatchEvent(
                    new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }
        }""",
        text_file("dropped.txt")["buffer"].decode(),
    )
    expect(page.locator("#documents .document").filter(has_text="dropped.txt")).to_be_visible()
    expect(page.locator("#drop-overlay")).to_be_hidden()


def test_a_failed_request_keeps_what_was_typed(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.get_by_label("Topic").fill("the water cycle")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/api/questions", refuse)
    page.get_by_role("button", name="Generate questions").click()
    expect(page.get_by_role("alert")).to_contain_text("Quaestio does not answer")
    expect(page.get_by_label("Topic")).to_have_value("the water cycle")
    expect(page.get_by_role("button", name="Generate questions")).to_be_enabled()


def test_a_view_that_cannot_be_loaded_says_so_and_is_tried_again(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.route("**/sets.js", lambda route: route.abort())
    page.get_by_role("link", name="Sets").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.route("**/health/live", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Question sets")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_nothing_chosen_is_said_before_the_server_is_asked(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    page.get_by_label("Only chosen").check()
    page.get_by_role("button", name="Generate questions").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick at least one document")


def test_search_finds_a_passage_and_leads_to_questions(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    add(page, text_file("search.txt"))
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Search in all documents").fill("ground that stays frozen")
    page.keyboard.press("Enter")
    expect(page.locator(".found").first).to_contain_text("Permafrost", timeout=READY)
    page.get_by_role("button", name="Make questions about this").click()
    expect(page.get_by_label("Topic")).to_have_value("ground that stays frozen")
    assert seen.faults == []


def test_the_theme_is_remembered(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Switch to the dark theme").click()
    dark = page.evaluate(paper)
    page.reload()
    assert page.evaluate(paper) == dark != light
    expect(page.get_by_role("button", name="Switch to the light theme")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_view_can_be_read_named_and_pressed(
    server_url: str, visit: OpenVisit, width: int, scheme: str
) -> None:
    seen = visit(server_url, width=width, scheme=scheme)
    page = seen.open()
    add(page, text_file(f"a-rather-long-name-without-a-single-space-{width}-{scheme}.txt"))
    assert problems(page) == {}, "form"
    choose_only(page, f"{width}-{scheme}")
    assert problems(page) == {}, "choosing documents"
    generate(page)
    page.locator(".question input").first.check()
    assert problems(page) == {}, "quiz under way"
    mark(page)
    assert problems(page) == {}, "quiz marked"
    page.get_by_role("button", name="Show the passage").first.click()
    expect(page.locator("#passage mark")).to_be_visible()
    assert problems(page) == {}, "passage"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New questions").click()
    generate(page, "Practice")
    page.get_by_role("button", name="Show the answer").click()
    page.get_by_role("button", name="Not yet").click()
    assert problems(page) == {}, "practice"
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Search in all documents").fill("rivers and lakes")
    page.keyboard.press("Enter")
    expect(page.locator(".found").first).to_be_visible(timeout=READY)
    assert problems(page) == {}, "search"
    assert seen.faults == []


def problems(page: Page) -> dict[str, Json]:
    """What a check of the whole screen finds wrong, by check; empty when all is well."""
    contrast = inspect(page, "contrast")
    assert contrast["seen"] > 5, "the contrast check saw nothing"
    structure = inspect(page, "structure")
    found = {
        "contrast": contrast["poor"],
        "nameless": inspect(page, "nameless"),
        "small": inspect(page, "smallTargets"),
        "wide": inspect(page, "tooWide"),
        "twice": structure["twice"],
        "skipped headings": structure["skips"],
    }
    return {check: faults for check, faults in found.items() if faults}
