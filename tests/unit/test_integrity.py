from __future__ import annotations

import os
import time

import pytest

from backend.adapters.sql.audit import SqlAudit
from backend.models.documents import JobState, Problem
from backend.models.integrity import Fault
from backend.services.integrity import ABANDONED_S, Integrity
from tests.support.fakes import DIMENSION
from tests.support.house import TENANT, House, stream

BOOK = "\f".join(
    f"Page {n} is about subject{n}. " + "It has several sentences of text. " * 30 for n in range(150)
)


def integrity(house: House) -> Integrity:
    audit = SqlAudit(house.database, DIMENSION)
    return Integrity(audit=audit, catalog=house.catalog, blobs=house.blobs, vectors=house.vectors)


async def problems(house: House) -> list[Fault]:
    return [fault for fault in await integrity(house).check() if not fault.harmless]


async def damage(house: House, statement: str, *values: object) -> None:
    """As no code of ours would: with neither foreign keys nor triggers to mend it."""

    def change(connection: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined] - sqlite3's
        try:
            done = connection.execute(statement, values)  # type: ignore[attr-defined] - sqlite3's
            assert done.rowcount, "nothing was damaged"
        finally:
            connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[attr-defined] - sqlite3's

    await house.database.outside(change)


@pytest.mark.slow
async def test_a_store_that_was_used_normally_agrees(house: House) -> None:
    await house.add("Leaves hold chlorophyll.\fRoots drink water. 植物需要水。")
    await house.add(BOOK, "book.txt", tenant="other")
    gone = await house.add("Something else.", "gone.txt")
    await house.ingestion.delete(TENANT, gone.id)
    await house.ingestion.accept(TENANT, "queued.txt", stream(b"Not read yet."))
    assert await integrity(house).check() == []


DAMAGES = [
    (
        "DELETE FROM vectors WHERE key = (SELECT max(key) FROM vectors)",
        "vectors",
        "1 passages without a vector",
    ),
    ("DELETE FROM chunk_terms WHERE rowid = (SELECT max(key) FROM chunks)", "keywords", "without a keyword"),
    ("DELETE FROM chunks WHERE key = (SELECT max(key) FROM chunks)", "vectors", "belongs to no passage"),
    ("DELETE FROM chunks WHERE key = (SELECT max(key) FROM chunks)", "keywords", "belongs to no passage"),
    ("DELETE FROM chunks WHERE key = (SELECT min(key) FROM chunks)", "passages", "should have 2 passages; 1"),
    ("UPDATE chunks SET start = 0", "passages", "1 places"),
    ("UPDATE chunks SET text = text || ' more'", "keywords", "holds other words"),
    ("UPDATE chunks SET document_number = 99", "passages", "belongs to no document"),
    ("UPDATE documents SET text_length = 3", "passages", "3 characters long"),
    ("UPDATE vectors SET vector = x'00000000'", "vectors", "has 4 bytes, not 256"),
    ("UPDATE vectors SET vector = zeroblob(256)", "vectors", "has length 0, not 1"),
    ("UPDATE chunk_terms SET tenant = 't00'", "keywords", "holds other words"),
    ("UPDATE documents SET published_at = NULL", "documents", "cannot be found though"),
    ("UPDATE documents SET published_at = NULL", "keywords", "but it was not finished"),
    ("UPDATE jobs SET state = 'failed'", "documents", "can be found though its job is failed"),
    ("UPDATE jobs SET state = 'started'", "jobs", "nobody holds it"),
    ("UPDATE jobs SET subject = 'x'", "jobs", "about the document x"),
    ("UPDATE jobs SET parent = 'x'", "jobs", "is a part of x"),
    ("DELETE FROM jobs", "documents", "has no job"),
    ("UPDATE documents SET sha256 = 'x'", "files", "is not stored"),
]


@pytest.mark.parametrize(("statement", "area", "said"), DAMAGES)
async def test_every_damage_is_said(house: House, statement: str, area: str, said: str) -> None:
    await house.add("Leaves hold chlorophyll.\fRoots drink water.")
    await damage(house, statement)
    found = [fault.sentence for fault in await problems(house) if fault.area == area]
    assert any(said in sentence for sentence in found), found


async def test_a_part_that_outlives_its_whole_is_said(house: House) -> None:
    await house.add(BOOK)
    await damage(house, "UPDATE jobs SET state = 'queued' WHERE kind = 'embed'")
    assert [fault.area for fault in await problems(house)] == ["jobs"] * len(await problems(house))
    assert await problems(house)


async def test_an_index_that_lags_behind_the_rows_is_said(house: House) -> None:
    await house.add("Leaves hold chlorophyll.\fRoots drink water.")
    other = await house.add("Something else.", "other.txt")
    assert await house.vectors.warm(TENANT) == 3
    await damage(house, "DELETE FROM jobs WHERE id = ?", other.job_id)
    await damage(house, "DELETE FROM vectors WHERE key >> 24 = 2")
    await damage(house, "DELETE FROM chunks WHERE document_number = 2")
    await damage(house, "DELETE FROM documents WHERE number = 2")
    await house.blobs.delete(TENANT, other.sha256)
    (fault,) = await problems(house)
    assert fault.sentence == "Searches of default can find 3 passages by meaning, not 2."


async def test_many_faults_are_counted_not_listed(house: House) -> None:
    document = await house.add(BOOK)
    await damage(house, "UPDATE vectors SET vector = zeroblob(256)")
    found = [fault.sentence for fault in await problems(house)]
    assert len(found) == 11
    assert found[-1] == f"{document.chunks - 10} more of the same."


async def test_a_changed_file_is_said(house: House) -> None:
    document = await house.add("Leaves hold chlorophyll.")
    await damage(house, "UPDATE small_files SET content = x'0102'")
    (fault,) = await problems(house)
    assert fault.sentence == f"The file of notes.txt ({document.id}) was changed."


async def test_a_changed_large_file_is_said(house: House) -> None:
    document = await house.add("Leaves hold chlorophyll. " * 5000)
    async with house.blobs.local(TENANT, document.sha256) as path:
        assert path
        path.write_bytes(b"something else")
    (fault,) = await problems(house)
    assert fault.sentence == f"The file of notes.txt ({document.id}) was changed."


async def test_remains_of_a_broken_upload_are_harmless_until_they_are_old(house: House) -> None:
    await house.add("Leaves hold chlorophyll.")
    remains = house.root / "files" / TENANT.encode().hex() / "abc.part"
    remains.parent.mkdir(parents=True, exist_ok=True)
    remains.write_bytes(b"x")
    (fault,) = await integrity(house).check()
    assert fault.harmless
    old = time.time() - ABANDONED_S - 1
    os.utime(remains, (old, old))
    (fault,) = await integrity(house).check()
    assert (fault.area, fault.harmless) == ("files", False)


async def test_what_a_failed_ingestion_left_is_harmless(house: House) -> None:
    accepted = await house.ingestion.accept(TENANT, "book.txt", stream(BOOK.encode()))
    assert await house.worker().turn()
    part = await house.jobs.claim("me", 60)
    assert part
    await house.jobs.fail(part, Problem("gave_up", "No."))
    failed = await house.catalog.document(TENANT, accepted.document.id)
    assert failed.state is JobState.FAILED
    (fault,) = await integrity(house).check()
    assert fault.harmless
    assert "until the next sweep" in fault.sentence
