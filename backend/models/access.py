"""Who may do what: tenants, scopes, credentials and users."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from backend.errors import InvalidRequest

DEFAULT_TENANT = "default"

_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Scope(StrEnum):
    """What a credential allows; none of them holds another."""

    READ = "read"
    """Look, search, ask, make questions."""
    WRITE = "write"
    """Upload, change, delete."""
    ADMIN = "admin"
    """What concerns the whole installation: stores to move over, metrics, what language models cost."""


USUAL = frozenset({Scope.READ, Scope.WRITE})
"""What a person or program of a tenant needs."""


class Kind(StrEnum):
    """How a credential came to be."""

    KEY = "key"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Identity:
    """Whoever showed a credential that is good."""

    tenant: str
    scopes: frozenset[Scope]
    credential: str = ""
    """Public id of the credential; empty where none is asked for."""
    kind: Kind | None = None
    user: str = ""
    """Name of the user who logged in; empty for a key."""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential to keep; its secret exists only where it was made."""

    id: str
    kind: Kind
    tenant: str
    name: str
    """What a person calls a key; the user of a login."""
    scopes: frozenset[Scope]
    digest: str
    """SHA-256 of the whole secret, hexadecimal."""
    lifetime_s: float | None = None
    """None: it does not expire."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is kept."""

    id: str
    kind: Kind
    tenant: str
    name: str
    scopes: frozenset[Scope]
    # Only compared: a log or a listing has no use for it.
    digest: str = field(repr=False)
    created_at: float
    """Unix time, as the others."""
    last_used_at: float | None
    """To the minute."""
    expires_at: float | None
    revoked_at: float | None
    live: bool
    """Neither revoked nor expired, by the store's clock."""

    @property
    def is_login(self) -> bool:
        """Whether a person logged in, so that the name is theirs."""
        return self.kind is Kind.LOGIN


@dataclass(frozen=True, slots=True)
class User:
    """A person who logs in with a password."""

    name: str
    tenant: str
    scopes: frozenset[Scope]
    password_hash: str = field(repr=False)
    created_at: float = 0.0


def tenant_named(name: str) -> str:
    """``name`` where it can name a tenant; raises InvalidRequest."""
    if not _TENANT.fullmatch(name):
        raise InvalidRequest(
            "A tenant's name has 1 to 64 letters, digits or characters of . _ - with none of these first."
        )
    return name


def scopes_of(names: str | Iterable[str]) -> frozenset[Scope]:
    """Scopes from their names, a list or one text with commas; raises InvalidRequest."""
    listed = names.split(",") if isinstance(names, str) else names
    given = {name.strip() for name in listed if name.strip()}
    if not given or not given <= set(Scope):
        raise InvalidRequest(f"Scopes are some of {', '.join(Scope)}, separated by commas.")
    return frozenset(map(Scope, given))


def scopes_text(scopes: Iterable[Scope]) -> str:
    """Scopes as one text, always in the same order."""
    given = set(scopes)
    return ",".join(scope for scope in Scope if scope in given)
