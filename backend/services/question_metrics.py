"""What sets of questions are worth, in figures that anybody can compute again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations
from statistics import fmean
from typing import Any

import numpy as np

from backend.models.questions import LETTERS
from backend.ports.embedder import Embedder
from backend.services.item_flaws import Item, flaws, key_is_longest, structure_is_valid

ALIKE = 0.9
"""Share of characters in common runs from which two stems are duplicates."""

CHI_SQUARE_95 = 7.815
"""Above it, four places are used unevenly (3 degrees of freedom, 95 %)."""

_FEW_WORDS = 0.3


def form_of(items: Sequence[Item]) -> dict[str, Any]:
    """Everything that the items alone tell; shares are 0..1."""
    found = [flaws(item) for item in items]
    names = Counter(name for each in found for name in each)
    report: dict[str, Any] = {
        "items": len(items),
        "structure_valid": _share([structure_is_valid(i) for i in items]),
        "duplicates": duplicates([i.stem for i in items]),
        "at_most_one_flaw": _share([len(each) <= 1 for each in found]),
        "without_flaw": _share([not each for each in found]),
        "flaws": dict(names.most_common()),
    }
    quiz = [i for i in items if i.options]
    if quiz:
        places = Counter(i.options.index(i.answer) for i in quiz if i.answer in i.options)
        counts = [places[p] for p in range(len(LETTERS))]
        report |= {
            "longest_is_key": _share([key_is_longest(i) for i in quiz]),
            "key_positions": counts,
            "key_positions_chi_square": chi_square(counts),
            "key_positions_even": chi_square(counts) <= CHI_SQUARE_95,
        }
    return report


async def guessed(items: Sequence[Item], embedder: Embedder) -> float | None:
    """Share of quiz items whose key a reader picks that sees only stem and options.

    The reader takes the option that is nearest to the stem in meaning; chance is 0.25.
    """
    quiz = [i for i in items if i.options and i.answer in i.options]
    if not quiz:
        return None
    vectors = await embedder.embed([t for i in quiz for t in (i.stem, *i.options)])
    hits, at = [], 0
    for item in quiz:
        stem, options = vectors[at], vectors[at + 1 : at + 1 + len(item.options)]
        hits.append(item.options[int(np.argmax(options @ stem))] == item.answer)
        at += 1 + len(item.options)
    return _share(hits)


def with_random_options(items: Sequence[Item]) -> list[Item]:
    """The same stems and keys with keys of other items as wrong options: what an easy quiz looks like."""
    quiz = [i for i in items if i.options]
    step = max(1, len(quiz) // 7)
    made = []
    for n, item in enumerate(quiz):
        others = [quiz[(n + k * step + k) % len(quiz)].answer for k in range(1, len(LETTERS))]
        made.append(Item(item.stem, item.answer, (item.answer, *others)))
    return made


def duplicates(stems: Sequence[str]) -> int:
    """Pairs of stems that share nine tenths of their characters."""
    return sum(alike(a, b) >= ALIKE for a, b in combinations([s.lower() for s in stems], 2))


def alike(one: str, two: str) -> float:
    """Share of characters in common runs, 0..1; 0 where few words are shared."""
    first, second = set(re.findall(r"\w+", one)), set(re.findall(r"\w+", two))
    if len(first & second) < _FEW_WORDS * max(1, len(first | second)):
        return 0.0
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def chi_square(counts: Sequence[int]) -> float:
    """How far counts are from even."""
    even = sum(counts) / max(1, len(counts))
    return round(sum((c - even) ** 2 for c in counts) / even, 2) if even else 0.0


def _share(kept: Sequence[bool]) -> float:
    return round(fmean(kept), 3) if kept else 1.0
