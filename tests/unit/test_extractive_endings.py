"""Four ways to go on after a subject, and terms asked for by their description."""

from __future__ import annotations

from functools import cache

from extractive_checks import SAMPLE, passage

from backend.adapters.extractive.endings import LENT, capital
from backend.adapters.extractive.open_questions import drafts
from backend.adapters.extractive.quiz import Quiz
from backend.adapters.extractive.reading import Document

TEXT = SAMPLE.read_text(encoding="utf-8")


@cache
def quiz() -> Quiz:
    return Quiz(Document.of([passage(TEXT)]))


def test_four_endings_are_predicates_of_the_text() -> None:
    made = [(m.draft, m.options) for m in quiz().every() if m.draft.kind == "ending"]
    assert made
    for draft, wrong in made:
        assert draft.stem.startswith("Which ending is right: “")
        assert draft.stem.endswith(" …”?")
        assert len(wrong) >= 3
        assert draft.answer in draft.sentence.text
        assert all(option in TEXT.replace("\n", " ") for option in wrong)
        assert not any(option in draft.sentence.text for option in wrong)


def test_a_borrowed_predicate_is_never_asked_for() -> None:
    assert any(g.draft.score <= LENT + 1 for _, g in quiz().gaps)
    assert all(m.draft.score > LENT + 1 for m in quiz().every())


def test_a_capital_inside_a_word_is_kept() -> None:
    assert capital("tRNA") == "tRNA"
    assert capital("the liver") == "The liver"


def test_a_term_is_asked_for_by_its_description() -> None:
    found = [d for d in drafts(Document.of([passage(TEXT)])) if d.stem.startswith("Which term is described")]
    assert found
    for draft in found:
        assert draft.answer in draft.sentence.text
        assert draft.answer.lower() not in draft.stem.lower()
