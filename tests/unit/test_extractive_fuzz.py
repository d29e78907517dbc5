"""Whatever the text, the writer neither fails nor breaks a promise."""

from __future__ import annotations

import pytest
from extractive_checks import SAMPLE, assert_sound, passage
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order

WORDS = [*dict.fromkeys(SAMPLE.read_text(encoding="utf-8").split())][:400]
EXTRA = [
    "“",
    "”",
    "(",
    ")",
    "—",
    ":",
    ";",
    "|",
    "{",
    "-",
    "\n\n",
    "\n",
    "1.",
    "[12]",
    "…",
    "'s",
    "\u2019",
    "È",
    "ß",
    "它",
    "\u200b",
    "\x0b",
]
CHEAP = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(text: str, mode: Mode) -> None:
    passages = (passage(text),) if text.strip() else ()
    assert_sound(write_now(passages, Order(mode, 30)), passages, mode)


@CHEAP
@given(st.text(max_size=600), st.sampled_from(Mode))
def test_any_characters(text: str, mode: Mode) -> None:
    check(text, mode)


@CHEAP
@given(st.lists(st.sampled_from(WORDS + EXTRA), min_size=20, max_size=400), st.sampled_from(Mode))
def test_known_words_in_any_order(words: list[str], mode: Mode) -> None:
    check(" ".join(words), mode)


@pytest.mark.slow
@CHEAP
@example(3735, 2790, "\x08అ", Mode.QUIZ)
@given(st.integers(0, 10_000), st.integers(0, 4_000), st.text(max_size=12), st.sampled_from(Mode))
def test_prose_cut_and_broken_anywhere(start: int, length: int, splinter: str, mode: Mode) -> None:
    text = SAMPLE.read_text(encoding="utf-8")[start:]
    check(text[: length // 2] + splinter + text[length // 2 : length], mode)
