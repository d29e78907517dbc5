from __future__ import annotations

import asyncio

import pytest

from backend.errors import DocumentNotFound, NoTextInFile, TooLarge, UnsupportedFile
from backend.models.documents import DocumentMetadata, JobState
from backend.services.ingestion import BATCH
from backend.utils.file_names import safe_name
from tests.support.house import TENANT, House, stream, working


async def stop_at_first_batch(house: House) -> None:
    """Let a worker store one batch, then stop it as a shutdown does."""
    embed = house.embedder.embed
    stored = asyncio.Event()

    async def embed_once(texts: list[str]) -> object:
        if house.embedder.calls:
            stored.set()
            await asyncio.Event().wait()
        return await embed(texts)

    house.embedder.embed = embed_once  # type: ignore[method-assign, assignment] - a pause, not a fake
    async with working(house.worker()):
        await asyncio.wait_for(stored.wait(), 5)
    house.embedder.embed = embed  # type: ignore[method-assign]


LONG = "\f".join(
    f"Page {n} is about subject{n}. " + "It has several sentences of text. " * 30 for n in range(40)
)


async def test_a_text_is_found_after_its_ingestion(house: House) -> None:
    document = await house.add("Leaves hold chlorophyll.\fRoots drink water.")
    assert document.state is JobState.FINISHED
    assert (document.pages, document.chunks, document.metadata.title) == (2, 2, "A title")
    assert document.progress.fraction == 1.0
    found = await house.retriever.search(TENANT, "What do roots drink?", 1)
    assert found.passages[0].found.text == "Roots drink water."
    assert found.passages[0].found.page == 2


async def test_fifty_uploads_of_one_file_are_one_document_and_one_reading(house: House) -> None:
    async with working(house.worker()):
        accepted = await asyncio.gather(
            *(house.ingestion.accept(TENANT, f"{n}.txt", stream(b"Roots drink water.")) for n in range(50))
        )
        await house.ingestion.finished(accepted[0].document)
    assert len({a.document.id for a in accepted}) == 1
    assert sum(not a.duplicate for a in accepted) == 1
    assert house.extractor.extractions == 1
    assert len(await house.files()) == 1


async def test_a_stopped_ingestion_goes_on_behind_its_checkpoint(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "long.txt", stream(LONG.encode()))
    await stop_at_first_batch(house)
    job = await house.jobs.job(TENANT, accepted.document.job_id)
    assert (job.state, job.checkpoint) == (JobState.QUEUED, BATCH)
    assert await house.vectors.warm(TENANT) == 0
    async with working(house.worker("after the restart")):
        document = await house.ingestion.finished(accepted.document)
    assert sum(house.embedder.calls) == document.chunks
    assert await house.vectors.warm(TENANT) == document.chunks
    chunks = await house.catalog.chunk_range(document, 0, document.chunks)
    assert [c.position for c in chunks] == list(range(document.chunks))
    assert chunks[-1].end == document.text_length


async def test_work_whose_workers_die_goes_on_in_smaller_batches(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "long.txt", stream(LONG.encode()))
    for number in range(3):
        dead = await house.jobs.claim(f"killed {number}", -1)
        assert dead
        assert dead.tries == number + 1
    async with working(house.worker()):
        document = await house.ingestion.finished(accepted.document)
    assert house.embedder.calls[0] == BATCH // 8
    assert max(house.embedder.calls) == BATCH // 8
    chunks = await house.catalog.chunk_range(document, 0, document.chunks)
    assert [c.position for c in chunks] == list(range(document.chunks))
    assert sum(house.embedder.calls) == document.chunks


async def test_deleting_during_ingestion_leaves_nothing(house: House) -> None:
    house.extractor.hold.clear()
    async with working(house.worker()):
        accepted = await house.ingestion.accept(TENANT, "long.txt", stream(LONG.encode()))
        await asyncio.sleep(0.05)
        await house.ingestion.delete(TENANT, accepted.document.id)
        house.extractor.hold.set()
        other = await house.ingestion.accept(TENANT, "other.txt", stream(b"Something else."))
        await house.ingestion.finished(other.document)
    assert (await house.catalog.documents(TENANT, offset=0, limit=9)).total == 1
    assert await house.vectors.warm(TENANT) == 1
    assert await house.keywords.search(TENANT, "subject3", 5) == []
    assert len(await house.files()) == 1


async def test_a_file_without_words_is_refused_and_leaves_nothing(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "blank.txt", stream(b"  \n \f  "))
    async with working(house.worker()):
        with pytest.raises(NoTextInFile):
            await house.ingestion.finished(accepted.document)
    with pytest.raises(DocumentNotFound):
        await house.catalog.document(TENANT, accepted.document.id)
    assert await house.files() == []


async def test_a_failed_document_can_be_seen_and_sent_again(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "blank.txt", stream(b" "))
    worker = house.worker()
    assert await worker.turn()
    failed = await house.catalog.document(TENANT, accepted.document.id)
    assert failed.state is JobState.FAILED
    assert failed.error
    assert failed.error.code == "no_text_in_file"
    again = await house.ingestion.accept(TENANT, "blank.txt", stream(b" "))
    assert not again.duplicate


