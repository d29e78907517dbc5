"""Whether a text was said already, in these or nearly these words."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable

from backend.utils.wording import Wording


def normalised(text: str) -> str:
    """Words in lower case with single spaces: no punctuation, no typography, any script."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join(kept.split())


def digest(text: str) -> str:
    """Hexadecimal SHA-256 of the normalised text (of the bare text where it has no words)."""
    return hashlib.sha256((normalised(text) or text.strip()).encode()).hexdigest()


class Wordings:
    """Questions of which none is to be asked again."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = {text: Wording.of(text) for text in texts}

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, oldest first."""
        return tuple(self._texts)

    def add(self, text: str) -> None:
        """One more."""
        self._texts[text] = Wording.of(text)

    def __contains__(self, text: str) -> bool:
        """Whether a reader would take one of them for the same question."""
        wording = Wording.of(text)
        return any(wording.like(known) for known in self._texts.values())
