"""How often somebody may call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a call costs who makes it."""

    allowed: bool
    limit: int
    """Calls that may come at once after a rest."""
    remaining: int
    """Of these, what is left now."""
    reset_s: float
    """Seconds until all of them are there again."""
    retry_after_s: float
    """Seconds until the next call is allowed; 0 where this one is."""


class RateLimiter(Protocol):
    """Token buckets by key."""

    async def take(self, key: str) -> Allowance:
        """Count a call."""
