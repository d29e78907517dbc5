"""People who log in, and how often somebody tried to be one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.access import User


class Users(Protocol):
    """Users by name, which is unique over all tenants; durable."""

    async def add(self, user: User) -> None:
        """Keep a user; raises UserExists."""

    async def find(self, name: str) -> User | None:
        """A user."""

    async def users(self) -> Sequence[User]:
        """All of them, by name."""

    async def change_password(self, name: str, password_hash: str) -> bool:
        """Replace the hash and end the user's logins, in one step; False where there is no such user."""

    async def remove(self, name: str) -> bool:
        """Forget a user and end their logins, in one step; False where there is none."""


class LoginAttempts(Protocol):
    """How often something was tried lately; every process counts the same."""

    async def count(self, subject: str, window_s: float) -> tuple[int, float]:
        """Count one attempt more: how many there are now, and seconds until they are forgotten.

        The window begins with its first attempt.
        """

    async def forget(self, subject: str) -> None:
        """Begin anew, after an attempt that succeeded."""
