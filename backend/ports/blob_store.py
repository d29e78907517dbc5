"""Uploaded files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file, named by what it holds."""

    sha256: str
    size: int
    head: bytes
    """The first 4096 bytes, or fewer."""


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A file in the store, needed or not."""

    tenant: str
    name: str
    """Its hash, or another name for what is no finished upload."""
    age_s: float


class BlobStore(Protocol):
    """Files by tenant and hash: the same bytes are stored once per tenant."""

    async def put(self, tenant: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store a stream in bounded memory; raises TooLarge and then keeps nothing.

        It is durable when this returns, or at the latest with the catalog's next durable write.
        """

    def local(self, tenant: str, sha256: str) -> AbstractAsyncContextManager[Path | None]:
        """A path where a local process can read the file meanwhile; None where it is not stored."""

    async def delete(self, tenant: str, sha256: str) -> None:
        """Remove a file; harmless where it is gone."""

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """Remove files that no document needs and unfinished uploads, of that age; returns how many."""

    async def stored(self) -> Sequence[StoredBlob]:
        """Every file there is, unfinished uploads too."""

    async def hash_of(self, tenant: str, sha256: str) -> str | None:
        """What a stored file hashes to now, in bounded memory; None where there is none."""
