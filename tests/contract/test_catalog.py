from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.errors import DocumentNotFound, NoDocumentSelected, Stopped
from backend.models.documents import Document, DocumentMetadata, FileSummary, JobState, Problem
from backend.ports.catalog import Catalog, Finished
from backend.ports.job_table import JobTable
from tests.support.documents import accept, chunks_of, new_document, write_chunks


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return SqlCatalog(database)


@pytest.fixture
def jobs(database: Database) -> JobTable:
    return SqlJobTable(database)


async def published(catalog: Catalog, jobs: JobTable, document: Document, texts: list[str]) -> Document:
    stored = await accept(catalog, document)
    await write_chunks(catalog, jobs, stored, chunks_of(stored, texts))
    await catalog.settle(stored, Finished(len(texts), sum(map(len, texts))))
    await catalog.publish(stored)
    return await catalog.document(stored.tenant, stored.id)


async def test_an_accepted_document_is_found_with_its_queued_job(catalog: Catalog) -> None:
    stored = await accept(catalog, new_document())
    assert stored.number > 0
    found = await catalog.document("default", stored.id)
    assert replace(found, work=None) == stored
    assert stored.state is JobState.QUEUED
    assert stored.created_at.tzinfo is not None


async def test_the_same_bytes_are_one_document(catalog: Catalog) -> None:
    first, *others = await asyncio.gather(*(accept(catalog, new_document(content="x")) for _ in range(20)))
    assert {d.id for d in others} == {first.id}
    assert (await catalog.documents("default", offset=0, limit=10)).total == 1


async def test_another_tenant_has_its_own_copy_and_sees_no_other(catalog: Catalog, jobs: JobTable) -> None:
    ours = await published(catalog, jobs, new_document("a", content="x"), ["one"])
    theirs = await accept(catalog, new_document("b", content="x"))
    assert theirs.id != ours.id
    with pytest.raises(DocumentNotFound):
        await catalog.document("b", ours.id)
    assert await catalog.chunks("b", [chunks_of(ours, ["one"])[0].key]) == {}
    with pytest.raises(DocumentNotFound):
        await catalog.delete("b", ours.id)
    with pytest.raises(DocumentNotFound):
        await catalog.select("b", "session", ours.id)


async def test_a_failed_document_gives_way_to_the_same_bytes(catalog: Catalog, jobs: JobTable) -> None:
    first = await accept(catalog, new_document(content="x"))
    job = await jobs.claim("me", 10)
    assert job is not None
    await jobs.fail(job, Problem("damaged_file", "Broken."))
    failed = await catalog.document("default", first.id)
    assert failed.error == Problem("damaged_file", "Broken.")
    second = await accept(catalog, new_document(content="x"))
    assert second.id != first.id
    assert second.number > first.number
    assert second.state is JobState.QUEUED


async def test_chunks_are_seen_only_once_published(catalog: Catalog, jobs: JobTable) -> None:
    stored = await accept(catalog, new_document())
    chunks = chunks_of(stored, ["one", "two"], heading="H")
    await write_chunks(catalog, jobs, stored, chunks)
    keys = [c.key for c in chunks]
    assert await catalog.chunks("default", keys) == {}
    assert await catalog.published("default") == []
    await catalog.settle(stored, Finished(2, 6, "Page 3 could not be read."))
    assert await catalog.published("default") == []
    await catalog.publish(stored)
    assert await catalog.chunks("default", keys) == {c.key: c for c in chunks}
    (seen,) = await catalog.published("default")
    assert (seen.chunks, seen.text_length, seen.warning) == (2, 6, "Page 3 could not be read.")


async def test_writing_chunks_again_changes_nothing(catalog: Catalog, jobs: JobTable) -> None:
    stored = await accept(catalog, new_document())
    chunks = chunks_of(stored, ["one", "two"])
    job = await jobs.claim("me", 60)
    assert job
    await catalog.add_chunks(stored, chunks, job)
    await catalog.add_chunks(stored, chunks, job)
    assert await catalog.chunk_range(stored, 0, 10) == chunks
    assert await catalog.chunk_range(stored, 1, 1) == chunks[1:]


async def test_a_deleted_document_takes_everything_along(catalog: Catalog, jobs: JobTable) -> None:
    stored = await published(catalog, jobs, new_document(), ["one"])
    await catalog.select("default", "s", stored.id)
    await catalog.delete("default", stored.id)
    with pytest.raises(DocumentNotFound):
        await catalog.document("default", stored.id)
    with pytest.raises(NoDocumentSelected):
        await catalog.selected("default", "s")
    assert await catalog.sha256s() == set()


async def test_whoever_lost_the_job_writes_no_more(catalog: Catalog, jobs: JobTable) -> None:
    stored = await accept(catalog, new_document())
    old = await jobs.claim("old", 0.0)
    await asyncio.sleep(0.01)
    new = await jobs.claim("new", 60)
    assert old
    assert new
    with pytest.raises(Stopped):
        await catalog.add_chunks(stored, chunks_of(stored, ["late"]), old)
    await catalog.add_chunks(stored, chunks_of(stored, ["in time"]), new)
    await jobs.stop("default", new.id)
    with pytest.raises(Stopped):
        await catalog.add_chunks(stored, chunks_of(stored, ["too late"]), new)
    assert [c.text for c in await catalog.chunk_range(stored, 0, 9)] == ["in time"]


async def test_the_listing_is_paged_searched_and_newest_first(catalog: Catalog) -> None:
    for name in ("Cells.pdf", "plants_100%.txt", "cell walls.txt"):
        await accept(catalog, new_document(filename=name))
    page = await catalog.documents("default", offset=0, limit=2)
    assert [d.filename for d in page.items] == ["cell walls.txt", "plants_100%.txt"]
    assert page.total == 3
    found = await catalog.documents("default", offset=0, limit=10, search="CELL")
    assert {d.filename for d in found.items} == {"Cells.pdf", "cell walls.txt"}
    literal = await catalog.documents("default", offset=0, limit=10, search="_100%")
    assert [d.filename for d in literal.items] == ["plants_100%.txt"]
    assert (await catalog.documents("default", offset=0, limit=10, published_only=True)).total == 0


async def test_metadata_of_the_file_is_kept(catalog: Catalog) -> None:
    stored = await accept(catalog, new_document())
    await catalog.describe(stored.id, FileSummary(DocumentMetadata(title="T", author="A"), pages=7))
    seen = await catalog.document("default", stored.id)
    assert (seen.metadata.title, seen.metadata.author, seen.pages) == ("T", "A", 7)


async def test_a_session_remembers_its_selection(catalog: Catalog, jobs: JobTable) -> None:
    one = await published(catalog, jobs, new_document(filename="one.txt"), ["1"])
    two = await published(catalog, jobs, new_document(filename="two.txt"), ["2"])
    await catalog.select("default", "s", one.id)
    await catalog.select("default", "s", two.id)
    selected, when = await catalog.selected("default", "s")
    assert selected.id == two.id
    assert when.tzinfo is not None
    with pytest.raises(NoDocumentSelected):
        await catalog.selected("default", "other")
    assert (await catalog.document_named("default", "one.txt")).id == one.id
    with pytest.raises(DocumentNotFound):
        await catalog.document_named("default", "none.txt")
