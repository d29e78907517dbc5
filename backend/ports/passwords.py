"""Hashes that are dear to compute."""

from __future__ import annotations

from typing import Protocol


class Passwords(Protocol):
    """Hashing of passwords, off the event loop, and only a few at a time: each takes much memory."""

    async def hashed(self, password: str) -> str:
        """A salted hash, with its parameters in it."""

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """Whether the hash is of the password; without a hash False, after as much work."""
