from __future__ import annotations

import pytest
from extractive_checks import passage

from backend.adapters.extractive.asking import ask
from backend.adapters.extractive.numbers_beside import numbers_beside
from backend.adapters.extractive.reading import Document, Reading
from backend.adapters.extractive.sentences import read
from backend.adapters.extractive.terms import Vocabulary
from backend.adapters.extractive.verbs import VERBS, base_of_past, base_of_third
from backend.utils.languages import language_of
from backend.utils.stems import stem

FILLER = "The heart is a muscular organ that pumps the blood of the body. "


def reading(sentence: str) -> Reading:
    return Document.of([passage(f"{FILLER}\n\n{sentence}")]).readings[-1]


def sentences(text: str) -> list[str]:
    return [s.text for s in read([passage(text)]).sentences]


def test_abbreviations_decimals_and_initials_do_not_end_a_sentence() -> None:
    text = (
        "The rate was 3.5 times that of Dr. Smith and of J. R. Brown. The second sentence follows the first."
    )
    assert len(sentences(text)) == 2


def test_sentences_cross_chunk_borders() -> None:
    long = (
        "The membrane that surrounds the cell "
        + "and separates the inner from the outer fluid " * 5
        + "is very thin."
    )
    assert sentences(long) == [long]


@pytest.mark.parametrize(
    "text",
    [
        "Figure 7.2: The skull of an adult seen from the front and from the side.",
        "Learning Objectives\n\nThe student describes the cell and its parts in a few words.",
        "References\n\nThe cell was described in a book that many people have read since.",
        "alpha cells | 12 of them are in the islet of the gland.",
        "Watch the animation that shows how the blood flows through the heart.",
        "The heading of the chapter without a full stop",
        "See https://example.org for more about the cell and the parts of the cell.",
    ],
)
def test_what_is_no_prose_is_left_out(text: str) -> None:
    assert sentences(text) == []


def test_a_heading_glued_to_a_sentence_is_cut_off() -> None:
    assert sentences("Sphenoid Bone The sphenoid bone is a single bone of the central skull.") == [
        "The sphenoid bone is a single bone of the central skull."
    ]


def test_a_passage_that_begins_inside_a_sentence_loses_its_first_piece() -> None:
    whole = passage(
        "The first part of the text is long enough to fill a chunk of its own, " * 8
        + "as it ends here. The heart pumps the blood through the body."
    )
    tail = type(whole)("doc", "doc", whole.chunks[1:])
    assert [s.text for s in read([tail]).sentences] == ["The heart pumps the blood through the body."]


@pytest.mark.parametrize(
    ("sentence", "subject", "verb"),
    [
        ("The liver produces bile.", "The liver", "produces"),
        ("The cells that line the stomach secrete mucus.", "The cells that line the stomach", "secrete"),
        ("In the embryo, the tube gives rise to the brain.", "the tube", "gives"),
        ("The vagus nerve innervates the heart and the lungs.", "The vagus nerve", "innervates"),
        ("Blood vessels and nerves pass through the canal.", "Blood vessels and nerves", "pass"),
        ("However, the walls of the atria are thin and smooth.", "the walls of the atria", "are"),
    ],
)
def test_subject_and_verb_are_found(sentence: str, subject: str, verb: str) -> None:
    found = reading(sentence)
    assert found.clause is not None
    assert found.text(found.clause.subject) == subject
    assert found.clause.verb_low == verb


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The liver produces bile.", "What does the liver produce?"),
        ("The kidneys filter the blood.", "What do the kidneys filter?"),
        ("Lavoisier wrote a book about the air.", "What did Lavoisier write?"),
        ("The gland can release the hormone.", "What can the gland release?"),
        ("In the embryo, the tube forms a ring.", "In the embryo, what does the tube form?"),
    ],
)
def test_questions_are_inverted(sentence: str, question: str) -> None:
    found = reading(sentence)
    assert found.clause is not None
    assert ask(found, found.clause, "What") == question


@pytest.mark.parametrize(
    ("words", "alone"),
    [
        ("The liver of the frog", True),
        ("This organ", False),
        ("The process", False),
        ("The process of osmosis", True),
        ("Their parts", False),
        ("The former", False),
    ],
)
def test_pointers_without_referent_are_seen(words: str, alone: bool) -> None:
    found = reading(f"{words} is important for the life of every animal.")
    assert found.stands_alone((0, len(words.split()))) is alone


@pytest.mark.parametrize(
    ("form", "base"),
    [
        ("carries", "carry"),
        ("passes", "pass"),
        ("produces", "produce"),
        ("innervates", "innervate"),
        ("goes", "go"),
    ],
)
def test_third_person_forms_have_a_base(form: str, base: str) -> None:
    assert base_of_third(form) == base


def test_past_forms_have_a_base_only_where_the_verb_is_known() -> None:
    assert [base_of_past(f) for f in ("wrote", "stopped", "carried", "grobbled")] == [
        "write",
        "stop",
        "carry",
        None,
    ]


def test_every_verb_has_five_forms() -> None:
    assert all(all((v.base, v.third, v.past, v.participle, v.gerund)) for v in VERBS.values())
    assert VERBS["occur"].past == "occurred"
    assert VERBS["lie"].gerund == "lying"
    assert VERBS["make"].gerund == "making"


@pytest.mark.parametrize("number", ["four", "4", "1777", "206", "60", "1,000", "0.04", "2", "350"])
def test_other_numbers_are_written_like_the_key(number: str) -> None:
    others = numbers_beside(number)
    assert others is not None
    assert len({number, *others}) == 4
    assert all(o.isalpha() == number.isalpha() for o in others)
    assert all(("," in o) == ("," in number) for o in others)


def test_words_that_are_no_numbers_have_no_neighbours() -> None:
    assert numbers_beside("thousand") is None
    assert numbers_beside("3/4") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The cell is the smallest unit of life and it is found in all of the plants.", "en"),
        ("Die Zelle ist die kleinste Einheit des Lebens und sie wird von der Membran begrenzt.", "de"),
        ("La cellule est la plus petite unité de la vie et elle est dans les plantes.", "fr"),
        ("La célula es la unidad más pequeña de la vida y está en las plantas.", "es"),
        ("细胞是生命的基本单位。", "zh"),
        ("Клетка является основной единицей жизни и растений на земле всегда.", "ru"),
    ],
)
def test_languages_are_told_apart(text: str, code: str | None) -> None:
    assert language_of(text) == code


def test_terms_carry_number_name_and_genus() -> None:
    text = (
        "The esophagus is a muscular tube. Ludwig Boltzmann (1844) studied gases. The tendons join muscles."
    )
    terms = Vocabulary(Document.of([passage(FILLER + text)])).terms
    assert terms["esophagus"].genus == "tube"
    assert terms["tendons"].plural
    assert terms["ludwig boltzmann"].name


def test_forms_of_a_word_share_a_stem() -> None:
    assert stem("neurons") == stem("neuron")
    assert stem("secretion") == stem("secretes")
