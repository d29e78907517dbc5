"""What is usual in a PDF: its body size and line distance, and how it writes words with hyphens."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from backend.adapters.extractors.pdf_lines import Line

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_SUSPENDED = re.compile(r"(?:and|or|to|und|oder|bzw|et|ou|y|o|e)\b")
_COMPOUND_FIRST = frozenset(
    "self well non cross half high low long short left right full first second third two three four one "
    "single all ex quasi pre post".split()
)
_VOCABULARY = 200_000


class Typography:
    """What is usual in a document: gathered from each page before any is set."""

    def __init__(self) -> None:
        self._sizes: Counter[float] = Counter()
        self._bold = 0
        self._chars = 0
        self._leading: Counter[float] = Counter()
        self._words: Counter[str] = Counter()

    def learn(self, lines: list[Line]) -> None:
        """Take in a page."""
        for line in lines:
            self._sizes[round(line.size * 2) / 2] += len(line.text)
            self._chars += len(line.text)
            self._bold += len(line.text) if line.bold else 0
            if len(self._words) < _VOCABULARY:
                self._words.update(word.lower() for word in _WORD.findall(line.text))
        for one, two in pairwise(lines):
            ratio = (one.y - two.y) / one.size
            if abs(one.size - two.size) < 0.5 and 0.8 < ratio < 3:  # noqa: PLR2004  ems
                self._leading[round(ratio * 20) / 20] += 1

    @property
    def body_size(self) -> float:
        """Font size of most of the text, in points."""
        return self._sizes.most_common(1)[0][0] if self._sizes else 10.0

    @property
    def leading(self) -> float:
        """Usual distance of two baselines in font sizes."""
        return self._leading.most_common(1)[0][0] if self._leading else 1.2

    @property
    def mostly_bold(self) -> bool:
        """Whether bold says nothing in this document."""
        return self._bold > 0.4 * self._chars

    def joined(self, first: str, second: str) -> str:
        """The word whose halves a line end parted, with or without its hyphen as the document writes it."""
        solid = self._words[(first + second).lower()]
        hyphened = self._words[f"{first}-{second}".lower()]
        if solid or hyphened:
            return first + second if solid >= hyphened else f"{first}-{second}"
        keeps = first.lower() in _COMPOUND_FIRST or not second[:1].islower()
        return f"{first}-{second}" if keeps else first + second


def join_word(text: str, following: str, typography: Typography) -> str:
    """``text``, whose last word was cut at a hyphen that is already taken off, and what follows it."""
    first = _LAST_WORD.search(text)
    second = _FIRST_WORD.match(following)
    if _SUSPENDED.match(following):  # 'pre- and postnatal'
        return f"{text}- {following}"
    if first is None or second is None:
        return f"{text}-{following}"
    return text[: first.start()] + typography.joined(first[0], second[0]) + following[second.end() :]
