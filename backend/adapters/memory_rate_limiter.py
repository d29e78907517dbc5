"""Token buckets of one process."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable

from backend.ports.rate_limiter import Allowance

_MOST_KEYS = 10_000


class MemoryRateLimiter:
    """Implements the RateLimiter port: ``burst`` calls at once, then ``per_minute`` evenly.

    Of more than 10,000 keys the one that called least lately is forgotten, and so begins with a full bucket.
    """

    def __init__(self, *, per_minute: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_second = per_minute / 60
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def take(self, key: str) -> Allowance:
        """See the port."""
        now = self._clock()
        level, seen = self._buckets.pop(key, (float(self._burst), now))
        level = min(self._burst, level + (now - seen) * self._per_second)
        allowed = level >= 1
        level -= allowed
        self._buckets[key] = (level, now)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return Allowance(
            allowed=allowed,
            limit=self._burst,
            remaining=math.floor(level),
            reset_s=(self._burst - level) / self._per_second,
            retry_after_s=0.0 if allowed else (1 - level) / self._per_second,
        )
