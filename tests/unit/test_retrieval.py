from __future__ import annotations

import pytest

from backend.models.documents import Hit
from backend.services.retrieval import fuse
from tests.support.house import TENANT, House

BOOK = "\f".join(
    f"Chapter {n} tells of topic{n}. " + "Words follow words in this filler. " * 20 for n in range(12)
)


def test_fusion_weighs_both_lists_after_stretching_them() -> None:
    fused = fuse([Hit(1, 0.9), Hit(2, 0.5), Hit(3, 0.1)], [Hit(3, 20.0), Hit(4, 10.0)], vector_weight=0.6)
    assert fused == pytest.approx({1: 0.6, 2: 0.3, 3: 0.4, 4: 0.0})


def test_fusion_of_one_hit_or_none() -> None:
    assert fuse([Hit(1, 0.3)], [], 0.6) == {1: 0.6}
    assert fuse([], [], 0.6) == {}


async def test_hits_come_with_their_neighbours(house: House) -> None:
    document = await house.add(BOOK)
    found = await house.retriever.search(TENANT, "topic7", 3)
    best = found.passages[0]
    assert "topic7" in best.found.text
    assert len(best.chunks) == 5
    assert [c.position for c in best.chunks] == list(
        range(best.chunks[0].position, best.chunks[0].position + 5)
    )
    assert best.filename == document.filename
    assert found.coverage == 1.0
    assert found.relevance > 0.6
    assert 0 <= best.score <= 1
    assert (
        best.text_before_hit + best.found.text
        == best.text[: len(best.text_before_hit) + len(best.found.text)]
    )


async def test_neighbours_end_with_the_document(house: House) -> None:
    await house.add("Only this.", "one.txt")
    await house.add("Only that.", "two.txt")
    found = await house.retriever.search(TENANT, "this", 1)
    assert [c.text for c in found.passages[0].chunks] == ["Only this."]


async def test_a_passage_is_found_by_its_id_and_document(house: House) -> None:
    one, two = await house.add("Only this.", "one.txt"), await house.add("Only that.", "two.txt")
    chunk = (await house.catalog.chunk_range(one, 0, 0))[0]
    passage = await house.retriever.passage(TENANT, one.id, chunk.id)
    assert passage
    assert passage.found == chunk
    for document_id, chunk_id in ((two.id, chunk.id), (one.id, "zz"), (one.id, "f" * 16), (one.id, "1")):
        assert await house.retriever.passage(TENANT, document_id, chunk_id) is None
    assert await house.retriever.passage("other", one.id, chunk.id) is None


async def test_an_empty_library_finds_nothing(house: House) -> None:
    found = await house.retriever.search(TENANT, "anything", 5)
    assert found.passages == []
    assert found.relevance < 0
