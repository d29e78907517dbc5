"""Wrong options: of the key's kind, of its form and wrong for sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from extractive_checks import passage

from backend.adapters.extractive.asking import points_elsewhere, says_little
from backend.adapters.extractive.distractors import Distractors, Fit
from backend.adapters.extractive.finishing import Item
from backend.adapters.extractive.likeness import sharpened
from backend.adapters.extractive.numbers_beside import numbers_beside
from backend.adapters.extractive.options import number_options
from backend.adapters.extractive.quiz import Quiz
from backend.adapters.extractive.reading import Document
from backend.adapters.extractive.sentences import read
from backend.adapters.extractive.terms import Vocabulary
from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order

GLANDS = (
    "Growth hormone is a protein that the pituitary gland releases. "
    "Thyroid hormone raises the use of oxygen in the tissues. "
    "Parathyroid hormone raises the calcium of the blood. "
    "A hormone travels in the blood to the organs that have receptors for it.\n\n"
    "Cortisol is a hormone of the adrenal gland. "
    "Insulin is a hormone of the pancreas. "
    "The steroid hormone aldosterone is made in the adrenal gland.\n\n"
    "Workers mine the iodine of the salt. The merchants sold the salt to the physicians of the town."
)


class NoModel:
    """An embedder that nothing may be asked of."""

    dimension = 1
    fingerprint = "none"

    async def embed(self, texts: Sequence[str]) -> Any:
        raise AssertionError(texts)


MORE_TERMS = (
    ("lagoon", "shallow lake cut off from the sea by a bar of sand"),
    ("oxbow", "curved lake left behind where a stream took a shorter way"),
    ("glacier", "mass of ice that moves slowly down a slope under its weight"),
    ("moraine", "ridge of rubble that ice has pushed along and left"),
    ("estuary", "wide mouth of a stream into which the tide flows"),
    ("canyon", "deep cleft between cliffs cut by running water"),
    ("basin", "area of land from which all rain runs into one stream"),
    ("rapids", "stretch where water runs fast over rocks and steps"),
)


def vocabulary(text: str) -> Vocabulary:
    return Vocabulary(Document.of([passage(text)]))


@pytest.mark.parametrize("number", ["71,000", "1,000", "1815", "2016", "450", "60,000"])
def test_neighbours_of_a_number_are_as_round_as_it_is(number: str) -> None:
    others = numbers_beside(number)
    assert others is not None
    if "," in number:
        assert all("," in o for o in others)
        assert all(o.endswith("00") for o in others)


def test_no_year_to_come_is_an_option() -> None:
    assert all(int(o) <= 2025 for year in range(2000, 2026) for o in numbers_beside(str(year)) or ())


def test_a_number_that_the_sentence_names_is_no_option() -> None:
    assert number_options("5", ["4", "6", "7"], "The 6 wards hold 5 beds.") is None
    assert number_options("5", ["4", "6", "7"], "The 16 wards hold 5 beds.") == ("4", "6", "7")


def test_a_word_for_many_kinds_is_too_general() -> None:
    words = vocabulary(GLANDS)
    assert words.general(words.terms["hormone"])
    assert not words.general(words.terms["growth hormone"])
    assert not words.general(words.terms["insulin"])


def test_the_genus_of_the_key_is_no_option() -> None:
    words = vocabulary(GLANDS)
    found = Distractors(words).for_term(words.terms["insulin"], 5, "the pancreas", Fit(near=True)) or []
    assert "hormone" not in {t.low for t in found}


def test_a_list_of_terms_lends_its_definitions_to_the_text() -> None:
    text = (
        "A meander is a bend of a river that grows as water wears its outer bank.\n\nKey Terms\n\n"
        "delta\n\nland of mud that builds up at the mouth of a stream\n\n"
        "levee\n\nbank of earth that keeps floods away from fields\n\n"
        "gorge\n\nnarrow valley with steep walls of hard rock\n\n"
        "spring\n\nplace where water comes out of the ground by itself\n\n"
        + "".join(f"{w}\n\n{d}\n\n" for w, d in MORE_TERMS)
    )
    quiz = {q.stem: q for q in write_now((passage(text),), Order(Mode.QUIZ, 25))}
    asked = quiz["What is a meander?"]
    assert asked.answer == "bend of a river that grows as water wears its outer bank"
    assert len(set(asked.options)) == 4


def test_a_thing_is_not_said_to_be_what_a_sentence_says_it_is() -> None:
    words = vocabulary(
        "Plane joints are classified as multiaxial joints. A plane joint is a joint of flat bones. "
        "A multiaxial joint is a joint that moves in all directions. The hinge joints bend in one plane."
    )
    found = Distractors(words).for_term(words.terms["plane joints"], 3, "the wrist", Fit(near=True)) or []
    assert "multiaxial joints" not in {t.low for t in found}


def test_people_and_things_are_told_apart() -> None:
    terms = vocabulary(GLANDS).terms
    assert terms["workers"].animate
    assert terms["physicians"].animate
    assert not terms["insulin"].animate
    assert not terms["organs"].animate


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("marie curie", "person"),
        ("lobsang rinpal", "person"),
        ("river danube", ""),
        ("vienna", "place"),
        ("danube valley", "place"),
        ("vienna university", "body"),
        ("opium war ii", "body"),
        ("philip ii", "person"),
    ],
)
def test_names_are_sorted_by_what_they_name(name: str, sort: str) -> None:
    text = (
        "The book of Marie Curie was printed in Vienna. The boats of Lobsang Rinpal crossed the Danube Valley. "
        "Many saw that Rinpal built the boats. The rooms of Vienna University are large. "
        "They said the River Danube froze. The ships of Philip II sank before Opium War II began."
    )
    words = vocabulary(text)
    assert words.sort_of(words.terms[name]) == sort


@pytest.mark.parametrize(
    ("answer", "pointing"),
    [
        ("by passing through these openings", True),
        ("because of this", True),
        ("due to it", True),
        ("because of such changes", True),
        ("those of the frog", False),
        ("organs such as the liver", False),
        ("because it stores water", False),
    ],
)
def test_answers_that_point_elsewhere_are_seen(answer: str, *, pointing: bool) -> None:
    assert points_elsewhere(answer) is pointing


@pytest.mark.parametrize(
    ("stem", "little"),
    [
        ("What do human beings need?", True),
        ("What do people need?", True),
        ("What does the body have?", True),
        ("What does the liver produce?", False),
    ],
)
def test_questions_that_name_nothing_are_seen(stem: str, *, little: bool) -> None:
    assert says_little(stem) is little


def test_a_made_up_case_is_marked_to_its_end() -> None:
    text = "Justice is the virtue of institutions. Suppose that Anna finds a purse. Anna keeps the purse for herself."
    assert [s.illustrates for s in read([passage(text)]).sentences] == [False, True]


def test_facts_come_before_made_up_cases() -> None:
    case = "Suppose that Anna owns a bakery in Lyon. Anna baked 300 loaves of bread for the town of Lyon in 1998."
    fact = "The bakers of Lyon formed a guild in 1423 that fixed the price of bread for the whole city."
    questions = write_now((passage(f"{case}\n\n{fact}"),), Order(Mode.PRACTICE, 1))
    assert [q.source.quote for q in questions] == [fact]


def test_a_list_without_a_comma_before_and_stays_whole() -> None:
    text = "The Estates-General was an assembly of the clergy, the nobility and the commoners."
    answers = [q.answer for q in write_now((passage(text),), Order(Mode.PRACTICE, 1))]
    assert answers == ["an assembly of the clergy, the nobility and the commoners"]


def test_a_name_and_its_verb_are_no_term() -> None:
    terms = vocabulary("The dog barks when Henry looks at the moon. The men of Henry saw the moon.").terms
    assert "henry looks" not in terms
    assert "henry" in terms


async def test_a_key_that_begins_with_a_number_has_three_options_beside_it() -> None:
    quiz = Quiz(Document.of([passage(GLANDS)]))
    draft = replace(quiz.gaps[0][1].draft, answer="193 amino acids in a row")
    item = Item(draft, (passage(GLANDS),), tuple("abcdefg"))
    assert [i.options for i in await sharpened([item], NoModel())] == [("a", "b", "c")]


def test_the_text_itself_is_no_subject() -> None:
    text = "The introductory chapter provides a long study of the methods of the early schools of logic."
    assert write_now((passage(text),), Order(Mode.PRACTICE, 5)) == []
