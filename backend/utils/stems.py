"""Words reduced so that the forms of one word are seen to be one."""

from __future__ import annotations

import re
from functools import lru_cache

_LONG = 5
_LEFT = 4
"""Letters that must remain of a word."""


@lru_cache(maxsize=1 << 14)
def stem(word: str) -> str:
    """A crude stem, enough to see that two words are forms of one."""
    low = word.lower().removesuffix("'s").removesuffix("\u2019s")
    if low.endswith("ies") and len(low) > _LONG:
        low = low[:-3] + "y"
    elif low.endswith("s") and not low.endswith(("ss", "us", "is")):
        low = low[:-1]
    for ending in (
        "ational",
        "ation",
        "ative",
        "ically",
        "ical",
        "ally",
        "ing",
        "ion",
        "ed",
        "al",
        "ic",
        "ly",
        "ive",
        "ity",
        "ous",
        "e",
    ):
        if low.endswith(ending) and len(low) - len(ending) >= _LEFT:
            return low[: -len(ending)]
    return low


@lru_cache(maxsize=1 << 14)
def content_stems(text: str) -> frozenset[str]:
    """Stems of the words of four letters and more."""
    return frozenset(stem(w) for w in re.findall(r"[^\W\d_]{4,}", text))
