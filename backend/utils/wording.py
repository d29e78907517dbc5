"""Whether two questions are one to a reader, by their words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_FRAME = re.compile(
    r"^(?:which of the following(?: best describes)?|complete the sentence:)\s*", re.IGNORECASE
)
_SAME_WORDS = 0.75
_SOME_WORDS = 0.4
_SAME_TEXT = 0.85


@dataclass(frozen=True, slots=True)
class Wording:
    """A stem made ready to be compared; the frame that many stems share counts only in the whole text."""

    text: str
    core: str
    words: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Wording:
        """From the stem as written."""
        core = _FRAME.sub("", text).lower()
        return cls(text.lower(), core, frozenset(re.findall(r"\w+", core)))

    def like(self, other: Wording) -> bool:
        """Whether a reader would take the two for one question."""
        shared = overlap(self.words, other.words)
        if shared >= _SAME_WORDS:
            return True
        if shared >= _SOME_WORDS and _ratio(self.core, other.core) >= _SAME_TEXT:
            return True
        return _ratio(self.text, other.text) >= _SAME_TEXT


def overlap(one: frozenset[str], two: frozenset[str]) -> float:
    """Members that both have over members that either has, 0..1."""
    return len(one & two) / max(1, len(one | two))


def _ratio(one: str, two: str) -> float:
    """Share of characters in common runs, 0 where a quick bound already says less than is of interest."""
    if 2 * min(len(one), len(two)) < _SAME_TEXT * (len(one) + len(two)):
        return 0.0
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _SAME_TEXT else 0.0
