from __future__ import annotations

import re

import pytest

from backend.errors import DocumentNotFound, EmptyLibrary
from backend.models.answers import Answer
from backend.services.answers import NOTHING_FOUND
from tests.support.documents import accept, new_document
from tests.support.house import TENANT, House

LEAVES = (
    "Chlorophyll is the pigment that makes leaves green. It absorbs red and blue light.\n\n"
    "Roots drink water from the soil. Stomata let air into the leaf and close at night.\n\n"
    "Which pigment makes leaves green?\n\n"
    "Xylem carries water upwards. Phloem carries sugar downwards to the roots."
)


async def ask(house: House, question: str, k: int = 4, ids: list[str] | None = None) -> Answer:
    return await house.answers.answer(TENANT, question, k, ids)


def cited(answer: Answer) -> list[int]:
    return [int(number) for number in re.findall(r"\[(\d+)\]", answer.text)]


def quoted(answer: Answer) -> list[tuple[str, int]]:
    pieces = re.findall(r"(.+?) \[(\d+)\](?: |$)", answer.text)
    return [(text, int(number)) for text, number in pieces]


async def test_every_sentence_stands_in_the_source_that_it_cites(house: House) -> None:
    document = await house.add(LEAVES)
    answer = await ask(house, "Which pigment makes leaves green?")
    assert answer.text.startswith("Chlorophyll is the pigment that makes leaves green. [1]")
    assert answer.model == "extractive"
    assert 1 <= len(quoted(answer)) <= 3
    for text, number in quoted(answer):
        source = answer.sources[number - 1]
        assert text in " ".join(source.passage.text.split())
        assert source.document.id == document.id
    assert 0 <= answer.retrieval_ms <= answer.total_ms


async def test_the_question_itself_is_no_answer(house: House) -> None:
    await house.add(LEAVES)
    answer = await ask(house, "Which pigment makes leaves green?")
    assert "Which pigment" not in answer.text


async def test_what_is_not_in_the_documents_is_said(house: House) -> None:
    await house.add(LEAVES)
    answer = await ask(house, "Who won the football championship?")
    assert (answer.text, answer.sources) == (NOTHING_FOUND, ())


@pytest.mark.parametrize("question", ["???", "\0", "a", "’", "😀"])
async def test_a_question_without_words_is_answered_too(house: House, question: str) -> None:
    await house.add(LEAVES)
    assert (await ask(house, question)).text


async def test_an_empty_library_is_said(house: House) -> None:
    with pytest.raises(EmptyLibrary):
        await ask(house, "Anything?")
    waiting = await accept(house.catalog, new_document())
    with pytest.raises(EmptyLibrary):
        await ask(house, "Anything?")
    with pytest.raises(EmptyLibrary):
        await ask(house, "Anything?", ids=[waiting.id])


async def test_only_the_named_documents_are_asked(house: House) -> None:
    await house.add(LEAVES, "leaves.txt")
    other = await house.add("Chlorophyll in algae is a pigment, too. Algae live in water.", "algae.txt")
    answer = await ask(house, "Which pigment is chlorophyll?", ids=[other.id])
    assert {s.document.filename for s in answer.sources} == {"algae.txt"}
    with pytest.raises(DocumentNotFound):
        await ask(house, "Which pigment?", ids=[other.id, "none"])


async def test_another_tenants_documents_are_not_asked(house: House) -> None:
    document = await house.add(LEAVES, tenant="other")
    with pytest.raises(EmptyLibrary):
        await ask(house, "Which pigment makes leaves green?")
    with pytest.raises(DocumentNotFound):
        await ask(house, "Which pigment makes leaves green?", ids=[document.id])


async def test_there_are_no_more_sources_than_asked_and_none_twice(house: House) -> None:
    facts = [f"Fact {n}: the pigment number {n} makes leaf {n} green in the garden. " * 8 for n in range(30)]
    await house.add("\n\n".join(facts))
    for k in (1, 2, 5):
        answer = await ask(house, "Which pigment makes a leaf green in the garden?", k)
        assert 1 <= len(answer.sources) <= k
        found = [s.passage.found.id for s in answer.sources]
        assert len(set(found)) == len(found)
        assert set(cited(answer)) <= set(range(1, len(answer.sources) + 1))


async def test_a_number_in_brackets_of_the_text_is_no_marker(house: House) -> None:
    await house.add("Chlorophyll is the green pigment of leaves.[17] It was named in 1817.[99]")
    answer = await ask(house, "What is the green pigment of leaves?")
    assert "(17)" in answer.text
    assert set(cited(answer)) == {1}


@pytest.mark.slow
async def test_the_cited_chunk_is_the_one_that_holds_the_sentence(house: House) -> None:
    filler = "Many words stand here that say little about much and fill the page to its end. " * 6
    pages = [filler, f"{filler}The tower was opened in 1889. {filler}", filler]
    await house.add("\f".join(pages), "tower.txt")
    answer = await ask(house, "When was the tower opened?")
    (number,) = {number for text, number in quoted(answer) if "1889" in text}
    assert "1889" in answer.sources[number - 1].chunk.text
    assert answer.sources[number - 1].chunk.page == 2


async def test_notes_without_full_stops_are_quoted(house: House) -> None:
    await house.add("chlorophyll green pigment of leaves\n\nxylem carries water")
    answer = await ask(house, "chlorophyll pigment of leaves")
    assert "chlorophyll green pigment of leaves [1]" in answer.text
