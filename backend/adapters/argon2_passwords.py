"""Argon2id, by argon2-cffi."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

AT_ONCE = 2
"""Hashes of one process at a time: each takes 64 MiB and some tens of milliseconds of all its lanes."""


class Argon2Passwords:
    """Implements the Passwords port, by default with the parameters that RFC 9106 has for little memory."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str) -> str:
        """See the port."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password: str, password_hash: str | None) -> bool:
        """See the port."""
        if password_hash is None:
            await self.hashed(password)  # so that a name that nobody has takes no less time
            return False
        async with self._turns:
            return await asyncio.to_thread(self._verified, password, password_hash)

    def _verified(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
