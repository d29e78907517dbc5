"""How well an old encoding explains bytes, by the letters and everyday characters of its languages."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from backend.adapters.extractors.alphabets import DOUBLE_BYTE, FREQUENT, SINGLE_BYTE, TYPOGRAPHY, common_share

_GREEK = "\u0370"
"""Where the scripts beyond Latin begin."""


def single_byte_scores(sample: bytes) -> dict[str, float]:
    """Scores by encoding; the most common one starts ahead, as a sign or two decide little."""
    scores: dict[str, float] = {}
    for name, alphabets in SINGLE_BYTE:
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        scores[name] = max(language_score(text, alphabet) for alphabet in alphabets) + 0.1 * (
            name == "cp1252"
        )
    return scores


def language_score(text: str, alphabet: str) -> float:
    """-1..1: how well one language's letters explain the characters beyond ASCII."""
    signs = [char for char in text if char > "\x7f"]
    if not signs:
        return 0.0
    oddities = sum(len(pattern.findall(text)) for pattern in (_CASE_BREAK, _MIXED_WORD, _ACCENTS))
    return (sum(map(_points_in(alphabet), signs)) - 2 * oddities) / len(signs)


def _points_in(alphabet: str) -> Callable[[str], float]:
    letters = frozenset(alphabet)

    def points(char: str) -> float:
        small = char.lower()
        if small in letters:
            if small < _GREEK:
                return 1.0
            return (1.0 if small in FREQUENT else 0.6) * (1.0 if small == char else 0.75)
        if char in TYPOGRAPHY or char in "\xa0\xad":
            return 0.8
        return -0.2 if char.isalpha() else -1.0

    return points


_LOWER = "a-zß-öø-ÿа-яёѐ-џα-ώ"
_UPPER = "A-ZÀ-ÖØ-ÞА-ЯЁЀ-ЏΑ-Ω"
_CASE_BREAK = re.compile(f"[{_LOWER}][À-ÖØ-ÞА-ЯЁЀ-ЏΑ-Ω]|[à-öø-ÿа-яёѐ-џα-ώ][{_UPPER}]")
_ACCENTS = re.compile("[À-ÖØ-öø-ÿ]{3}")
"""Accented letters in a row: a word of another script misread as Latin."""
_MIXED_WORD = re.compile("[A-Za-z][\u0370-\u0e7f]|[\u0370-\u0e7f][A-Za-z]")
"""A Latin letter beside one of another script."""


def double_byte_scores(sample: bytes) -> dict[str, float]:
    """-1..1 by encoding for those that decode the bytes at all."""
    scores = {}
    for name in DOUBLE_BYTE:
        text = _decoded_but_tail(sample, name)
        if text is not None:
            scores[name] = 2 * common_share(text, name) - 1
    return scores


def _decoded_but_tail(sample: bytes, name: str) -> str | None:
    """Decoded strictly, but for up to three bytes at the end of a sample that was cut."""
    try:
        return codecs.getincrementaldecoder(name)().decode(sample)
    except UnicodeDecodeError:
        return None
