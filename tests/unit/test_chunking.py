from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.models.documents import Passage, Segment, chunk_key
from backend.services.chunking import CHUNK_SIZE, Chunker
from tests.support.documents import new_document

DOCUMENT = dataclasses.replace(new_document(), number=7)
TEXT = st.text(st.sampled_from("ab é漢.\n \t-"), max_size=2000)


@pytest.mark.slow
@given(st.lists(TEXT, max_size=5))
def test_nothing_but_white_space_is_lost_and_offsets_are_right(texts: list[str]) -> None:
    chunker = Chunker(DOCUMENT)
    chunks = [c for number, text in enumerate(texts) for c in chunker.cut(Segment(text, page=number + 1))]
    whole = "\n\n".join(texts)
    assert all(whole[c.start : c.end] == c.text for c in chunks)
    assert all(0 < len(c.text) <= CHUNK_SIZE for c in chunks)
    assert [c.position for c in chunks] == list(range(len(chunks)))
    assert "".join("".join(c.text for c in chunks).split()) == "".join(whole.split())
    if texts:
        assert chunker.text_length == len(whole)


def test_a_chunk_knows_its_place() -> None:
    chunker = Chunker(DOCUMENT)
    list(chunker.cut(Segment("First.", page=1, heading="A")))
    (chunk,) = chunker.cut(Segment("Second.", page=2, heading="A > B"))
    assert (chunk.page, chunk.heading, chunk.position, chunk.start) == (2, "A > B", 1, 8)
    assert chunk.key == chunk_key(7, 1)


@given(TEXT)
def test_a_passage_reads_like_the_text_it_was_cut_from(text: str) -> None:
    chunks = tuple(Chunker(DOCUMENT).cut(Segment(text)))
    if not chunks:
        return
    passage = Passage("d", "f", chunks)
    assert passage.text.split() == text.split()
    offset = 0
    for chunk in chunks:
        offset = passage.text.index(chunk.text, offset)
        assert passage.chunk_at(offset) == chunk
        offset += len(chunk.text)
