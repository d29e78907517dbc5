from __future__ import annotations

import pytest

from backend.models.documents import Chunk, Passage
from backend.services.answering.citations import CitationReader
from backend.services.answering.prompts import NOT_IN_DOCUMENTS

PLANTS = "Chlorophyll is the pigment that makes leaves green. It absorbs red and blue light."
TOWER = "The tower was opened in 1889. It was never painted blue. It is 330 metres high."
CHINESE = "光合作用是植物将光能转化为化学能的过程。叶绿素存在于叶绿体中。"


def passage(text: str, key: int = 1, start: int = 100) -> Passage:
    return Passage("d", "d.txt", (Chunk(key, "d", key, text, start, start + len(text)),))


def read(text: str, *passages: Passage, size: int = 3) -> tuple[str, CitationReader]:
    reader = CitationReader(passages or (passage(PLANTS), passage(TOWER, 2)))
    said = [reader.feed(text[i : i + size]) for i in range(0, len(text), size)]
    return "".join([*said, reader.finish()]), reader


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("written", "kept", "dropped"),
    [
        ("Chlorophyll makes leaves green. [1]", "Chlorophyll makes leaves green. [1]", 0),
        ("Chlorophyll makes leaves green [1].", "Chlorophyll makes leaves green [1].", 0),
        ("Chlorophyll makes leaves green.[1][2] More.", "Chlorophyll makes leaves green. [1] More.", 1),
        ("Chlorophyll makes leaves green. [1, 2]", "Chlorophyll makes leaves green. [1]", 1),
        ("The tower was opened in 1889. [2]", "The tower was opened in 1889. [2]", 0),
        ("The tower was opened in 1898. [2]", "The tower was opened in 1898.", 1),
        ("The tower was painted blue. [2]", "The tower was painted blue.", 1),
        ("The tower was not opened in 1889. [2]", "The tower was not opened in 1889.", 1),
        ("Chlorophyll makes leaves green. [7]", "Chlorophyll makes leaves green.", 1),
        ("Chlorophyll makes leaves green. [0]", "Chlorophyll makes leaves green.", 1),
        ("- **Chlorophyll** makes leaves green [1]\n- x", "- **Chlorophyll** makes leaves green [1]\n- x", 0),
        ("1. The tower was opened in 1889. [2]", "1. The tower was opened in 1889. [2]", 0),
        ("An array a[i] and [see] this [", "An array a[i] and [see] this [", 0),
        ("No marker at all.", "No marker at all.", 0),
        ("[1] stands before everything.", " stands before everything.", 1),
    ],
)
def test_markers_stay_where_their_source_says_so(written: str, kept: str, dropped: int, size: int) -> None:
    said, reader = read(written, size=size)
    assert (said, reader.dropped) == (kept, dropped)
    assert said.count("[1]") + said.count("[2]") == len(reader.citations)


def test_a_citation_is_the_very_place() -> None:
    _, reader = read("It is 330 metres high. [2]")
    (citation,) = reader.citations
    assert citation.quote == "It is 330 metres high."
    assert TOWER[citation.start - 100 : citation.end - 100] == citation.quote
    assert citation.chunk.key == 2


def test_a_sentence_after_another_one_is_judged_alone() -> None:
    said, reader = read("Chlorophyll makes leaves green. The tower is 330 metres high. [1]")
    assert reader.dropped == 1
    assert "[1]" not in said


def test_scripts_without_spaces_are_judged_too() -> None:
    said, reader = read("叶绿素存在于叶绿体中。[1]", passage(CHINESE))
    assert (reader.dropped, "[1]" in said) == (0, True)
    assert read("长城是中国古代的军事防御工程。[1]", passage(CHINESE))[1].dropped == 1


@pytest.mark.parametrize("written", [NOT_IN_DOCUMENTS, f"{NOT_IN_DOCUMENTS}.", f" **{NOT_IN_DOCUMENTS}**"])
def test_an_answer_that_is_none_is_not_handed_on(written: str) -> None:
    said, reader = read(written)
    assert (said, reader.says_nothing) == ("", True)


def test_an_answer_that_begins_like_none_is_handed_on() -> None:
    said, reader = read("NOT all leaves are green")
    assert (said, reader.says_nothing) == ("NOT all leaves are green", False)
    assert read("NOT")[0] == "NOT"
