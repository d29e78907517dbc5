"""What keeps a store small and fast."""

from __future__ import annotations

from typing import Protocol


class Upkeep(Protocol):
    """Work that nobody waits for, in steps so short that nobody is held up either."""

    async def optimise(self) -> None:
        """Merge the keyword index, refresh the planner's statistics, give free space back."""

    async def remove_orphans(self) -> int:
        """Remove rows that no document needs, e.g. passages of failed ingestions; returns how many."""
