"""Uploaded files in a folder, named by their hash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
import uuid
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import IO

from backend.errors import TooLarge
from backend.ports.blob_store import Blob

_HEAD = 4096


class FileBlobStore:
    """Implements the BlobStore port: write, sync, rename; a crash leaves a ``.part`` that is swept."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, tenant: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """See the port."""
        folder = self._folder(tenant)
        part = folder / f"{uuid.uuid4().hex}.part"
        digest, size, head = hashlib.sha256(), 0, b""
        file = await asyncio.to_thread(_open_new, part)
        try:
            async for piece in content:
                size += len(piece)
                if size > max_bytes:
                    raise TooLarge(
                        f"The file is larger than {max_bytes / 1_000_000:.0f} MB. "
                        "Split it, or raise MAX_UPLOAD_MB."
                    )
                head = head or piece[:_HEAD]
                digest.update(piece)
                await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(_settle, file, folder / digest.hexdigest())
        finally:
            await asyncio.to_thread(_abandon, file)
        return Blob(digest.hexdigest(), size, head)

    def path(self, tenant: str, sha256: str) -> Path:
        """See the port."""
        return self._folder(tenant) / sha256

    async def delete(self, tenant: str, sha256: str) -> None:
        """See the port."""
        await asyncio.to_thread(self.path(tenant, sha256).unlink, missing_ok=True)

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """See the port."""
        kept = {self.path(tenant, sha256) for tenant, sha256 in keep}
        return await asyncio.to_thread(_sweep, self._root, kept, time.time() - older_than_s)

    async def ping(self) -> None:
        """Raise unless the folder can be written."""
        await asyncio.to_thread(_probe, self._root)

    def _folder(self, tenant: str) -> Path:
        # Hexadecimal, so that no tenant's name is ever a path.
        return self._root / tenant.encode().hex()


def _open_new(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _settle(file: IO[bytes], final: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    file.close()
    Path(file.name).replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _abandon(file: IO[bytes]) -> None:
    file.close()
    Path(file.name).unlink(missing_ok=True)


def _sweep(root: Path, kept: Collection[Path], before: float) -> int:
    swept = 0
    for path in root.glob("*/*"):
        if path not in kept and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def _probe(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    if not os.access(root, os.W_OK):
        raise PermissionError("the folder of uploaded files cannot be written")
