from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.adapters.sql.audit import SqlAudit
from backend.errors import Conflict, NotFound
from backend.models.documents import JobState, chunk_key
from backend.models.jobs import Job
from backend.services import migration as service
from backend.services.integrity import Integrity
from backend.services.migration import Wanted
from tests.support.fakes import DIMENSION
from tests.support.house import TENANT, House
from tests.support.llamaindex import Store, legacy, namespaced

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "llamaindex" / "core-0.14"
TEXTS = {
    "m0": ("moss", "Mosses drink rain through their leaves."),
    "m1": ("moss", "A moss has no roots, only fine threads."),
    "f0": ("fern", "Ferns uncurl their fronds in spring."),
    "f1": ("fern", "Fern spores sit below the frond."),
    "m2": ("moss", "Spores of mosses travel with the wind."),
}


async def moved(house: House, folder: Path, **options: bool) -> Job:
    job = await house.migration.begin(TENANT, Wanted(folder, **options))
    worker = house.worker()
    while await worker.turn():
        pass
    return await house.jobs.job(TENANT, job.id)


async def report(house: House, folder: Path, **options: bool) -> Any:
    job = await moved(house, folder, **options)
    assert job.state is JobState.FINISHED, job.error
    assert job.result
    assert job.result["verification"]["passed"], job.result
    assert await findings(house) == []
    return job.result


async def findings(house: House) -> list[str]:
    audit = SqlAudit(house.database, DIMENSION)
    check = Integrity(audit=audit, catalog=house.catalog, blobs=house.blobs, vectors=house.vectors)
    return [fault.sentence for fault in await check.check()]


def skips(result: Mapping[str, Any]) -> dict[str, int]:
    assert sum(skip["count"] for skip in result["skips"]) == result["skipped"]
    return {skip["reason"]: skip["count"] for skip in result["skips"]}


