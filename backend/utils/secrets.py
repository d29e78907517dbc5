"""Secrets that programs carry: 256 random bits behind a public id."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

PREFIX = "quaestio_"
"""What people, logs and scanners for leaked secrets know them by."""

_FORM = re.compile(PREFIX + r"([0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_NO_DIGEST = "0" * 64


def new_secret() -> tuple[str, str]:
    """A public id, and the secret that begins with it."""
    public = secrets.token_hex(8)
    return public, f"{PREFIX}{public}_{secrets.token_urlsafe(32)}"


def public_id(secret: str) -> str | None:
    """The id in a secret; None where it has not the form of one."""
    found = _FORM.fullmatch(secret)
    return found.group(1) if found else None


def digest_of(secret: str) -> str:
    """Hexadecimal SHA-256: enough for 256 random bits, which nobody can guess one by one."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret_of(secret: str, digest: str | None) -> bool:
    """Whether the digest is of the secret, in a time that does not depend on how much of it agrees."""
    same = hmac.compare_digest(digest_of(secret), digest or _NO_DIGEST)
    return same and digest is not None
