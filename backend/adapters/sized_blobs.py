"""Uploaded files where each is stored best: small ones as rows, others as files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from backend.adapters.file_blobs import HEAD, FileBlobStore
from backend.adapters.sql.small_files import SmallFiles
from backend.ports.blob_store import Blob, StoredBlob

SMALL = 1 << 16
"""Bytes of the largest file that is a row: up to about here, rows are faster to write than files."""


class SizedBlobStore:
    """Implements the BlobStore port. A small file becomes a file only while someone reads it."""

    def __init__(self, small: SmallFiles, large: FileBlobStore, limit: int = SMALL) -> None:
        self._small = small
        self._large = large
        self._limit = limit

    async def put(self, tenant: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """See the port; a small file is durable with the next durable write to the database."""
        begun, held = [], 0
        async for piece in content:
            begun.append(piece)
            held += len(piece)
            if held > min(self._limit, max_bytes):
                return await self._large.put(tenant, _chained(begun, content), max_bytes)
        whole = b"".join(begun)
        sha256 = hashlib.sha256(whole).hexdigest()
        await self._small.keep(tenant, sha256, whole)
        return Blob(sha256, held, whole[:HEAD])

    @asynccontextmanager
    async def local(self, tenant: str, sha256: str) -> AsyncIterator[Path | None]:
        """See the port."""
        content = await self._small.content(tenant, sha256)
        if content is None:
            async with self._large.local(tenant, sha256) as path:
                yield path
            return
        path = self._large.scratch(tenant)
        await asyncio.to_thread(_write, path, content)
        try:
            yield path
        finally:
            with suppress(FileNotFoundError):
                path.unlink()

    async def delete(self, tenant: str, sha256: str) -> None:
        """See the port."""
        await self._small.delete(tenant, sha256)
        await self._large.delete(tenant, sha256)

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """See the port."""
        return await self._small.sweep(keep, older_than_s) + await self._large.sweep(keep, older_than_s)

    async def stored(self) -> list[StoredBlob]:
        """See the port."""
        return [*await self._small.stored(), *await self._large.stored()]

    async def hash_of(self, tenant: str, sha256: str) -> str | None:
        """See the port."""
        return await self._small.hash_of(tenant, sha256) or await self._large.hash_of(tenant, sha256)

    async def ping(self) -> None:
        """Raise unless the folder can be written."""
        await self._large.ping()


async def _chained(begun: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for piece in begun:
        yield piece
    async for piece in rest:
        yield piece


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
