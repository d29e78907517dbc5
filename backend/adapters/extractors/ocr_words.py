"""Tesseract's table of words as lines of a page, as a PDF with text would give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from statistics import mean, median

from backend.adapters.extractors.pdf_lines import Line

_COLUMNS = 12
_WORD = "5"
_LEAST_CONFIDENCE = 45.0
"""Of 100, on the average of a line; specks and drawings are read as letters with less."""
_OTHER_SIZE = 1.35
_SAME_SIZE = 1.25
_DESCENT = 0.25


@dataclass(slots=True)
class _Words:
    """The words of one line with their box in points; y downward."""

    texts: list[str] = field(default_factory=list)
    confidence: list[float] = field(default_factory=list)
    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0


def lines_of(table: str, scale: float, height: float, em: float | None) -> tuple[list[Line], float | None]:
    """Lines in tesseract's reading order, and the font size of the running text so far.

    ``scale`` is points a pixel, ``height`` that of the page in points. Boxes of letters tell sizes badly:
    lines near the usual size ``em`` of the pages before are given just that, so that only what is clearly
    larger can be a heading.
    """
    rows = [row.split("\t") for row in table.splitlines()]
    words = [row for row in rows if len(row) == _COLUMNS and row[0] == _WORD and row[11].strip()]
    found = [_line(list(group), scale) for _, group in groupby(words, key=lambda row: tuple(row[1:5]))]
    found = [line for line in found if mean(line.confidence) >= _LEAST_CONFIDENCE]
    if not found:
        return [], em
    usual = median(line.bottom - line.top for line in found)
    if em is None or not usual / _SAME_SIZE < em < usual * _SAME_SIZE:
        usual = max(1.0, round(usual * 2) / 2)
    else:
        usual = em
    return [_set(line, height, usual) for line in found], em or usual


def _line(words: list[list[str]], scale: float) -> _Words:
    boxes = [[float(value) * scale for value in word[6:10]] for word in words]
    return _Words(
        [word[11] for word in words],
        [float(word[10]) for word in words],
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[0] + box[2] for box in boxes),
        max(box[1] + box[3] for box in boxes),
    )


def _set(line: _Words, height: float, usual: float) -> Line:
    own = line.bottom - line.top
    size = own if own > _OTHER_SIZE * usual and len(line.texts) > 1 else usual
    middle = (line.top + line.bottom) / 2
    return Line(
        text=" ".join(line.texts),
        x0=line.left,
        x1=line.right,
        y=height - middle - (0.5 - _DESCENT) * size,
        size=size,
        text_x0=line.left,
    )
