"""Marking, kept question sets, the state of the server and the field for a key, on the page."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.test_page import READY, add, choose_only, generate, mark, problems, quiz_on_new_file, text_file
from tests.support.browsing import ROOT, OpenVisit, running_server

pytestmark = pytest.mark.browser

STORE = ROOT / "tests/samples/llamaindex/core-0.14"


def reviewed_set(page: Page, name: str, count: int = 4) -> None:
    """A quiz on a file of its own, opened for review."""
    quiz_on_new_file(page, name, count)
    page.get_by_role("link", name="Edit and export").click()
    expect(page.locator("#view-sets .review-card")).to_have_count(count)


def stems(page: Page) -> list[str]:
    return page.locator("#view-sets .question-text").all_inner_texts()


def test_an_open_answer_is_marked_with_what_is_missing(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    add(page, text_file("open.txt"))
    choose_only(page, "open.txt")
    with page.expect_response("**/api/questions") as made:
        generate(page, "Practice", count=2)
    right = made.value.json()["questions"][0]["answer"]
    page.get_by_label("Your answer").fill("I do not know.")
    page.get_by_label("How strictly to mark").select_option("strict")
    with page.expect_request("**/evaluate-answer") as asked:
        page.get_by_role("button", name="Mark my answer").click()
    assert asked.value.post_data_json["evaluation_level"] == "strict"
    expect(page.locator(".mark .tag.bad")).to_contain_text("of 10 points", timeout=READY)
    page.get_by_label("Your answer").fill(right)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".mark .tag.good")).to_have_text("10 of 10 points", timeout=READY)
    page.reload()
    expect(page.locator(".mark")).to_have_text("10 of 10 points")
    assert seen.faults == []


def test_a_quiz_is_marked_with_a_grade_and_what_to_read_again(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    quiz_on_new_file(page, "graded.txt")
    mark(page)
    advice = page.get_by_role("region", name="Feedback")
    expect(advice).to_contain_text("Grade F", timeout=READY)
    expect(advice).to_contain_text("graded.txt")


def test_difficulty_kinds_and_freshness_are_asked_for(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    add(page, text_file("kinds.txt"))
    choose_only(page, "kinds.txt")
    page.get_by_text("More options").click()
    page.get_by_label("Difficulty").select_option("easy")
    page.get_by_label("definition", exact=True).check()
    page.get_by_label("cloze", exact=True).check()
    page.get_by_label("Other questions than last time").check()
    assert problems(page) == {}
    with page.expect_request("**/api/questions") as asked:
        page.get_by_role("button", name="Generate questions").click()
    sent = asked.value.post_data_json
    assert (sent["difficulty"], sent["types"], sent["fresh"]) == ("easy", ["cloze", "definition"], True)


def test_single_items_are_edited_moved_replaced_and_dropped(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    reviewed_set(page, "review.txt")
    before = stems(page)
    page.get_by_role("button", name="Edit question 1").click()
    page.get_by_label("Question", exact=True).fill("What <b>did</b> I write?")
    page.get_by_label("Option C").fill("my own option")
    page.get_by_label("C is the right answer").check()
    page.get_by_role("button", name="Save").click()
    card = page.locator("#view-sets .review-card").first
    expect(card.locator(".question-text")).to_have_text("What <b>did</b> I write?")
    expect(card.locator(".result.right")).to_contain_text("my own option")
    expect(card).to_contain_text("edited")
    page.get_by_role("button", name="Move question 1 down").click()
    expect(page.locator("#view-sets .question-text").nth(1)).to_have_text("What <b>did</b> I write?")
    expect(page.get_by_role("button", name="Move question 2 down")).to_be_focused()
    with page.expect_response("**/regenerate") as replaced:
        page.get_by_role("button", name="Replace question 4").click()
    if replaced.value.ok:
        expect(page.locator("#view-sets .question-text").nth(3)).not_to_have_text(before[3])
    else:
        expect(page.locator("#view-sets").get_by_role("alert")).to_contain_text(
            replaced.value.json()["message"]
        )
        seen.faults.clear()  # the browser itself notes the 409
    page.get_by_role("button", name="Drop question 3").click()
    page.get_by_role("button", name="Drop", exact=True).click()
    expect(page.locator("#view-sets .review-card")).to_have_count(3)
    page.reload()
    expect(page.locator("#view-sets .question-text").nth(1)).to_have_text("What <b>did</b> I write?")
    assert page.locator("#view-sets b").count() == 0
    assert seen.faults == []


def test_a_change_that_is_refused_says_why_and_keeps_what_was_typed(
    server_url: str, visit: OpenVisit
) -> None:
    page = visit(server_url).open()
    reviewed_set(page, "refused.txt")
    page.get_by_role("button", name="Edit question 2").click()
    for option in "AB":
        page.get_by_label(f"Option {option}").fill("the same")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#view-sets").get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Option A")).to_have_value("the same")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Edit question 2")).to_be_focused()


def test_sets_are_listed_renamed_used_and_deleted(server_url: str, visit: OpenVisit) -> None:
    seen = visit(server_url)
    page = seen.open()
    reviewed_set(page, "listed.txt")
    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Title").fill("<i>Week</i> 3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="<i>Week</i> 3")).to_be_visible()
    page.get_by_role("link", name="All sets").click()
    page.get_by_role("link", name="<i>Week</i> 3").click()
    page.get_by_role("button", name="Take this quiz").click()
    expect(page.locator(".strip button")).to_have_count(4)
    page.get_by_role("link", name="Edit and export").click()
    page.locator("#view-sets").get_by_role("button", name="Delete").click()
    page.locator("#confirm-yes").click()
    expect(page.get_by_role("heading", name="Question sets")).to_be_visible()
    expect(page.get_by_role("link", name="<i>Week</i> 3")).to_have_count(0)
    assert seen.faults == []


def test_a_set_is_downloaded_in_every_format(server_url: str, visit: OpenVisit, tmp_path: Path) -> None:
    page = visit(server_url).open()
    reviewed_set(page, "formats.txt")
    endings = {}
    for form in page.get_by_label("Format", exact=True).locator("option").all():
        value = str(form.get_attribute("value"))
        page.get_by_label("Format", exact=True).select_option(value)
        with page.expect_download() as download:
            page.get_by_role("button", name="Export", exact=True).click()
        download.value.save_as(tmp_path / value)
        endings[value] = Path(download.value.suggested_filename).suffix
        assert (tmp_path / value).stat().st_size > 200, value
    assert endings == {
        "json": ".json",
        "csv": ".csv",
        "markdown": ".md",
        "gift": ".txt",
        "qti": ".zip",
        "anki": ".apkg",
    }
    assert [q["question"] for q in json.loads((tmp_path / "json").read_text())["questions"]] == stems(page)
    assert len(list(csv.reader(io.StringIO((tmp_path / "csv").read_text("utf-8-sig"))))) == 5


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (360, "light")])
def test_sets_and_status_can_be_read_named_and_pressed(
    server_url: str, visit: OpenVisit, width: int, scheme: str
) -> None:
    page = visit(server_url, width=width, scheme=scheme).open()
    reviewed_set(page, f"shown-{width}.txt")
    assert problems(page) == {}, "a set"
    page.get_by_role("button", name="Edit question 1").click()
    assert problems(page) == {}, "editing"
    page.get_by_role("link", name="Sets", exact=True).click()
    expect(page.locator(".line").first).to_be_visible()
    assert problems(page) == {}, "the list"
    page.get_by_role("link", name="Status").click()
    expect(page.locator(".job").first).to_be_visible()
    assert problems(page) == {}, "status"


def test_a_failed_job_is_shown_with_its_sentence_and_retried(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).open()
    broken = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 this is no document"}
    page.get_by_label("Add files").set_input_files(broken)
    line = page.locator("#documents .document").filter(has_text="broken.pdf")
    expect(line.get_by_role("button", name="Retry broken.pdf")).to_be_visible(timeout=READY)
    sentence = line.locator(".document-note").inner_text()
    page.get_by_role("link", name="Status").click()
    expect(page.locator(".tile").filter(has_text="Database")).to_contain_text("Well")
    page.get_by_label("Failed", exact=True).check()
    job = page.locator(".job").filter(has_text="broken.pdf")
    expect(job.locator(".job-error")).to_have_text(sentence)
    with page.expect_response("**/retry") as retried:
        job.get_by_role("button", name="Retry").click()
    assert retried.value.ok


def with_the_key(page: Page) -> None:
    page.get_by_label("Your key").fill("right")
    page.get_by_role("button", name="Use this key").click()


def with_a_password(page: Page) -> None:
    page.get_by_text("I have a name and a password").click()
    page.get_by_label("Name", exact=True).fill("ada")
    page.get_by_label("Password").fill("bad")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("dialog")).to_contain_text("The name or the password is wrong.")
    assert problems(page) == {}
    page.get_by_label("Password").fill("good")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("enter", [with_the_key, with_a_password])
def test_a_key_is_asked_for_once_and_sent_with_every_call(
    server_url: str, visit: OpenVisit, enter: Callable[[Page], None]
) -> None:
    page = visit(server_url).page
    refused = {"message": "No such key.", "code": "unauthorized"}

    def guard(route: Route) -> None:
        if route.request.headers.get("x-api-key") == "right":
            route.continue_()
        else:
            route.fulfill(status=401, json=refused)

    def login(route: Route) -> None:
        if route.request.post_data_json == {"username": "ada", "password": "good"}:
            route.fulfill(json={"access_token": "right"})
        else:
            route.fulfill(status=401, json={"message": "The name or the password is wrong."})

    page.route("**/api/**", guard)
    page.route("**/api/auth/login", login)
    page.goto(server_url)
    dialog = page.get_by_role("dialog", name="A key is needed")
    expect(dialog).to_contain_text("This server needs a key.")
    expect(page.get_by_label("Your key")).to_be_focused()
    assert problems(page) == {}
    page.get_by_label("Your key").fill("wrong")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("No such key.")
    enter(page)
    add(page, text_file("keyed.txt"))
    assert page.evaluate("Object.keys(localStorage).filter(name => /key/.test(name))") == []
    page.reload()
    expect(page.locator("#documents .document").first).to_be_visible()
    expect(dialog).to_have_count(0)


def test_who_has_no_key_is_asked_once_and_told(server_url: str, visit: OpenVisit) -> None:
    page = visit(server_url).page
    page.route("**/api/**", lambda route: route.fulfill(status=401, json={"message": "No such key."}))
    page.route("**/jobs*", lambda route: route.fulfill(status=401, json={"message": "No such key."}))
    page.goto(f"{server_url}/#status")
    dialog = page.get_by_role("dialog", name="A key is needed")
    page.clock.install()
    dialog.get_by_role("button", name="Cancel").click()
    expect(page.locator("#view-status").get_by_role("alert")).to_contain_text("No such key.")
    page.clock.run_for(20_000)
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Sets").click()
    expect(dialog).to_be_visible()


def test_a_store_of_llamaindex_is_looked_into_and_moved_over(visit: OpenVisit, tmp_path: Path) -> None:
    shutil.copytree(STORE, tmp_path / "data" / "old-index")
    with running_server(tmp_path) as url:
        page = visit(url).open()
        page.get_by_text("LlamaIndex store found").click()
        page.get_by_role("button", name="Look into old-index").click()
        expect(page.locator(".numbers-list")).to_contain_text("Passages", timeout=READY)
        assert problems(page) == {}
        page.get_by_role("button", name="Move it with new vectors").click()
        expect(page.locator(".store-news")).to_contain_text("Moved over.", timeout=READY)
