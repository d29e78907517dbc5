"""Places of the right option among four."""

from __future__ import annotations

import random
from collections.abc import Iterator


def even_places(seed: int) -> Iterator[int]:
    """Positions 0..3 without end: each of them once in every four, in an order that repeats with the seed."""
    shuffle = random.Random(seed)  # noqa: S311 - an order that repeats, not a secret
    while True:
        yield from reversed(shuffle.sample(range(4), 4))
