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


class Answers(Protocol):
    """Answers by tenant and key, durable; each is forgotten some time after its first request."""

    async def claim(self, tenant: str, key: str, fingerprint: str, keep_s: float) -> Claim:
        """Let a key stand for a request unless it stands for one already.

        What is older than ``keep_s`` seconds is forgotten.
        """

    async def keep(self, tenant: str, key: str, answer: str) -> str:
        """Keep the answer of a claimed key; returns the one that holds, the first."""

    async def release(self, tenant: str, key: str) -> None:
        """Forget a key whose request came to nothing; one that was answered stays."""
