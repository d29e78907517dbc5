"""Keys and logins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.access import Credential, NewCredential


class Credentials(Protocol):
    """Credentials by public id, durable, the same for every process at once.

    Ids are unique over all tenants: a credential is what says which tenant asks.
    """

    async def add(self, new: NewCredential) -> Credential:
        """Keep a credential from now on; logins that have expired are forgotten."""

    async def find(self, credential_id: str) -> Credential | None:
        """A credential, live or not."""

    async def keys(self, tenant: str | None) -> Sequence[Credential]:
        """Keys of a tenant, or with None of all of them, oldest first; logins are left out."""

    async def revoke(self, credential_id: str) -> bool:
        """End a credential for good; False where there is none, or it had ended."""

    async def note_use(self, credential_id: str) -> None:
        """Remember that it was used now; may be lost in a power cut."""
