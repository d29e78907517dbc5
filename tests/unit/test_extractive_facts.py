"""Questions for who, when, where and how many, from sentences as encyclopaedias write them."""

from __future__ import annotations

import pytest
from extractive_checks import assert_sound, passage

from backend.adapters.extractive.antecedents import with_antecedents
from backend.adapters.extractive.open_questions import drafts
from backend.adapters.extractive.reading import Document
from backend.adapters.extractive.writer import write_now
from backend.models.questions import Mode, Order


def asked(text: str) -> dict[str, str]:
    return {d.stem: d.answer for d in drafts(with_antecedents(Document.of([passage(text)])))}


@pytest.mark.parametrize(
    ("sentence", "stem", "answer"),
    [
        ("The last plague outbreak ravaged Oslo in 1654.", "In what year did the last plague outbreak ravage Oslo?", "1654"),
        ("In 2010 the Amazon rainforest experienced a severe drought.", "In what year did the Amazon rainforest experience a severe drought?", "2010"),
        ("Plague occurred in Venice 22 times between 1361 and 1528.", "When did plague occur in Venice 22 times?", "between 1361 and 1528"),
        ("Johannes Vermeer was born in Delft in 1632.", "Where was Johannes Vermeer born?", "in Delft"),
        ("The name oxygen was coined in 1777 by Antoine Lavoisier, whose experiments were famous.", "Who coined the name oxygen in 1777?", "Antoine Lavoisier"),
        ("The record was held by John Elway, who led the Broncos to victory in Super Bowl XXXIII.", "Who led the Broncos to victory in Super Bowl XXXIII?", "John Elway"),
        ("Martin Luther, a German professor of theology, published the Ninety-five Theses in 1517.", "Who was Martin Luther?", "a German professor of theology"),
        ("Martin Luther, a German professor of theology, published the Ninety-five Theses in 1517.", "What did Martin Luther publish in 1517?", "the Ninety-five Theses"),
        ("The plague killed 50,000 people in Venice.", "How many people did the plague kill in Venice?", "50,000"),
        ("Thirty-seven outbreaks were recorded in Constantinople.", "How many outbreaks were recorded in Constantinople?", "Thirty-seven"),
        ("Brazil is the largest producer of soybeans in South America.", "What is the largest producer of soybeans in South America?", "Brazil"),
        ("A natural number greater than 1 that is not a prime number is called a composite number.", "What is a natural number greater than 1 that is not a prime number called?", "a composite number"),
        ("The nail bed is rich in blood vessels that feed the matrix.", "What is the nail bed rich in?", "blood vessels that feed the matrix"),
        ("Scholars compare alkaline metals, such as lithium, sodium, and potassium.", "What are examples of alkaline metals?", "lithium, sodium, and potassium"),
        ("Private Bill Committees have been set up to consider legislation on transport.", "Why have Private Bill Committees been set up?", "to consider legislation on transport"),
        ("The historian Fred Anderson suggests that Tanaghrisson acted to gain the support of the British.", "Which historian suggests that Tanaghrisson acted to gain the support of the British?", "Fred Anderson"),
        ("European nations gained access to the interior of Africa with the help of quinine.", "How did European nations gain access to the interior of Africa?", "with the help of quinine"),
        ("Hobson wrote much, and the Berlin Conference divided Africa among European powers.", "What did the Berlin Conference divide?", "Africa among European powers"),
    ],
)  # fmt: skip
def test_a_fact_is_asked_for(sentence: str, stem: str, answer: str) -> None:
    assert asked(sentence).get(stem) == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "In 1830 it took control of Algeria.",
        "They were born in Delft in 1632.",
        "In case of Climate Change, the Kyoto Protocol failed.",
        "Members are from the United Kingdom, the Republic of Ireland, or Malta.",
        "This dynasty, a family of rulers, ended in 1368.",
        "The plague killed 50,000 in 1576 and 30,000 in 1630.",
        "Hamlet, Macbeth, the Tempest, and Othello were written by Shakespeare.",
    ],
)
def test_what_points_elsewhere_or_is_one_of_many_is_not(sentence: str) -> None:
    assert not [s for s in asked(sentence) if s.startswith(("When", "In what year", "What is", "Who was"))]


def test_a_pronoun_is_read_as_the_subject_of_the_sentence_before() -> None:
    text = (
        "Ships reach the port of Jacksonville from the sea. Jacksonville is the largest city in the state of Florida. "
        "It has two international airports near the harbor."
    )
    assert asked(text)["How many international airports does Jacksonville have near the harbor?"] == "two"


def test_a_pronoun_that_may_mean_either_of_two_is_left_alone() -> None:
    text = "The treaty and the law were signed. It has two parts on trade in the south."
    assert not [stem for stem in asked(text) if "parts" in stem]


SPANISH = (
    "En 1950, el empresario Edward Noble nombró a Robert Kintner presidente de la cadena de televisión. "
    "La peste mató a 50 000 personas en Venecia durante los veranos de los años de la guerra. "
    "El ingeniero Carl von Linde desarrolló en 1895 el primer proceso para producir oxígeno en Alemania."
)


def test_names_and_years_are_left_out_of_spanish_sentences() -> None:
    passages = (passage(SPANISH),)
    questions = write_now(passages, Order(Mode.PRACTICE, 10))
    assert_sound(questions, passages, Mode.PRACTICE)
    assert {q.answer for q in questions} >= {"Edward Noble", "Venecia"}


def test_a_text_without_capitals_is_cut_at_its_spaced_stops() -> None:
    text = (
        "an experimental study of a wing in a propeller slipstream was made in order to determine the "
        "distribution of lift at different angles of attack . the results were compared with theory , "
        "which they confirmed . the phosphorescent lacquer technique was used for transition detection ."
    )
    found = asked(text)
    assert found["What was the phosphorescent lacquer technique used for?"] == "transition detection"
    assert found["Why was an experimental study of a wing in a propeller slipstream made?"].startswith(
        "in order"
    )
