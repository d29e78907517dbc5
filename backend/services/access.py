"""Who asks: the one place where a credential becomes a tenant."""

from __future__ import annotations

import asyncio
import logging
import time

from backend.errors import NotAuthenticated, QuaestioError
from backend.models.access import DEFAULT_TENANT, Identity, Scope
from backend.ports.credentials import Credentials
from backend.utils.secrets import is_secret_of, public_id

_NOTED_S = 60.0
"""How exact the last use of a credential is kept: a write for every request would be dear."""

_MISSING = (
    "This server wants a credential: send an API key or a login token as `Authorization: Bearer …`, "
    "or a key as `X-API-Key`."
)
_WRONG = "This credential is wrong, expired or revoked. Log in again, or ask for a new key."

logger = logging.getLogger(__name__)

ANYONE = Identity(DEFAULT_TENANT, frozenset(Scope))
"""Whoever asks a server that wants no credential."""


class Access:
    """Looks every credential up for every request, so that a revoked one ends at once in every process."""

    def __init__(self, credentials: Credentials, *, required: bool) -> None:
        self._credentials = credentials
        self.required = required
        self._noted: dict[str, float] = {}
        self._noting: set[asyncio.Task[None]] = set()

    async def identify(self, secret: str | None) -> Identity:
        """Whose a credential is; raises NotAuthenticated. Where none is required, none is looked at."""
        if not self.required:
            return ANYONE
        if not secret:
            raise NotAuthenticated(_MISSING)
        public = public_id(secret)
        held = await self._credentials.find(public) if public else None
        if not is_secret_of(secret, held.digest if held else None) or held is None or not held.live:
            raise NotAuthenticated(_WRONG)
        self._note(held.id)
        return Identity(held.tenant, held.scopes, held.id, held.kind, held.name if held.is_login else "")

    async def close(self) -> None:
        """Finish what is still being noted."""
        await asyncio.gather(*self._noting)

    def _note(self, credential_id: str) -> None:
        """Remember the use, beside the request: nobody waits for that."""
        now = time.monotonic()
        if now - self._noted.get(credential_id, -_NOTED_S) < _NOTED_S:
            return
        self._noted[credential_id] = now
        task = asyncio.create_task(self._write_down(credential_id))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _write_down(self, credential_id: str) -> None:
        try:
            await self._credentials.note_use(credential_id)
        except QuaestioError as error:  # e.g. a full disk: requests go on without
            logger.warning("the use of a key could not be noted: %s", error.message)
