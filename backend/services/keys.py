"""API keys: made, listed and revoked by whoever runs the product."""

from __future__ import annotations

from collections.abc import Sequence

from backend.errors import InvalidRequest, KeyNotFound
from backend.models.access import Credential, Kind, NewCredential, Scope, tenant_named
from backend.ports.credentials import Credentials
from backend.utils.secrets import digest_of, new_secret

_LONGEST_NAME = 128
_DAY_S = 86_400.0
_MOST_DAYS = 36_500


class Keys:
    """Keys of every tenant."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def create(
        self, tenant: str, name: str, scopes: frozenset[Scope], days: float | None
    ) -> tuple[Credential, str]:
        """A new key and its secret, which cannot be seen again; ``days`` None: it does not expire.

        Raises InvalidRequest.
        """
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise InvalidRequest(f"A name has at most {_LONGEST_NAME} printable characters.")
        if days is not None and not 0 < days <= _MOST_DAYS:
            raise InvalidRequest(f"A key expires after more than 0 and at most {_MOST_DAYS} days.")
        public, secret = new_secret()
        lifetime = None if days is None else days * _DAY_S
        new = NewCredential(public, Kind.KEY, tenant_named(tenant), name, scopes, digest_of(secret), lifetime)
        return await self._credentials.add(new), secret

    async def keys(self, tenant: str | None) -> Sequence[Credential]:
        """Keys of a tenant, or with None of all."""
        return await self._credentials.keys(tenant)

    async def revoke(self, key_id: str) -> None:
        """End a key at once, in every process; raises KeyNotFound."""
        if not await self._credentials.revoke(key_id):
            raise KeyNotFound(
                f"There is no key {key_id} that is not revoked. `quaestio keys list` shows them."
            )
