"""Lists of key terms: read as entries, asked for in both modes, and what they lend the rest of the text."""

from __future__ import annotations

import pytest
from extractive_checks import passage

from backend.adapters.extractive.glossary import core_of_definition, echoes
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


HEART = """The Valves of the Heart

The tricuspid valve lies on the right. The mitral valve, also called the bicuspid valve, lies on the left.
The aortic valve and the pulmonary valve keep blood from flowing back.

Key Terms

valve

flap of tissue that lets blood pass in one direction

tricuspid valve

valve located between the right atrium and the right ventricle

mitral valve

valve located between the left atrium and the left ventricle

bicuspid valve

valve of two cusps that keeps blood out of the left lung

aortic valve

valve located at the root of the largest artery

pulmonary valve

valve that keeps blood from flowing back out of the vessel of the lungs

pacemaker

device that transmits electrical signals to the muscle of the heart

systole

period of time when the muscle of the heart is contracting

diastole

period of time when the muscle of the heart is relaxed and its chambers fill

chordae

strings of tough tissue that anchor flaps to the wall of the chamber
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


@pytest.mark.parametrize(
    ("term", "said", "echo"),
    [
        ("bipennate", "muscle whose pennate fibers run on both sides", True),
        ("law of noncontradiction", "rule that contradictory claims are never both true", True),
        ("intracellular fluid", "fluid interior of the cell", True),
        ("cardiology", "study of the heart", False),
    ],
)
def test_a_description_of_the_root_of_its_term_gives_it_away(term: str, said: str, *, echo: bool) -> None:
    assert echoes(term, said) is echo


def test_what_a_thing_does_is_no_definition_of_it() -> None:
    text = HEART.replace(
        "device that transmits electrical signals to the muscle of the heart", "moves the heart on and on"
    )
    assert "pacemaker" not in {a.draft.topic for a in asked(text).quiz_questions()}


def test_a_term_is_cited_from_the_text_where_the_text_says_the_same() -> None:
    drafts = {d.topic: d for d in asked(TEXT).open_questions()}
    assert drafts["ligament"].sentence.text.startswith("A ligament is a strong band")
    assert drafts["ligament"].answer == "ligament"
    assert drafts["tendon"].sentence.text.startswith("tendon cord of collagen")


def options(text: str, kind: str) -> dict[str, set[str]]:
    """The options of the items of a kind that come first, by what is asked for."""
    return {a.draft.topic: set(a.options) for a in asked(text).quiz_questions() if a.draft.kind == kind}


def test_terms_are_options_beside_terms_of_their_kind() -> None:
    named = options(HEART, "name")
    assert {"aortic valve", "mitral valve"} <= named["tricuspid valve"]
    assert named["tricuspid valve"] <= {"aortic valve", "mitral valve", "bicuspid valve", "pulmonary valve"}


def test_two_names_of_one_thing_are_no_options_of_each_other() -> None:
    named = options(HEART, "name")
    assert "bicuspid valve" not in named.get("mitral valve", set())
    assert "mitral valve" not in named.get("bicuspid valve", set())


def test_what_has_no_terms_of_its_kind_is_described_beside_others() -> None:
    best = {a.draft.topic: a.draft for a in reversed(list(asked(HEART).quiz_questions()))}
    assert best["pacemaker"].kind == "definition"
    described = options(TEXT, "definition")
    assert len(described["ligament"]) >= 3
    assert not any(o.startswith(("a ", "an ", "the ")) for found in described.values() for o in found)


def test_definitions_that_differ_in_what_counts_stand_beside_each_other() -> None:
    beat = (
        "\nfilling\n\nphase of a beat when blood runs into the lower chambers\n"
        "\nejection\n\nphase of a beat when blood is driven out into the vessels\n"
    )
    described = options(HEART + beat, "definition")
    assert any("relaxed" in o for o in described["systole"])


def test_what_is_several_is_no_description_of_one() -> None:
    assert not any("strings" in o for found in options(HEART, "definition").values() for o in found)


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
