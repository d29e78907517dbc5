"""Processes that hold the FAISS objects of tenants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from backend.models.sessions import Joined, LineUse, Reply


class SessionWorker(Protocol):
    """One process that holds the objects of one tenant."""

    async def ask(self, session: int, frame: Sequence[bytes]) -> Reply:
        """Answer one frame, given in pieces.

        Raises SessionLost where the process ended instead, CallTooLong where it was ended for being slow.
        """

    def attach(self, session: int, connection: int, request_id: str) -> bool:
        """Let a client's connection, given by its file descriptor, be answered by the process itself.

        The descriptor is copied: the caller closes its own. False where the process takes no connection now.
        """

    def use(self, session: int) -> LineUse:
        """What the session did over such connections."""

    def joined(self) -> Joined:
        """Queries that came together since the process started, and were searched as one batch."""

    async def forget(self, session: int) -> None:
        """Free every object of the session; harmless where it has none."""

    def alive(self) -> bool:
        """Whether the process goes on."""

    def resident_bytes(self) -> int:
        """Memory that the process holds now; 0 where that cannot be known."""

    async def close(self) -> None:
        """End the process and everything in it."""


class SessionWorkers(Protocol):
    """Starts the processes."""

    async def start(self) -> SessionWorker:
        """A new process without objects."""
