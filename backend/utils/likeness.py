"""Whether two texts say the same in nearly the same words."""

from __future__ import annotations

import hashlib
import unicodedata
from difflib import SequenceMatcher

ALIKE = 0.9


def normalised(text: str) -> str:
    """Words in lower case with single spaces: no punctuation, no typography, any script."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join(kept.split())


def digest(text: str) -> str:
    """Hexadecimal SHA-256 of the normalised text (of the bare text where it has no words)."""
    return hashlib.sha256((normalised(text) or text.strip()).encode()).hexdigest()


def alike(one: str, two: str) -> bool:
    """Whether nine in ten characters of the normalised texts match, in their order."""
    matcher = SequenceMatcher(None, normalised(one), normalised(two), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
