"""Whether two texts say the same in nearly the same words."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
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
    return _alike(normalised(one), normalised(two))


class Wordings:
    """Texts of which none is to be said again in nearly the same words."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = {text: normalised(text) for text in texts}

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, oldest first."""
        return tuple(self._texts)

    def add(self, text: str) -> None:
        """One more."""
        self._texts[text] = normalised(text)

    def __contains__(self, text: str) -> bool:
        """Whether one of them is alike."""
        words = normalised(text)
        return any(_alike(words, known) for known in self._texts.values())


def _alike(one: str, two: str) -> bool:
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
