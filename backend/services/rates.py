"""How often a client may call: by its address, and by its key where it sends one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from backend.errors import TooManyRequests
from backend.ports.rate_limiter import Allowance, RateLimiter

_CREDENTIALS = (b"x-api-key", b"authorization")


class Rates:
    """Takes one token from every bucket of a call; without a limiter every call is allowed."""

    def __init__(self, limiter: RateLimiter | None) -> None:
        self._limiter = limiter

    @staticmethod
    def keys(scope: Mapping[str, Any]) -> list[str]:
        """The buckets of an ASGI connection. A key is not kept, only a hash of it."""
        client = scope.get("client")
        keys = [f"address:{client[0] if client else 'unknown'}"]
        for name, value in scope.get("headers", ()):
            if name in _CREDENTIALS:
                keys.append(f"key:{hashlib.sha256(value).hexdigest()[:32]}")
        return keys

    async def take(self, keys: Sequence[str]) -> Allowance | None:
        """The tightest allowance of a call, counted; None without a limiter."""
        if self._limiter is None:
            return None
        taken = [await self._limiter.take(key) for key in keys]
        return min(taken, key=lambda a: (a.allowed, a.remaining, -a.retry_after_s))

    async def check(self, keys: Sequence[str]) -> Allowance | None:
        """The same; raises TooManyRequests where the call is not allowed."""
        allowance = await self.take(keys)
        if allowance is not None and not allowance.allowed:
            raise TooManyRequests("Too many requests. Wait a moment and try again.", allowance.retry_after_s)
        return allowance
