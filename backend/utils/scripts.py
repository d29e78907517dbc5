"""Which script a text is written in."""

from __future__ import annotations

import unicodedata
from collections import Counter

_SAMPLE = 4000
_MOST = 0.5
_NAMES = {
    "ARABIC": "Arabic",
    "ARMENIAN": "Armenian",
    "BENGALI": "Bengali",
    "CJK": "Chinese characters",
    "CYRILLIC": "Cyrillic script",
    "DEVANAGARI": "Devanagari script (such as Hindi)",
    "GREEK": "Greek",
    "HANGUL": "Korean",
    "HEBREW": "Hebrew",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "TAMIL": "Tamil",
    "THAI": "Thai",
}


def other_script(text: str) -> str | None:
    """What most letters of a text are written in, as people call it; None for Latin letters and mixtures."""
    letters = [c for c in text[:_SAMPLE] if c.isalpha()]
    kinds = Counter(unicodedata.name(c, "").split(" ", 1)[0].split("-")[0] for c in letters)
    kana = kinds["HIRAGANA"] + kinds["KATAKANA"]
    if kana > kinds["LATIN"] and kana > kinds["CJK"] / 4:
        return _NAMES["HIRAGANA"]
    kind, times = kinds.most_common(1)[0] if kinds else ("LATIN", 0)
    if kind == "LATIN" or times < _MOST * len(letters):
        return None
    return _NAMES.get(kind, f"{kind.capitalize()} script")
