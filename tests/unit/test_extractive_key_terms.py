"""Lists of key terms: read as entries, asked for in both modes, and what they lend the rest of the text."""

from __future__ import annotations

import pytest
from extractive_checks import passage

from backend.adapters.extractive.glossary import core_of_definition
from backend.adapters.extractive.key_terms import KeyTerms
from backend.adapters.extractive.reading import Document
from backend.adapters.extractive.sentences import read
from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order

TEXT = """The Bones of the Arm

A ligament is a strong band of dense connective tissue that spans between two bones. The tendon of the biceps
crosses the elbow. A bursa lies beneath the skin over the point of the elbow.

Key Terms

ligament

strong band of dense connective tissue spanning between bones

tendon

cord of collagen that anchors a muscle to its bone; also called a sinew

bursa

small sac of lubricating fluid that prevents friction between neighbouring structures

meniscus

(also, articular disc) pad of fibrocartilage that cushions the surfaces inside some joints

synovium

thin layer that lines the inner surface of the joint cavity

The Bones of the Leg

The femur is the longest bone of the body, and it carries the weight of the trunk when a person stands.
"""


def asked(text: str) -> KeyTerms:
    return KeyTerms(Document.of([passage(text)]))


def test_entries_end_where_the_text_goes_on() -> None:
    contents = read([passage(TEXT)])
    assert [e.term for e in contents.terms][:5] == ["ligament", "tendon", "bursa", "meniscus", "synovium"]
    assert not any("cord of collagen" in s.text for s in contents.sentences)
    assert any(s.text.startswith("A ligament is") for s in contents.sentences)


@pytest.mark.parametrize("mark", [": ", " – ", " — "])
def test_entries_may_stand_in_one_line(mark: str) -> None:
    lines = [f"{e.term}{mark}{e.said}" for e in read([passage(TEXT)]).terms[:5]]
    contents = read([passage("Glossary\n\n" + "\n\n".join(lines))])
    assert [e.term for e in contents.terms] == ["ligament", "tendon", "bursa", "meniscus", "synovium"]


def test_a_definition_is_cut_to_what_the_term_means() -> None:
    assert core_of_definition("cord of collagen that anchors a muscle; also called a sinew").endswith(
        "muscle"
    )
    assert core_of_definition("(also, articular disc) pad of cartilage inside some joints").startswith("pad")
    assert core_of_definition("rule by one person who inherits it, also known as kingship").endswith("it")
    assert not core_of_definition("see articular disc and its many relatives")
    assert not core_of_definition("slightly mobile joint")


def test_a_term_is_cited_from_the_text_where_the_text_says_the_same() -> None:
    drafts = {d.topic: d for d in asked(TEXT).open_questions()}
    assert drafts["ligament"].sentence.text.startswith("A ligament is a strong band")
    assert drafts["ligament"].answer == "ligament"
    assert drafts["tendon"].sentence.text.startswith("tendon cord of collagen")


def test_options_are_other_terms_of_the_list() -> None:
    terms = {"ligament", "tendon", "bursa", "meniscus", "synovium"}
    named = [a for a in asked(TEXT).quiz_questions() if a.draft.kind == "name"]
    assert named
    for item in named:
        assert len(item.options) >= 3
        assert set(item.options) <= terms - {item.draft.answer}


def test_what_is_written_of_a_list_stands_in_its_source() -> None:
    whole = " ".join(TEXT.split())
    for mode in Mode:
        questions = write_now((passage(TEXT),), Order(mode, 5))
        assert questions
        assert all(q.answer in q.source.quote and q.source.quote in whole for q in questions)


def test_a_list_makes_its_terms_worth_more_in_the_text() -> None:
    listed = Document.of([passage(TEXT)])
    assert {"ligament", "bursa"} <= listed.key_terms
    assert listed.defines("a ligament", "a strong band of dense connective tissue")
    assert not listed.defines("ligament", "the commonest injury of runners")
    assert listed.defines("femur", "the longest bone of the body")
