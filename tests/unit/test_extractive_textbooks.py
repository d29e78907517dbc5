"""Whole chapters of real textbooks, where the data is at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from extractive_checks import assert_sound, passage

from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("QUAESTIO_SHARED_DATA", ROOT / ".." / "shared" / "data")) / "textbook"
BOOKS = ("anatomy-and-physiology", "introduction-to-philosophy")


def chapter(book: str, number: int) -> str:
    file = DATA / book / "sections.jsonl"
    if not file.exists():
        pytest.skip("the shared textbook data is not here")
    sections = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return "\n\n".join(f"{s['title']}\n\n{s['text']}" for s in sections if s["chapter"] == number)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("book", "number"), [(BOOKS[0], 5), (BOOKS[0], 13), (BOOKS[1], 3), (BOOKS[1], 7)])
def test_a_chapter_gives_twenty_five_sound_items(book: str, number: int, mode: Mode) -> None:
    passages = (passage(chapter(book, number)),)
    questions = write_now(passages, Order(mode, 25))
    assert len(questions) == 25
    assert_sound(questions, passages, mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", Mode)
def test_a_long_quiz_keeps_every_promise(mode: Mode) -> None:
    passages = (passage(chapter(BOOKS[0], 21)),)
    questions = write_now(passages, Order(mode, 120))
    assert len(questions) >= 80
    assert_sound(questions, passages, mode)


@pytest.mark.slow
def test_the_key_is_not_the_longest_option_by_habit() -> None:
    passages = tuple(passage(chapter(book, n), f"{book}{n}") for book, n in ((BOOKS[0], 19), (BOOKS[1], 11)))
    questions = write_now(passages, Order(Mode.QUIZ, 60))
    longest = [q for q in questions if all(len(o) < len(q.answer) for o in q.options if o != q.answer)]
    assert len(longest) <= 0.3 * len(questions)
