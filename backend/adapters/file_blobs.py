"""Uploaded files in a folder, named by their hash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from backend.adapters.disk import FULL, GroupedSync, is_full
from backend.errors import StorageFull, TooLarge
from backend.ports.blob_store import Blob, StoredBlob
from backend.utils.ids import new_id

HEAD = 4096
"""Bytes that are looked at to recognise a file."""

_BUFFER = 1 << 20


class FileBlobStore:
    """Implements the BlobStore port: write, sync, rename; a crash leaves a ``.part`` that is swept."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders = GroupedSync()

    async def put(self, tenant: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """See the port."""
        folder = self._folder(tenant)
        part = _Part(self.scratch(tenant))
        digest, size, head = hashlib.sha256(), 0, b""
        held = bytearray()  # one write for many pieces; a small file is written in one go
        try:
            async for piece in content:
                size += len(piece)
                if size > max_bytes:
                    raise TooLarge(
                        f"The file is larger than {max_bytes / 1_000_000:.0f} MB. "
                        "Split it, or raise MAX_UPLOAD_MB."
                    )
                head = head or piece[:HEAD]
                digest.update(piece)
                held += piece
                if len(held) >= _BUFFER:
                    await asyncio.to_thread(part.write, bytes(held))
                    held.clear()
            await asyncio.to_thread(part.settle, bytes(held), folder / digest.hexdigest())
            await self._folders.sync(folder)
        except OSError as error:
            if is_full(error):
                raise StorageFull(FULL) from error
            raise
        finally:
            if part.is_open:
                await asyncio.to_thread(part.abandon)
        return Blob(digest.hexdigest(), size, head)

    @asynccontextmanager
    async def local(self, tenant: str, sha256: str) -> AsyncIterator[Path | None]:
        """See the port."""
        path = self._path(tenant, sha256)
        yield path if await asyncio.to_thread(path.exists) else None

    async def delete(self, tenant: str, sha256: str) -> None:
        """See the port."""
        await asyncio.to_thread(self._path(tenant, sha256).unlink, missing_ok=True)

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """See the port."""
        kept = {self._path(tenant, sha256) for tenant, sha256 in keep}
        return await asyncio.to_thread(_sweep, self._root, kept, time.time() - older_than_s)

    async def stored(self) -> list[StoredBlob]:
        """See the port."""
        return await asyncio.to_thread(lambda: list(_stored(self._root)))

    async def hash_of(self, tenant: str, sha256: str) -> str | None:
        """See the port."""
        return await asyncio.to_thread(_hash, self._path(tenant, sha256))

    def scratch(self, tenant: str) -> Path:
        """A new name for a file under way; what is left there by a crash is swept."""
        return self._folder(tenant) / f"{new_id()}.part"

    async def ping(self) -> None:
        """Raise unless the folder can be written."""
        await asyncio.to_thread(_probe, self._root)

    def _path(self, tenant: str, sha256: str) -> Path:
        return self._folder(tenant) / sha256

    def _folder(self, tenant: str) -> Path:
        # Hexadecimal, so that no tenant's name is ever a path.
        return self._root / tenant.encode().hex()


class _Part:
    """A file under way: written, synced and renamed, or removed. Its methods block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def is_open(self) -> bool:
        return self._file is not None

    def write(self, data: bytes) -> None:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("xb", buffering=0)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def settle(self, rest: bytes, final: Path) -> None:
        self.write(rest)
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
        self._path.replace(final)
        self._file = None

    def abandon(self) -> None:
        if self._file is not None:
            self._file.close()
        self._path.unlink(missing_ok=True)


def _stored(root: Path) -> Iterator[StoredBlob]:
    for path in root.glob("*/*"):
        with suppress(FileNotFoundError, ValueError):  # gone meanwhile; not ours
            age = time.time() - path.stat().st_mtime
            yield StoredBlob(bytes.fromhex(path.parent.name).decode(), path.name, age)


def _sweep(root: Path, kept: Collection[Path], before: float) -> int:
    swept = 0
    for path in root.glob("*/*"):
        if path not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _hash(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _probe(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        raise PermissionError("the folder of uploaded files cannot be written")
