"""The vector store and the keyword index, over one catalog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.engine_vectors import EngineVectorStore, Growth, product_engine
from backend.adapters.faiss_engine import Engine
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.adapters.sql.keyword_index import Fts5KeywordIndex
from backend.errors import DocumentNotFound
from backend.models.documents import Document
from backend.ports.catalog import Catalog, Finished
from backend.ports.keyword_index import KeywordIndex
from backend.ports.vector_store import VectorStore
from tests.support.documents import accept, chunks_of, new_document, write_chunks
from tests.support.fakes import DIMENSION, WordEmbedder


@dataclass
class Store:
    database: Database
    catalog: Catalog
    vectors: VectorStore
    keywords: KeywordIndex
    embedder: WordEmbedder
    kind: str
    engine: Engine

    async def write(self, texts: list[str], tenant: str = "default", heading: str | None = None) -> Document:
        document = await accept(self.catalog, new_document(tenant))
        chunks = chunks_of(document, texts, heading)
        await write_chunks(self.catalog, SqlJobTable(self.database), document, chunks)
        await self.vectors.add(document, [c.key for c in chunks], await self.embedder.embed(texts))
        await self.keywords.add(document)
        return document

    async def publish(
        self, texts: list[str], tenant: str = "default", heading: str | None = None
    ) -> Document:
        document = await self.write(texts, tenant, heading)
        await self.catalog.settle(document, Finished(len(texts), 0))
        await self.catalog.publish(document)
        if self.kind == "sq8":
            await self.vectors.optimise(tenant)
        return await self.catalog.document(tenant, document.id)

    async def near(
        self, text: str, k: int = 10, tenant: str = "default", documents: list[Document] | None = None
    ) -> list[int]:
        query = (await self.embedder.embed([text]))[0]
        return [hit.key for hit in await self.vectors.search(tenant, query, k, documents)]

    async def named(
        self, text: str, k: int = 10, tenant: str = "default", documents: list[Document] | None = None
    ) -> list[int]:
        return [hit.key for hit in await self.keywords.search(tenant, text, k, documents)]


SOON = Growth(pending_least=0, pending_share=0.0)
EARLY = Growth(pending_least=0, pending_share=0.0, sq8_from=1, hnsw_from=100_000, least_recall=0.5)


@pytest.fixture(params=["memory", "mapped", "sq8"])
async def store(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> AsyncIterator[Store]:
    """Searched in memory, written into the index after every change, and in 8 bits a number."""
    growth = {"memory": Growth(), "mapped": SOON, "sq8": EARLY}[request.param]
    engine = product_engine(tmp_path / "indexes")
    made = EngineVectorStore(database, engine, DIMENSION, growth=growth)
    yield Store(
        database,
        SqlCatalog(database),
        made,
        Fts5KeywordIndex(database),
        WordEmbedder(),
        request.param,
        engine,
    )
    await made.close()
    engine.close()


def keys(document: Document, texts: list[str]) -> list[int]:
    return [c.key for c in chunks_of(document, texts)]


TEXTS = ["leaves hold chlorophyll", "roots drink water", "flowers call insects"]


async def test_nothing_is_found_before_publication(store: Store) -> None:
    await store.write(TEXTS)
    assert await store.near("roots drink water") == []
    assert await store.named("roots") == []


async def test_the_right_chunk_comes_first(store: Store) -> None:
    document = await store.publish(TEXTS)
    roots = keys(document, TEXTS)[1]
    assert (await store.near("roots drink water"))[0] == roots
    assert await store.named("the root drinks") == [roots]


async def test_scores_of_vectors_are_cosines_and_of_words_positive(store: Store) -> None:
    await store.publish(TEXTS)
    query = (await store.embedder.embed(["roots drink water"]))[0]
    hits = await store.vectors.search("default", query, 3)
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(h.score > 0 for h in await store.keywords.search("default", "roots water", 3))


async def test_tenants_never_meet(store: Store) -> None:
    ours = await store.publish(["secret recipe"], "a")
    theirs = await store.publish(["secret plan"], "b")
    assert await store.near("secret", tenant="a") == keys(ours, ["-"])
    assert await store.named("secret", tenant="b") == keys(theirs, ["-"])
    assert await store.near("secret", tenant="c") == []
    assert await store.named('b" OR tenant:"a', tenant="c") == []


async def test_a_search_can_be_narrowed_to_documents(store: Store) -> None:
    one, two = await store.publish(["water here"]), await store.publish(["water there"])
    for search in (store.near, store.named):
        assert set(await search("water", documents=[one, two])) == {*keys(one, ["-"]), *keys(two, ["-"])}
        assert await search("water", documents=[two]) == keys(two, ["-"])
        assert await search("water", documents=[]) == []
        many = [replace(one, number=10_000 + n) for n in range(3000)]
        assert await search("water", documents=[*many, two]) == keys(two, ["-"])


async def test_a_deleted_document_is_found_no_more(store: Store) -> None:
    one, two = await store.publish(["water here"]), await store.publish(["water there"])
    assert len(await store.near("water")) == 2
    await store.catalog.delete("default", one.id)
    assert await store.near("water") == keys(two, ["-"])
    assert await store.named("water") == keys(two, ["-"])


async def test_writing_again_doubles_nothing(store: Store) -> None:
    document = await store.publish(TEXTS)
    chunks = chunks_of(document, TEXTS)
    await store.vectors.add(document, [c.key for c in chunks], await store.embedder.embed(TEXTS))
    await store.keywords.add(document)
    assert sorted(await store.near("water", k=100)) == [c.key for c in chunks]
    assert await store.named("water", k=100) == [chunks[1].key]


@pytest.mark.slow
async def test_another_process_sees_what_is_published_and_deleted(store: Store) -> None:
    first = await store.publish(["water one"])
    elsewhere = EngineVectorStore(store.database, store.engine, DIMENSION)
    query = (await store.embedder.embed(["water"]))[0]
    assert [h.key for h in await elsewhere.search("default", query, 5)] == keys(first, ["-"])
    second = await store.publish(["water two"])
    assert len(await elsewhere.search("default", query, 5)) == 2
    await store.catalog.delete("default", first.id)
    assert [h.key for h in await elsewhere.search("default", query, 5)] == keys(second, ["-"])
    assert await elsewhere.warm("default") == 1


async def test_vectors_of_a_deleted_document_are_refused(store: Store) -> None:
    document = await store.write(TEXTS)
    await store.catalog.delete("default", document.id)
    with pytest.raises(DocumentNotFound):
        await store.vectors.add(document, keys(document, TEXTS), await store.embedder.embed(TEXTS))
    await store.keywords.add(document)
    assert await store.named("water") == []


@pytest.mark.parametrize("store", ["memory"], indirect=True)
@pytest.mark.parametrize(
    "query", ['"', "AND OR NOT", "NEAR(a b)", "body:x", "*", "a* -b ^c", "", "   ", "(", "''"]
)
async def test_nothing_in_a_query_is_an_operator(store: Store, query: str) -> None:
    await store.publish(TEXTS)
    assert await store.named(query) == []


@pytest.mark.parametrize("store", ["memory"], indirect=True)
async def test_keywords_read_other_scripts(store: Store) -> None:
    texts = [
        "光合作用将光能转化为化学能",
        "प्रकाश संश्लेषण पौधों में होता है",
        "عملية البناء الضوئي",
        "Größe über alles",
    ]
    document = await store.publish(texts)
    chinese, hindi, arabic, german = keys(document, texts)
    assert await store.named("光能") == [chinese]
    assert await store.named("पौधों") == [hindi]
    assert await store.named("الضوئي") == [arabic]
    assert await store.named("grosse uber") == [german] or await store.named("große uber") == [german]


@pytest.mark.parametrize("store", ["memory"], indirect=True)
async def test_words_of_the_heading_count(store: Store) -> None:
    document = await store.publish(["It lies inside the cell."], heading="Mitochondria")
    assert await store.named("mitochondrion mitochondria") == keys(document, ["-"])


async def test_k_of_zero_and_an_empty_store_find_nothing(store: Store) -> None:
    query = np.zeros(DIMENSION, np.float32)
    assert await store.vectors.search("default", query, 5) == []
    await store.publish(TEXTS)
    assert await store.vectors.search("default", query, 0) == []
    assert await store.keywords.search("default", "water", 0) == []
