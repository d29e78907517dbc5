"""Texts of ten sentences: nearly each good sentence gives an item, and the options come from its neighbours."""

from __future__ import annotations

import re

import pytest
from extractive_checks import assert_sound, passage

from backend.adapters.extractive import wordnet
from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order, Question

VOLCANOES = (
    "A volcano is an opening in the crust of a planet through which molten rock, ash and gases escape. "
    "Magma is molten rock beneath the surface of the Earth. "
    "Lava is molten rock that has reached the surface. "
    "A caldera is a large basin that forms when the roof of an emptied magma chamber collapses. "
    "Shield volcanoes are broad and gently sloping because their lava is thin and flows far. "
    "Mount Tambora erupted in 1815 and killed about 71,000 people on the island of Sumbawa. "
    "Pumice is a light rock that forms when frothy lava cools quickly. "
    "The Ring of Fire contains about 450 volcanoes around the Pacific Ocean. "
    "Geologists monitor volcanoes by measuring gases, ground movement and small earthquakes."
)
PAINTERS = (
    "Johannes Vermeer was born in Delft in 1632. "
    "Vermeer married Catharina Bolnes in 1653, and the couple had fifteen children. "
    "The painter Carel Fabritius died in 1654 when a store of gunpowder exploded in Delft. "
    "A camera obscura is a dark box in which a lens throws an image of the scene on a screen. "
    "However, this is not certain. "
    "Peter Paul Rubens was educated in Antwerp and became the court painter of the archduke. "
    "Karl van Mander wrote a book about the lives of Dutch painters in 1604. "
    "Lapis lazuli is a blue stone that was ground to make the pigment ultramarine. "
    "Pieter Bruegel was buried in Brussels in 1569. "
    "Rembrandt van Rijn was born in Leiden in 1606 and was the son of a miller. "
    "An etching is a print from a metal plate whose lines were cut by acid."
)
TEXTS = (VOLCANOES, PAINTERS)


def items(text: str, mode: Mode) -> list[Question]:
    passages = (passage(text),)
    questions = write_now(passages, Order(mode, 25))
    assert_sound(questions, passages, mode)
    return questions


@pytest.mark.parametrize("text", TEXTS)
def test_one_open_question_for_each_two_sentences_at_least(text: str) -> None:
    assert len(items(text, Mode.PRACTICE)) >= text.count(". ") / 2


@pytest.mark.parametrize("text", TEXTS)
def test_one_quiz_item_for_each_three_sentences_at_least(text: str) -> None:
    assert len(items(text, Mode.QUIZ)) >= text.count(". ") / 3


def test_defined_terms_are_options_of_each_other() -> None:
    quiz = {q.answer.lower(): q for q in items(VOLCANOES, Mode.QUIZ)}
    others = {o.lower() for o in quiz["pumice"].options}
    assert others <= {"pumice", "magma", "lava", "caldera", "volcano"}


def test_a_term_that_fits_the_stem_as_well_is_no_option() -> None:
    text = (
        "Granite is a hard rock of large crystals of quartz and feldspar. "
        "Gneiss is a hard rock of large crystals of quartz in bands. "
        "Basalt is a dark stone from the floor of the sea. "
        "Chalk is a soft stone made of the shells of plankton. "
        "Slate is a stone that splits into thin sheets for roofs. "
        "Marble is limestone that heat has changed."
    )
    granite = [q for q in items(text, Mode.QUIZ) if q.answer == "Granite"]
    assert all("Gneiss" not in q.options for q in granite)


def test_a_person_stands_beside_persons() -> None:
    text = (
        "Karl van Mander described the guild of Haarlem. Rubens was educated in Antwerp. "
        "The guild of Delft was led by Johannes Vermeer. Many painters of Utrecht admired Peter Paul Rubens. "
        "Pieter Bruegel was buried in Brussels. The Scheldt flows from Cambrai to the North Sea."
    )
    people = {"Vermeer", "Rubens", "Mander", "Bruegel"}
    asked = [q for q in items(text, Mode.QUIZ) if q.answer.split()[-1] in people]
    assert asked
    assert all(o.split()[-1] in people or wordnet.is_person(o) for q in asked for o in q.options)


def test_names_at_the_start_of_a_sentence_keep_their_capital() -> None:
    shown = " ".join(q.stem + " ".join(q.options) for m in Mode for q in items(PAINTERS, m))
    assert not re.search(r"\b(?:karl|rembrandt|johannes|pieter|peter)\b", shown)


def test_sentences_that_point_elsewhere_are_not_completed() -> None:
    shown = [q.source.quote for m in Mode for q in items(PAINTERS, m)]
    assert "However, this is not certain." not in shown


def test_a_gap_in_practice_says_what_is_missing() -> None:
    gaps = [q.stem for q in items(VOLCANOES, Mode.PRACTICE) if "missing" in q.stem]
    assert gaps
    assert all(re.match(r"Which (?:year|number|name|term) is missing: “.*….*”\?$", g) for g in gaps)


def test_a_definition_is_asked_as_a_question_rather_than_a_gap() -> None:
    stems = [q.stem for q in items(VOLCANOES, Mode.QUIZ)]
    assert not [s for s in stems if s.startswith("Complete the sentence: _____ is ")]


def test_a_long_sentence_is_completed_without_its_last_clause() -> None:
    text = (
        "The treaty of peace was signed by the envoys of the Swedish Empire in the town hall of Osnabrück, "
        "which had been chosen because it lay between the lines of the two armies and because they "
        "could all reach it without crossing the land of an enemy who had not given his word."
    )
    stems = [q.stem for q in items(text, Mode.PRACTICE)]
    assert stems
    assert not [s for s in stems if "chosen" in s]


@pytest.mark.parametrize(
    "sentence",
    [
        "Keywords: river systems, Danube delta, sediment transport that is measured by the Danube Institute.",
        "Lemma 2 is a consequence of the theorem that Emmy Noether proved for the Göttingen lectures.",
        "You can see in your own garden how my friend Charles Darwin measured the work of earthworms.",
        "The Danube couldn’t be crossed by the army of Prince Eugene without the bridge at Belgrade.",
    ],
)
def test_what_is_no_statement_of_the_text_is_not_completed(sentence: str) -> None:
    text = f"{sentence} {VOLCANOES}"
    assert sentence not in {q.source.quote for m in Mode for q in items(text, m) if "missing" in q.stem}
    assert sentence not in {q.source.quote for q in items(text, Mode.QUIZ) if "_____" in q.stem}
