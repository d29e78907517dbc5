from __future__ import annotations

from dataclasses import replace

import pytest

from backend.models.documents import Passage
from backend.services.answering.forms import Form
from backend.services.answering.kinds import kind_of
from backend.services.sentence_choice import by_words, candidates, chosen, with_meant
from tests.support.house import House
from tests.unit.test_answers import ask

BONES = (
    "Many students ask about the sacrum. The sacrum has openings for nerves on both of its sides.\n\n"
    "The sacrum is a triangular bone at the base of the spine. View this animation to learn more of the sacrum.\n\n"
    "The lumbar region of the spine carries most of the weight. "
    "The spine of an adult consists of 24 vertebrae and two bones that have fused."
)
BLOOD = (
    "Arteries and veins belong to the circulation. Arteries and veins are vessels. "
    "Both arteries and veins have three layers.\n\n"
    "Arteries carry blood away from the heart under high pressure, so that their walls are thick. "
    "Arteries divide into arterioles.\n\n"
    "Veins bring blood back to the heart and hold valves that keep it from flowing backwards. "
    "Veins lie near the skin.\n\n"
    "The blood consists of:\n\n- red cells that carry oxygen\n\n- white cells that fight germs"
)

OWL = """The lantern owl is a small bird that glows faintly at night. It was described in 1887 by Ada Brennan.
The lantern owl lives in the beech forests of Vellmark. It weighs about 210 grams and eats moths and crickets.

To build a nest box for a lantern owl, first cut six boards of larch. Then drill a hole into the front board.
Next, screw the boards together. Finally, hang the box on the north side of a beech. Owls are fond of beeches.

The harbour owl is larger than the lantern owl. It lives on cliffs along the coast. It does not glow.
It weighs 480 grams. The harbour owl was described in 1912 by Tomas Reil.
"""


def form(question: str) -> Form:
    return Form.of(question, kind_of(question))


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What is the sacrum?", ("sacrum",)),
        ("What's osmosis", ("osmosis",)),
        ("What\u2019s osmosis", ("osmosis",)),
        ("What are ligaments?", ("ligaments",)),
        ("Who was Marie Curie?", ("marie", "curie")),
        ("What does modus ponens mean?", ("modus", "ponens")),
        ("What is meant by entropy?", ("entropy",)),
        ("What is the definition of entropy?", ("entropy",)),
        ("Define osmosis.", ("osmosis",)),
        ("When was the tower built?", ()),
        ("Why do leaves fall?", ()),
    ],
)
def test_what_a_definition_is_asked_of(question: str, terms: tuple[str, ...]) -> None:
    assert form(question).defined == terms


@pytest.mark.parametrize(
    ("question", "sides"),
    [
        ("What is the difference between xylem and phloem?", (("xylem",), ("phloem",))),
        ("How does mitosis differ from meiosis?", (("mitosis",), ("meiosis",))),
        ("How are wild cats different from dogs?", (("wild", "cats"), ("dogs",))),
        ("Compare arteries with veins.", (("arteries",), ("veins",))),
        ("xylem vs. phloem", (("xylem",), ("phloem",))),
        ("Which is larger than the other?", ()),
    ],
)
def test_what_is_compared(question: str, sides: tuple[tuple[str, ...], ...]) -> None:
    assert form(question).sides == sides


async def test_a_definition_comes_first(house: House) -> None:
    document = await house.add(BONES)
    passage = Passage(document.id, document.filename, tuple(await house.catalog.chunk_range(document, 0, 99)))
    asked = form("What is the sacrum?")
    ranked = by_words(asked, candidates([passage], {document.id: document}))
    best = [c.text for c in chosen(asked, ranked, [0.0] * len(ranked))]
    assert best[0] == "The sacrum is a triangular bone at the base of the spine."
    assert not any(text.startswith("View this") for text in best)


async def test_a_number_that_is_asked_for_is_given(house: House) -> None:
    await house.add(BONES)
    answer = await ask(house, "How many vertebrae does the spine have?")
    assert "24 vertebrae" in answer.text


async def test_each_side_of_a_comparison_has_its_sentence(house: House) -> None:
    await house.add(BLOOD)
    answer = await ask(house, "What is the difference between arteries and veins?")
    assert "Arteries carry blood away" in answer.text
    assert "Veins bring blood back" in answer.text or "Veins lie near the skin" in answer.text


async def test_marks_of_a_list_and_leads_are_not_quoted(house: House) -> None:
    await house.add(BLOOD)
    answer = await ask(house, "Which cells of the blood fight germs and which carry oxygen?")
    assert "white cells that fight germs [" in answer.text
    assert "- " not in answer.text
    assert "consists of:" not in answer.text


async def test_a_quotation_stands_at_its_place_in_the_document(house: House) -> None:
    document = await house.add(BLOOD)
    answer = await ask(house, "Which cells fight germs?")
    assert answer.citations
    assert document.id == answer.sources[0].document.id
    for citation in answer.citations:
        assert " ".join(BLOOD[citation.start : citation.end].split()) == citation.quote


async def best_of(house: House, text: str, question: str) -> list[str]:
    """What is quoted where meaning tells nothing."""
    document = await house.add(text)
    passage = Passage(document.id, document.filename, tuple(await house.catalog.chunk_range(document, 0, 99)))
    asked = form(question)
    scored = by_words(asked, candidates([passage], {document.id: document}))
    ranked = scored[: asked.size.compared]
    return [c.text for c in with_meant(scored, chosen(asked, ranked, [0.0] * len(ranked)))]


@pytest.mark.parametrize(
    ("question", "said", "meant"),
    [
        ("What does the lantern owl eat?", "It weighs about 210", "The lantern owl lives"),
        ("Who described the lantern owl?", "It was described in 1887", "The lantern owl is a small"),
        ("How much does the harbour owl weigh?", "It weighs 480", "It does not glow"),
    ],
)
async def test_a_sentence_about_it_is_about_what_stood_before_and_is_quoted_with_it(
    house: House, question: str, said: str, meant: str
) -> None:
    best = await best_of(house, OWL, question)
    assert [text for text in best if text.startswith(said)]
    assert [text for text in best if text.startswith(meant)]


async def test_the_steps_that_follow_are_told(house: House) -> None:
    best = await best_of(house, OWL, "How do I build a nest box for an owl?")
    for step in ("To build a nest box", "Then drill", "Next, screw", "Finally, hang"):
        assert [text for text in best if text.startswith(step)], step
    assert not [text for text in best if text.startswith("Owls are fond")]


async def test_a_heading_is_not_quoted(house: House) -> None:
    document = await house.add("The nest box\n\nA nest box is made of larch.")
    chunks = [
        replace(c, heading="Birds > The nest box") for c in await house.catalog.chunk_range(document, 0, 9)
    ]
    passage = Passage(document.id, document.filename, tuple(chunks))
    found = candidates([passage], {document.id: document})
    assert [c.text for c in found] == ["A nest box is made of larch."]


async def test_a_summary_of_everything_has_a_sentence_of_each_document(house: House) -> None:
    for text in (BONES * 4, OWL, "Corliss patented a valve for steam engines. It saved a third of the coal."):
        await house.add(text)
    answer = await ask(house, "Summarize the documents")
    cited = {answer.sources[c.number - 1].document.id for c in answer.citations}
    assert len(cited) == 3