async def test_too_large_and_unread_files_leave_nothing(house: House) -> None:
    with pytest.raises(TooLarge, match="1 MB"):
        await house.ingestion.accept(TENANT, "big.txt", stream(b"x" * 1_000_001))
    with pytest.raises(UnsupportedFile):
        await house.ingestion.accept(TENANT, "a.exe", stream(b"x"))
    assert await house.files() == []
    assert (await house.catalog.documents(TENANT, offset=0, limit=9)).total == 0


async def test_an_unread_file_does_not_take_the_same_bytes_along(house: House) -> None:
    await house.ingestion.accept(TENANT, "a.txt", stream(b"text"))
    with pytest.raises(UnsupportedFile):
        await house.ingestion.accept(TENANT, "a.exe", stream(b"text"))
    assert len(await house.files()) == 1


async def test_files_that_nothing_needs_are_swept(house: House) -> None:
    document = await house.add("Roots drink water.")
    large = await house.add("Roots drink water. " * 5000)
    folder = house.root / "files" / TENANT.encode().hex()
    (folder / "orphan").write_bytes(b"x")
    (folder / "upload.part").write_bytes(b"x")
    await house.blobs.put(TENANT, stream(b"an upload that nobody accepted"), 100)
    assert await house.ingestion.sweep(older_than_s=3600) == 0
    assert await house.ingestion.sweep(older_than_s=-1) == 3
    assert set(await house.files()) == {document.sha256, large.sha256}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\system.ini.txt", "system.ini.txt"),
        ("notes\0.txt", "notes .txt"),
        ("new\nline.txt", "new line.txt"),
        ("\u202efdp.txt", "fdp.txt"),
        ("名前.txt", "名前.txt"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("/", "unnamed"),
        ("<b>bold</b>.txt", "b>.txt"),
        (".hidden.txt", ".hidden.txt"),
        ("a" * 300 + ".txt", "a" * 196 + ".txt"),
    ],
)
def test_a_name_is_never_a_path(given: str, kept: str) -> None:
    assert safe_name(given) == kept


BOOK = "\f".join(
    f"Page {n} is about subject{n}. " + "It has several sentences of text. " * 30 for n in range(150)
)


async def test_a_long_document_is_embedded_in_parts_and_seen_in_one_step(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "book.txt", stream(BOOK.encode()))
    worker = house.worker()
    assert await worker.turn()
    waiting = await house.catalog.document(TENANT, accepted.document.id)
    assert waiting.state is JobState.STARTED
    assert waiting.progress.unit == "passages"
    assert 0 < waiting.progress.done < waiting.progress.total == waiting.chunks
    turns = 0
    while await worker.turn():
        turns += 1
        assert await house.vectors.warm(TENANT) in {0, waiting.chunks}
    document = await house.catalog.document(TENANT, accepted.document.id)
    assert document.state is JobState.FINISHED
    assert turns > 1
    assert sum(house.embedder.calls) == document.chunks == await house.vectors.warm(TENANT)
    found = await house.retriever.search(TENANT, "subject140", 1)
    assert "subject140" in found.passages[0].text


async def test_a_note_does_not_wait_for_a_book(house: House) -> None:
    book = await house.ingestion.accept(TENANT, "book.txt", stream(BOOK.encode()))
    worker = house.worker()
    assert await worker.turn()
    note = await house.ingestion.accept(TENANT, "note.txt", stream(b"A short note."))
    assert await worker.turn()
    assert (await house.catalog.document(TENANT, note.document.id)).state is JobState.FINISHED
    assert (await house.catalog.document(TENANT, book.document.id)).state is JobState.STARTED


async def test_a_stopped_ingestion_leaves_nothing_and_can_be_started_again(house: House) -> None:
    book = await house.ingestion.accept(TENANT, "book.txt", stream(BOOK.encode()))
    worker = house.worker()
    for _ in range(2):
        assert await worker.turn()
    stopped = await house.ingestion.stop(TENANT, book.document.id)
    assert stopped.state is JobState.STOPPED
    assert not await worker.turn()
    assert await house.catalog.chunk_range(stopped, 0, 10_000) == []
    again = await house.ingestion.retry(TENANT, book.document.id)
    assert again.state is JobState.QUEUED
    while await worker.turn():
        pass
    finished = await house.catalog.document(TENANT, book.document.id)
    assert finished.state is JobState.FINISHED
    assert await house.vectors.warm(TENANT) == finished.chunks


async def test_stopping_ends_a_running_extraction(house: House) -> None:
    house.extractor.hold.clear()
    async with working(house.worker()):
        accepted = await house.ingestion.accept(TENANT, "long.txt", stream(LONG.encode()))
        while (await house.jobs.job(TENANT, accepted.document.job_id)).owner is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await house.ingestion.stop(TENANT, accepted.document.id)
        house.extractor.hold.set()
        await asyncio.sleep(0.2)
    document = await house.catalog.document(TENANT, accepted.document.id)
    assert document.state is JobState.STOPPED
    assert await house.catalog.chunk_range(document, 0, 1000) == []


async def test_what_is_given_with_a_file_wins_over_what_it_says_of_itself(house: House) -> None:
    given = DocumentMetadata(title="A better title", url="https://example.org/v")
    accepted = await house.ingestion.accept(TENANT, "a.txt", stream(b"Roots drink water."), metadata=given)
    assert accepted.document.metadata == given
    async with working(house.worker()):
        document = await house.ingestion.finished(accepted.document)
    assert (document.metadata.title, document.metadata.url) == ("A better title", "https://example.org/v")
    assert document.metadata.author == (await house.add("Other text.")).metadata.author
