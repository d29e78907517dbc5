"""Which option a person chose, and which one is right, however either is written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.models.questions import LETTERS
from backend.utils.likeness import normalised

_LETTERED = re.compile(r"^\s*[(\[]?([A-Za-z])\s*[)\].:]\s*(.*)$", re.DOTALL)
_ALONE = re.compile(r"^\s*(?:(?:option|answer|choice)\s+)?[(\[]?([A-Za-z])[)\].:]?\s*$", re.IGNORECASE)


def bare(option: str) -> str:
    """An option without its letter."""
    lettered = _LETTERED.match(option)
    return (lettered.group(2) if lettered else option).strip()


def chosen(answer: str, options: Sequence[str]) -> int | None:
    """Index of the option that an answer means, by its letter or its whole text; None for no one option."""
    texts = [normalised(bare(option)) for option in options]
    if alone := _ALONE.match(answer):
        index = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(alone.group(1).upper())
        return index if index < len(options) else _by_text(answer, texts)
    found = _by_text(answer, texts)
    if found is None and (lettered := _LETTERED.match(answer)):
        said = normalised(lettered.group(2))
        index = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(lettered.group(1).upper())
        if index < len(options) and said == texts[index]:
            return index
        return _by_text(lettered.group(2), texts)
    return found


def _by_text(answer: str, texts: Sequence[str]) -> int | None:
    said = normalised(answer)
    same = [index for index, text in enumerate(texts) if text == said]
    return same[0] if said and len(same) == 1 else None


def shown(options: Sequence[str], index: int) -> str:
    """An option with its letter."""
    letter = LETTERS[index] if index < len(LETTERS) else str(index + 1)
    return f"{letter}) {bare(options[index])}"
