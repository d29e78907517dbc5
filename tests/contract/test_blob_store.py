"""One suite for every store of uploaded files."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.adapters.file_blobs import FileBlobStore
from backend.adapters.sized_blobs import SMALL, SizedBlobStore
from backend.adapters.sql.database import Database
from backend.adapters.sql.small_files import SmallFiles
from backend.errors import TooLarge
from backend.ports.blob_store import BlobStore

CONTENTS = [b"", b"a short text", b"x" * SMALL, b"y" * (SMALL + 1), bytes(range(256)) * 5000]
MOST = 2_000_000


@pytest.fixture
def sized(tmp_path: Path, database: Database) -> SizedBlobStore:
    return SizedBlobStore(SmallFiles(database), FileBlobStore(tmp_path / "files"))


@pytest.fixture(params=["files", "sized"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    if request.param == "files":
        yield FileBlobStore(tmp_path / "files")
    else:
        yield request.getfixturevalue("sized")


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def read(store: BlobStore, tenant: str, name: str) -> bytes | None:
    async with store.local(tenant, name) as path:
        return None if path is None else path.read_bytes()


@pytest.mark.parametrize("content", CONTENTS, ids=len)
async def test_what_was_put_can_be_read(store: BlobStore, content: bytes) -> None:
    blob = await store.put("t", pieces(content), MOST)
    assert (blob.sha256, blob.size, blob.head) == (sha256(content), len(content), content[: len(blob.head)])
    assert len(blob.head) >= min(len(content), 1000)
    assert await read(store, "t", blob.sha256) == content
    assert await store.hash_of("t", blob.sha256) == blob.sha256
    assert [(b.tenant, b.name) for b in await store.stored()] == [("t", blob.sha256)]


@pytest.mark.parametrize("content", CONTENTS, ids=len)
async def test_another_tenant_has_nothing_of_it(store: BlobStore, content: bytes) -> None:
    blob = await store.put("t", pieces(content), MOST)
    assert await read(store, "other", blob.sha256) is None
    await store.delete("other", blob.sha256)
    assert await read(store, "t", blob.sha256) == content


@pytest.mark.parametrize("content", CONTENTS, ids=len)
async def test_the_same_again_is_stored_once_and_deleted_once(store: BlobStore, content: bytes) -> None:
    for _ in range(2):
        blob = await store.put("t", pieces(content), MOST)
    assert len(await store.stored()) == 1
    await store.delete("t", blob.sha256)
    await store.delete("t", blob.sha256)
    assert await store.stored() == []
    assert await store.hash_of("t", blob.sha256) is None


@pytest.mark.parametrize(("content", "most"), [(b"x" * 11, 10), (b"x" * (SMALL + 2), SMALL + 1)])
async def test_too_large_keeps_nothing(store: BlobStore, content: bytes, most: int) -> None:
    with pytest.raises(TooLarge, match="MAX_UPLOAD_MB"):
        await store.put("t", pieces(content), most)
    assert await store.stored() == []


async def test_a_sweep_keeps_what_is_needed_and_what_is_new(store: BlobStore) -> None:
    blobs = [await store.put("t", pieces(content), MOST) for content in CONTENTS]
    kept = {("t", blob.sha256) for blob in blobs[1:4]}
    assert await store.sweep(kept, older_than_s=3600) == 0
    assert await store.sweep(kept, older_than_s=-1) == 2
    assert {(b.tenant, b.name) for b in await store.stored()} == kept


async def test_nothing_is_left_of_reading_a_small_file(sized: SizedBlobStore, tmp_path: Path) -> None:
    blob = await sized.put("t", pieces(b"short"), MOST)
    async with sized.local("t", blob.sha256) as path:
        assert path
        assert path.read_bytes() == b"short"
    assert [p for p in (tmp_path / "files").rglob("*") if p.is_file()] == []
