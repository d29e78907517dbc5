"""Uploaded files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
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


class BlobStore(Protocol):
    """Files by tenant and hash: the same bytes are stored once per tenant."""

    async def put(self, tenant: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store a stream durably in bounded memory; raises TooLarge and then keeps nothing."""

    def path(self, tenant: str, sha256: str) -> Path:
        """Where a local process can read the file."""

    async def delete(self, tenant: str, sha256: str) -> None:
        """Remove a file; harmless where it is gone."""

    async def sweep(self, keep: Collection[tuple[str, str]], older_than_s: float) -> int:
        """Remove files that no document needs and unfinished uploads, of that age; returns how many."""
