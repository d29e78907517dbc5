"""The vector index service where it is a process of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from backend.models.relayed import Relayed


class IndexRelay(Protocol):
    """Passes requests on; raises Unavailable where the service does not answer."""

    async def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Relayed:
        """The service's answer to one request; ``target`` is path and query."""

    async def ping(self) -> None:
        """Raise unless it answers."""