def counts(result: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return result["documents"], result["nodes"], result["vectors"], result["skipped"]


async def kept_vectors(house: House, numbers: dict[int, int]) -> list[bytes]:
    return [
        row.tobytes()
        for number, count in numbers.items()
        for row in await house.transfers.vectors(number, range(count))
    ]


@pytest.mark.parametrize("layout", [namespaced, legacy])
async def test_everything_of_a_store_is_kept(
    house: House, tmp_path: Path, layout: Callable[..., Awaitable[Store]]
) -> None:
    store = await layout(TEXTS)
    folder = store.write(tmp_path / "storage")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = await report(house, folder)
    assert counts(result) == (2, 5, 5, 0)
    moss, fern = await house.catalog.published(TENANT)
    nodes = await house.transfers.nodes(TENANT, moss.id, 0, 9)
    assert [node.id for node in nodes] == ["m0", "m1", "m2"]
    assert [node.text for node in nodes] == [TEXTS[n][1] for n in ("m0", "m1", "m2")]
    written = store.files["docstore.json"]["docstore/data"]["m0"]["__data__"]
    assert nodes[0].metadata == written.get("metadata", written.get("extra_info"))
    assert nodes[0].relationships == written["relationships"]
    assert "text" not in nodes[0].rest
    vectors = next(store.files[name] for name in store.files if name.endswith("vector_store.json"))
    wanted = [np.array(vectors["embedding_dict"][n], "<f4").tobytes() for n in ("m0", "m1", "m2", "f0", "f1")]
    assert await kept_vectors(house, {moss.number: 3, fern.number: 2}) == wanted
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    found = await house.retriever.search(TENANT, "roots of a moss", 1)
    assert found.passages[0].found.text == TEXTS["m1"][1]
    assert moss.state is JobState.FINISHED


async def test_names_pages_and_titles_come_from_the_metadata(house: House, tmp_path: Path) -> None:
    await report(house, (await namespaced(TEXTS)).write(tmp_path / "new"))
    moss = await house.catalog.document_named(TENANT, "moss.txt")
    assert (moss.pages, moss.chunks) == (3, 3)
    assert [c.page for c in await house.catalog.chunk_range(moss, 0, 9)] == [3, 3, 3]
    await report(house, (await legacy(TEXTS)).write(tmp_path / "old"))
    assert (await house.catalog.document_named(TENANT, "About moss")).metadata.title == "About moss"


async def test_a_store_of_the_real_library_with_images_and_a_deleted_document(house: House) -> None:
    result = await report(house, SAMPLE)
    assert counts(result) == (2, 5, 5, 2)
    assert skips(result) == {"not_indexed": 1, "image_vector": 1}
    ferns = await house.catalog.document_named(TENANT, "ferns.md")
    chunks = await house.catalog.chunk_range(ferns, 0, 9)
    assert [chunk.heading for chunk in chunks] == ["Ferns > Fronds"] * 2
    moss = await house.catalog.document_named(TENANT, "moss.pdf")
    first = (await house.transfers.nodes(TENANT, moss.id, 0, 0))[0]
    assert [r["node_id"] for r in first.relationships["5"]] == ["node-1"]
    assert moss.pages == 2


async def test_the_same_folder_again_changes_nothing(house: House, tmp_path: Path) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    first = await report(house, folder)
    before = await house.catalog.published(TENANT)
    again = await report(house, folder)
    assert counts(again) == counts(first)
    assert (first["documents_already_here"], again["documents_already_here"]) == (0, 2)
    assert [d.id for d in await house.catalog.published(TENANT)] == [d.id for d in before]


async def test_a_dry_run_counts_and_writes_nothing(house: House, tmp_path: Path) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    result = (await house.migration.look(TENANT, Wanted(folder), lambda _: None)).as_json()
    assert counts(result) == (2, 5, 5, 0)
    assert result["dry_run"]
    assert result["model"]["same"]
    assert await house.catalog.published(TENANT) == []
    assert (await house.jobs.jobs(TENANT, offset=0, limit=9)).total == 0
    json.dumps(result)


async def test_deleting_a_moved_document_leaves_nothing_of_it(house: House, tmp_path: Path) -> None:
    await report(house, (await namespaced(TEXTS)).write(tmp_path / "storage"))
    for document in await house.catalog.published(TENANT):
        await house.ingestion.delete(TENANT, document.id)
    for table in ("documents", "chunks", "vectors", "node_origins", "document_origins", "chunk_terms"):
        left = await house.database.read(
            lambda c, t=table: c.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar_one()  # noqa: S608
        )
        assert left == 0, table
    assert await house.keywords.search(TENANT, "moss", 3) == []
    assert await findings(house) == []


async def test_vectors_of_another_length_are_refused_or_made_anew(house: House, tmp_path: Path) -> None:
    store = await namespaced(TEXTS)
    numbers = store.files["default__vector_store.json"]["embedding_dict"]
    for name in numbers:
        numbers[name] = numbers[name][:48]
    folder = store.write(tmp_path / "storage")
    job = await moved(house, folder)
    assert job.state is JobState.FAILED
    assert job.error
    assert job.error.code == "other_embedding_model"
    assert "48 dimensions" in job.error.message
    assert "--reembed" in job.error.message
    assert await house.catalog.published(TENANT) == []
    result = await report(house, folder, reembed=True)
    assert counts(result) == (2, 5, 5, 0)
    assert result["reembedded"]
    found = await house.retriever.search(TENANT, "roots of a moss", 1)
    assert found.similarity > 0.4


async def test_vectors_of_another_model_of_the_same_length_are_recognised(
    house: House, tmp_path: Path
) -> None:
    store = await namespaced(TEXTS)
    numbers = store.files["default__vector_store.json"]["embedding_dict"]
    for name in numbers:
        numbers[name] = numbers[name][::-1]
    job = await moved(house, store.write(tmp_path / "storage"))
    assert job.error
    assert "another embedding model" in job.error.message


async def test_texts_embedded_under_their_metadata_are_of_the_same_model(
    house: House, tmp_path: Path
) -> None:
    store = await namespaced(TEXTS)
    forms = [f"file_name: {ref}.txt\npage_label: 3\ntags: ['a', 1]\n\n{text}" for ref, text in TEXTS.values()]
    made = await store.embedder.embed(forms)
    store.files["default__vector_store.json"]["embedding_dict"] = {
        name: vector.tolist() for name, vector in zip(TEXTS, made, strict=True)
    }
    assert (await report(house, store.write(tmp_path / "storage")))["model"]["same"]


async def test_vectors_that_are_not_of_unit_length_keep_their_bits_and_rank_by_cosine(
    house: House, tmp_path: Path
) -> None:
    store = await namespaced(TEXTS)
    numbers = store.files["default__vector_store.json"]["embedding_dict"]
    for scale, name in zip((3.0, 1e-3, 100.0, 1e20, 7.0), numbers, strict=True):
        numbers[name] = [scale * number for number in numbers[name]]
    await report(house, store.write(tmp_path / "storage"))
    moss, _ = await house.catalog.published(TENANT)
    assert await kept_vectors(house, {moss.number: 1}) == [np.array(numbers["m0"], "<f4").tobytes()]
    query = (await store.embedder.embed([TEXTS["m1"][1]]))[0]
    hits = await house.vectors.search(TENANT, query, 5)
    assert hits[0].key == chunk_key(moss.number, 1)
    assert hits[0].score == pytest.approx(1, abs=1e-5)
    assert all(abs(hit.score) <= 1 + 1e-5 for hit in hits)


async def test_a_docstore_without_vectors_needs_new_ones(house: House, tmp_path: Path) -> None:
    store = await namespaced(TEXTS)
    del store.files["default__vector_store.json"]
    folder = store.write(tmp_path / "storage")
    job = await moved(house, folder)
    assert job.error
    assert "--reembed" in job.error.message
    assert counts(await report(house, folder, reembed=True)) == (2, 5, 5, 0)


async def test_making_vectors_anew_brings_no_deleted_node_back(house: House, tmp_path: Path) -> None:
    store = await namespaced(TEXTS)
    index = json.loads(store.files["index_store.json"]["index_store/data"]["i"]["__data__"])
    del index["nodes_dict"]["m2"]
    store.files["index_store.json"]["index_store/data"]["i"]["__data__"] = json.dumps(index)
    del store.files["default__vector_store.json"]["embedding_dict"]["m2"]
    result = await report(house, store.write(tmp_path / "storage"), reembed=True)
    assert counts(result) == (2, 4, 4, 1)
    assert skips(result) == {"not_indexed": 1}


async def test_a_long_document_is_moved_in_parts_and_goes_on_where_it_stopped(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 3)
    texts = {f"n{n}": ("book", f"Page {n} tells of subject{n}.") for n in range(10)}
    folder = (await namespaced(texts)).write(tmp_path / "storage")
    job = await house.migration.begin(TENANT, Wanted(folder))
    claimed = await house.jobs.claim("me", 60)
    assert claimed
    taken = 0
    take = house.transfers.take

    async def broken(*arguments: object) -> None:
        nonlocal taken
        taken += 1
        if taken == 3:
            raise OSError("the power is gone")
        await take(*arguments)

    monkeypatch.setattr(house.transfers, "take", broken)
    with pytest.raises(OSError, match="power"):
        await house.migration.run(claimed)
    assert await house.catalog.published(TENANT) == []
    assert not await house.keywords.search(TENANT, "subject1", 5)
    page = await house.catalog.documents(TENANT, offset=0, limit=9)
    assert [d.state for d in page.items] == [JobState.STARTED]
    await house.jobs.release(claimed, count_attempt=True)
    while await house.worker().turn():
        pass
    done = await house.jobs.job(TENANT, job.id)
    assert done.result
    assert counts(done.result) == (1, 10, 10, 0)
    document = (await house.catalog.published(TENANT))[0]
    nodes = await house.transfers.nodes(TENANT, document.id, 0, 99)
    assert [node.id for node in nodes] == list(texts)
    assert await findings(house) == []


async def test_the_source_goes_only_when_told_and_verified(house: House, tmp_path: Path) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    (folder / "notes.txt").write_text("mine")
    result = await report(house, folder, delete_source=True)
    assert result["source_deleted"]
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


async def test_what_a_start_finds_is_moved_once(house: House, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "old" / "storage")
    queued = await house.migration.begin_found(TENANT)
    assert [job.subject for job in queued] == ["storage"]
    while await house.worker().turn():
        pass
    assert len(await house.catalog.published(TENANT)) == 2
    assert await house.migration.begin_found(TENANT) == []
    assert [store.name for store in await house.migration.found()] == ["old/storage"]


async def test_only_found_folders_have_a_name(house: House, tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "storage")
    assert (await house.migration.named("storage")).folder == tmp_path / "storage"
    for name in ("../storage", str(SAMPLE), "storage/..", "", "/etc"):
        with pytest.raises(NotFound):
            await house.migration.named(name)


async def test_two_ways_for_one_folder_exclude_each_other(house: House) -> None:
    first = await house.migration.begin(TENANT, Wanted(SAMPLE))
    assert (await house.migration.begin(TENANT, Wanted(SAMPLE))).id == first.id
    with pytest.raises(Conflict, match="other options"):
        await house.migration.begin(TENANT, Wanted(SAMPLE, reembed=True))
    with pytest.raises(NotFound):
        await house.migration.begin(TENANT, Wanted(SAMPLE.parent))


async def test_a_stopped_migration_leaves_what_is_whole(house: House, tmp_path: Path) -> None:
    folder = (await namespaced(TEXTS)).write(tmp_path / "storage")
    job = await house.migration.begin(TENANT, Wanted(folder))
    claimed = await house.jobs.claim("me", 60)
    assert claimed
    await house.jobs.stop(TENANT, job.id)
    with pytest.raises(Exception, match="stopped"):
        await house.migration.run(claimed)
    assert await house.catalog.published(TENANT) == []
    await house.jobs.retry(TENANT, job.id)
    while await house.worker().turn():
        pass
    assert len(await house.catalog.published(TENANT)) == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("storage-0.8.69", (3, 40, 40, 0)),
        ("storage-core-0.10.20", (6, 81, 81, 0)),
        ("storage-core-0.14.25", (6, 81, 81, 0)),
        ("storage-legacy-layout", (3, 30, 30, 0)),
    ],
)
async def test_shared_folders_have_the_right_counts(
    house: House, shared_data: Path, name: str, expected: tuple[int, ...]
) -> None:
    result = await house.migration.look(TENANT, Wanted(shared_data / "llamaindex" / name), lambda _: None)
    assert counts(result.as_json()) == expected
    assert result.dimension == 384
