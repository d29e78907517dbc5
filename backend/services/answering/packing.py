"""The passages that a model is shown: as many as its window holds, those of most value first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from backend.models.documents import Passage

_CHARACTERS_PER_TOKEN = 3.6
"""Of text in Latin script, a little below what tokenizers reach: the estimate errs on the safe side."""
_WIDE = re.compile("[\u2e81-\U0010ffff]")
"""Chinese, Japanese, Korean."""
_OTHER = re.compile("[\u0251-\u2e80]")
"""E.g. Arabic, Hindi."""
_FRAME = 24
"""Tokens of the marks and the name around a passage."""


def tokens_of(text: str) -> int:
    """About how many tokens a model makes of a text; scripts without spaces take more."""
    wide, other = len(_WIDE.findall(text)), len(_OTHER.findall(text))
    latin = len(text) - wide - other
    return round(latin / _CHARACTERS_PER_TOKEN + other / 1.5 + wide * 1.2) + 1


def packed(passages: Sequence[Passage], budget: int) -> list[Passage]:
    """Passages that fit into ``budget`` tokens, in their order (best first), at least the first one's hit.

    One that does not fit whole is cut to the chunk that was found; text that is there already is not
    shown twice.
    """
    chosen: list[Passage] = []
    left = budget
    shown: set[int] = set()
    for passage in passages:
        for shape in _shapes(passage, shown):
            cost = tokens_of(shape.text) + _FRAME
            if cost <= left or (not chosen and len(shape.chunks) == 1):
                chosen.append(shape)
                left -= cost
                shown |= {chunk.key for chunk in shape.chunks}
                break
    return chosen


def apart(passages: Iterable[Passage]) -> list[Passage]:
    """Passages in their order without those whose hit stands in an earlier one already."""
    kept: list[Passage] = []
    shown: set[int] = set()
    for passage in passages:
        if passage.found.key not in shown:
            kept.append(passage)
            shown |= {chunk.key for chunk in passage.chunks}
    return kept


def _shapes(passage: Passage, shown: set[int]) -> Iterable[Passage]:
    """The passage whole, without what was shown before, and its hit alone."""
    first = last = passage.hit
    while first > 0 and passage.chunks[first - 1].key not in shown:
        first -= 1
    while last + 1 < len(passage.chunks) and passage.chunks[last + 1].key not in shown:
        last += 1
    yield replace(passage, chunks=passage.chunks[first : last + 1], hit=passage.hit - first)
    yield replace(passage, chunks=(passage.found,), hit=0)
