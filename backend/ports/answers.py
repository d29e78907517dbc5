"""What was answered to requests that carry a key of their sender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Claim:
    """What a key stands for."""

    fingerprint: str
    """Hash of the request that first carried it."""
    answer: str | None
    """None while that request has not been answered."""
    ours: bool
    """Whether whoever asks is to do the work: nobody else is at it."""


class Answers(Protocol):
    """Answers by tenant and key, durable; each is forgotten some time after its first request."""

    async def claim(self, tenant: str, key: str, fingerprint: str, *, keep_s: float, held_s: float) -> Claim:
        """Let a key stand for a request unless it stands for one already; of many at once one gets it.

        One that was not answered and not held for ``held_s`` seconds is given to the next who asks.
        What is older than ``keep_s`` seconds is forgotten.
        """

    async def hold(self, tenant: str, key: str) -> None:
        """Say that the work for a claimed key goes on."""

    async def keep(self, tenant: str, key: str, answer: str) -> str:
        """Keep the answer of a claimed key; returns the one that holds, the first."""

    async def release(self, tenant: str, key: str) -> None:
        """Forget a key whose request came to nothing; one that was answered stays."""
