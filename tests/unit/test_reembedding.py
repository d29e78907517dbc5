from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.engine_vectors import EngineVectorStore
from backend.adapters.sql.audit import SqlAudit
from backend.adapters.sql.database import Database
from backend.adapters.sql.facts import settle
from backend.adapters.sql.next_vectors import SqlNextVectors
from backend.errors import Unavailable
from backend.models.documents import Document
from backend.ports.embedder import Vectors
from backend.services.reembedding import BATCH, Reembedding
from tests.support.fakes import DIMENSION, WordEmbedder
from tests.support.house import TENANT, House, stream, working

BOOK = "\f".join(f"Page {n} is about subject{n}. " + "It has several sentences. " * 30 for n in range(60))


class Interrupted(Exception):
    """As if the process had ended."""


class HalfEmbedder:
    """The words' vectors, half as long."""

    fingerprint = "words/32"
    dimension = DIMENSION // 2

    def __init__(self, most_calls: int = 1_000_000) -> None:
        self._words = WordEmbedder()
        self._most_calls = most_calls
        self.texts = 0

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self._most_calls == 0:
            raise Interrupted
        self._most_calls -= 1
        self.texts += len(texts)
        rows = await self._words.embed(texts)
        folded = rows[:, : self.dimension] + rows[:, self.dimension :]
        unit: Vectors = folded / np.linalg.norm(folded, axis=1, keepdims=True)
        return unit


def ignore(_done: int, _total: int) -> None:
    pass


@pytest.fixture
async def library(house: House) -> Document:
    await settle(house.database, "embedding_model", house.embedder.fingerprint)
    # As bootstrap makes it: knowing its model.
    house.vectors._fingerprint = house.embedder.fingerprint
    return await house.add(BOOK)


async def test_all_vectors_change_in_one_step(house: House, library: Document) -> None:
    embedder = HalfEmbedder()
    told: list[tuple[int, int]] = []
    made = Reembedding(SqlNextVectors(house.database), embedder)
    assert await made.run(lambda done, total: told.append((done, total)))
    assert told[-1] == (library.chunks, library.chunks)
    assert await SqlAudit(house.database, embedder.dimension).faults() == []
    store = EngineVectorStore(
        house.database, house.indexes, embedder.dimension, fingerprint=embedder.fingerprint
    )
    query = (await embedder.embed(["Page 7 is about subject7."]))[0]
    (hit,) = await store.search(TENANT, query, 1)
    assert "subject7." in (await house.catalog.chunks(TENANT, [hit.key]))[hit.key].text
    assert not await made.run(ignore), "the model is in use now"


async def test_an_interrupted_run_goes_on_where_it_stopped(house: House, library: Document) -> None:
    with pytest.raises(Interrupted):
        await Reembedding(SqlNextVectors(house.database), HalfEmbedder(2)).run(ignore)
    # Nothing has changed for those who search.
    assert await house.vectors.warm(TENANT) == library.chunks
    assert (await house.retriever.search(TENANT, "subject7", 1)).passages
    later = HalfEmbedder()
    assert await Reembedding(SqlNextVectors(house.database), later).run(ignore)
    assert later.texts == library.chunks - 2 * BATCH


async def test_documents_come_and_go_meanwhile(house: House, library: Document) -> None:
    with pytest.raises(Interrupted):
        await Reembedding(SqlNextVectors(house.database), HalfEmbedder(2)).run(ignore)
    await house.ingestion.delete(TENANT, library.id)
    kept = await house.add("Roots drink water.", "other.txt")
    assert await Reembedding(SqlNextVectors(house.database), HalfEmbedder()).run(ignore)
    assert await SqlAudit(house.database, HalfEmbedder.dimension).faults() == []
    store = EngineVectorStore(house.database, house.indexes, HalfEmbedder.dimension)
    assert await store.warm(TENANT) == kept.chunks


async def test_a_third_model_begins_anew(house: House, library: Document) -> None:
    with pytest.raises(Interrupted):
        await Reembedding(SqlNextVectors(house.database), HalfEmbedder(2)).run(ignore)
    third = WordEmbedder("words/other")
    assert await Reembedding(SqlNextVectors(house.database), third).run(ignore)
    assert sum(third.calls) == library.chunks
    assert await SqlAudit(house.database, DIMENSION).faults() == []


async def test_whoever_runs_the_old_model_refuses_cleanly(house: House, library: Document) -> None:
    assert await house.vectors.warm(TENANT) == library.chunks
    await Reembedding(SqlNextVectors(house.database), HalfEmbedder()).run(ignore)
    with pytest.raises(Unavailable, match="Restart this server"):
        await house.retriever.search(TENANT, "subject7", 1)
    accepted = await house.ingestion.accept(TENANT, "new.txt", stream(b"Roots drink water."))
    async with working(house.worker()):
        await asyncio.sleep(0.3)
    assert not (await house.catalog.document(TENANT, accepted.document.id)).state.ended


async def test_deleting_a_document_takes_its_new_vectors_along(house: House, library: Document) -> None:
    await Reembedding(SqlNextVectors(house.database), HalfEmbedder()).run(ignore)
    await house.catalog.delete(TENANT, library.id)
    rows = await house.database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM vectors").scalar_one())
    assert rows == 0


async def test_the_schema_is_as_new_after_the_switch(house: House, library: Document, tmp_path: Path) -> None:  # noqa: ARG001
    await Reembedding(SqlNextVectors(house.database), HalfEmbedder()).run(ignore)
    fresh = Database(tmp_path / "fresh.db")
    await fresh.migrate()
    try:
        shape = "SELECT name, type, pk, \"notnull\" FROM pragma_table_info('vectors')"
        keys = 'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(\'vectors\')'
        for query in (shape, keys):
            both = [
                await d.read(lambda c, q=query: c.exec_driver_sql(q).all()) for d in (house.database, fresh)
            ]
            assert both[0] == both[1]
    finally:
        fresh.close()
