"""What was asked and answered, by session."""

from __future__ import annotations

from typing import Protocol

from backend.models.conversation import Turn


class Conversations(Protocol):
    """Turns by tenant and session: bounded in number, forgotten after a time."""

    async def recent(self, tenant: str, session: str, limit: int) -> list[Turn]:
        """The last turns that have not expired, oldest first."""

    async def remember(self, tenant: str, session: str, turn: Turn) -> None:
        """Add a turn; the oldest ones beyond the bound go."""

    async def forget(self, tenant: str, session: str) -> int:
        """Remove a session's turns; returns how many."""
