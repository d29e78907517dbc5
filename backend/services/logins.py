"""People: who may log in, logging in and out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from backend.errors import InvalidRequest, TooManyAttempts, UserNotFound, WrongPassword
from backend.models.access import Identity, Kind, NewCredential, Scope, User, tenant_named
from backend.ports.credentials import Credentials
from backend.ports.passwords import Passwords
from backend.ports.users import LoginAttempts, Users
from backend.utils.secrets import digest_of, new_secret

MOST_ATTEMPTS = 10
WINDOW_S = 900.0
"""Passwords that one address may try for one user in a quarter of an hour."""

_USER = re.compile(r"[\w.@+-]{1,128}")
_SHORTEST, _LONGEST = 8, 1024


class Logins:
    """Turns passwords into tokens that expire."""

    def __init__(
        self,
        *,
        users: Users,
        attempts: LoginAttempts,
        credentials: Credentials,
        passwords: Passwords,
        lifetime_s: float,
    ) -> None:
        self._users = users
        self._attempts = attempts
        self._credentials = credentials
        self._passwords = passwords
        self._lifetime_s = lifetime_s

    async def log_in(self, name: str, password: str, address: str) -> str:
        """A token; raises WrongPassword, after as much work for a name that nobody has, or TooManyAttempts.

        An attempt counts before the password is looked at, so that many at a time are no way around.
        """
        subject = hashlib.sha256(f"{address}\n{name}".encode()).hexdigest()
        attempts, left_s = await self._attempts.count(subject, WINDOW_S)
        if attempts > MOST_ATTEMPTS:
            minutes = max(1, round(left_s / 60))
            raise TooManyAttempts(
                f"Too many attempts to log in as this user. Try again in {minutes} min.", left_s
            )
        user = await self._users.find(name)
        right = await self._passwords.fits(password, user.password_hash if user else None)
        if user is None or not right:
            raise WrongPassword("The name or the password is wrong.")
        await self._attempts.forget(subject)
        public, secret = new_secret()
        await self._credentials.add(
            NewCredential(
                public, Kind.LOGIN, user.tenant, user.name, user.scopes, digest_of(secret), self._lifetime_s
            )
        )
        return secret

    async def log_out(self, who: Identity) -> bool:
        """End the login that asks; False for a key, which its owner may still need."""
        return who.kind is Kind.LOGIN and await self._credentials.revoke(who.credential)


class Accounts:
    """Users of every tenant, kept by whoever runs the product."""

    def __init__(self, users: Users, passwords: Passwords) -> None:
        self._users = users
        self._passwords = passwords

    async def add(self, name: str, tenant: str, scopes: frozenset[Scope], password: str) -> None:
        """Keep a new user; raises InvalidRequest, UserExists."""
        if not _USER.fullmatch(name):
            raise InvalidRequest("A user's name has 1 to 128 letters, digits or characters of . _ @ + -")
        hashed = await self._hashed(password)
        await self._users.add(User(name, tenant_named(tenant), scopes, hashed))

    async def users(self) -> Sequence[User]:
        """All of them, by name."""
        return await self._users.users()

    async def change_password(self, name: str, password: str) -> None:
        """Replace a password and end the user's logins; raises UserNotFound, InvalidRequest."""
        if not await self._users.change_password(name, await self._hashed(password)):
            raise _unknown(name)

    async def remove(self, name: str) -> None:
        """Forget a user and end their logins; what their tenant has stays. Raises UserNotFound."""
        if not await self._users.remove(name):
            raise _unknown(name)

    async def _hashed(self, password: str) -> str:
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise InvalidRequest(f"A password has {_SHORTEST} to {_LONGEST} characters.")
        return await self._passwords.hashed(password)


def _unknown(name: str) -> UserNotFound:
    return UserNotFound(f"There is no user {name}. `quaestio users list` shows them.")
