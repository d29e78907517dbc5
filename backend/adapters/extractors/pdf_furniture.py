"""Running heads, feet and page numbers: found by comparing each page with its neighbours."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from backend.adapters.extractors.pdf_lines import Line

_NEIGHBOURS = 8
"""Pages looked at before and after each page; the memory of the comparison."""
_EDGE_ROWS = 3
_SAME_ROW_EMS = 0.45
_MANY_ROWS = 5
_APART = 1.4
"""Times the usual distance of rows that parts a running head from the text."""
_APART_EMS = 1.5
_HEAD_LETTERS = 12
_BAND = 6.0
"""Points by which the place of a running head may differ between pages."""
_NUMBER = re.compile(r"\d+")
_LEADING = re.compile(r"^\d{1,5}(?=\s)")
_TRAILING = re.compile(r"(?<=\s)\d{1,5}$")
_PAGE_NUMBER = re.compile(
    r"[-–—\[(|· ]*(?:(?:page|seite|p\.|página|страница|стр\.)\s*)?(\d{1,5}|[ivxlc]{1,7})"
    r"(?:\s*(?:/|of|von|de|sur|из)\s*\d{1,5})?[-–—\])|· ]*",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]{3}")


@dataclass(slots=True)
class PageLines:
    """Lines of one page in reading order."""

    number: int
    """1-based."""
    lines: list[Line] = field(default_factory=list)
    unread: bool = False
    edges: list[tuple[int, Line]] = field(default_factory=list)
    """The outermost lines with their rank: 1 is the topmost, -1 the lowest."""


def without_furniture(pages: Iterable[PageLines]) -> Iterator[PageLines]:
    """The pages without what repeats at their edges; holds ``2 * _NEIGHBOURS + 1`` pages."""
    window: deque[PageLines] = deque()
    place = 0
    for page in pages:
        page.edges = _edges(page.lines)
        window.append(page)
        if len(window) - place > _NEIGHBOURS:
            yield _stripped(window[place], window)
            place += 1
        if place > _NEIGHBOURS:
            window.popleft()
            place -= 1
    while place < len(window):
        yield _stripped(window[place], window)
        place += 1


def _edges(lines: list[Line]) -> list[tuple[int, Line]]:
    """The outermost rows that stand apart from the text, as running heads do, with their ranks."""
    rows: list[list[Line]] = []
    for line in sorted((line for line in lines if not line.turned), key=lambda line: -line.y):
        if rows and abs(rows[-1][0].y - line.y) < _SAME_ROW_EMS * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    gaps = [one[0].y - two[0].y for one, two in pairwise(rows)]
    usual = sorted(gaps)[len(gaps) // 4] if len(gaps) >= _MANY_ROWS else 0.0
    wide = [gap > max(_APART * usual, _APART_EMS * row[0].size) for gap, row in zip(gaps, rows, strict=False)]
    heads = max((rank for rank, apart in enumerate(wide[:_EDGE_ROWS], 1) if apart), default=0)
    feet = max((rank for rank, apart in enumerate(wide[: -_EDGE_ROWS - 1 : -1], 1) if apart), default=0)
    top = [(rank, line) for rank, row in enumerate(rows[:heads], 1) for line in row]
    low = rows[max(heads, len(rows) - feet) :]
    return top + [(rank - len(low), line) for rank, row in enumerate(low) for line in row]


def _stripped(page: PageLines, window: deque[PageLines]) -> PageLines:
    others = [other for other in window if other is not page and other.edges]
    dropped = {id(line) for rank, line in page.edges if _repeats(page, rank, line, others)}
    lines = [line for line in page.lines if id(line) not in dropped]
    return PageLines(page.number, lines, page.unread)


def _repeats(page: PageLines, rank: int, line: Line, others: list[PageLines]) -> bool:
    if _PAGE_NUMBER.fullmatch(line.text):
        return _counts_pages(page, line, others)
    if not _LETTERS.search(line.text):
        return False
    needed = 2 if len(others) >= 4 else 1  # noqa: PLR2004  in a paper of a few pages one more is all there is
    outermost = abs(rank) == 1
    return (
        sum(
            any(_same(page, line, other, twin, outermost=outermost) for _, twin in other.edges)
            for other in others
        )
        >= needed
    )


def _same(page: PageLines, line: Line, other: PageLines, twin: Line, *, outermost: bool) -> bool:
    """Same words at the same height.

    Numbers may differ as page numbers do; in the outermost line, where sections are counted, anyhow.
    """
    if abs(line.y - twin.y) > _BAND or abs(line.size - twin.size) > 1:
        return False
    if line.text == twin.text:
        return True
    if outermost and _numbered_alike(line.text, twin.text, page.number - other.number):
        return True
    if _NUMBER.sub("#", line.text) != _NUMBER.sub("#", twin.text):
        return False
    if outermost and sum(char.isalpha() for char in line.text) >= _HEAD_LETTERS:
        return True
    apart = page.number - other.number
    pairs = zip(_NUMBER.findall(line.text), _NUMBER.findall(twin.text), strict=True)
    return all(int(one[:9]) - int(two[:9]) in {0, apart} for one, two in pairs)


def _numbered_alike(one: str, two: str, apart: int) -> bool:
    """Whether both begin or both end with a page number, whatever section is named beside it."""
    for pattern in (_LEADING, _TRAILING):
        first, second = pattern.search(one), pattern.search(two)
        if first and second and int(first[0]) - int(second[0]) == apart:
            return True
    return False


def _counts_pages(page: PageLines, line: Line, others: list[PageLines]) -> bool:
    """Whether a lonely number grows with the pages (or is the page's own, in a file of one page)."""
    value = _value(line.text)
    if value is None:
        return False
    if not others:
        return value == page.number
    return any(
        _value(twin.text) == value + other.number - page.number
        for other in others
        for _, twin in other.edges
        if abs(line.y - twin.y) <= _BAND
    )


def _value(text: str) -> int | None:
    """The number that a page number is, Arabic or Roman; None for other text."""
    matched = _PAGE_NUMBER.fullmatch(text)
    if matched is None:
        return None
    written = matched[1].lower()
    if written.isdigit():
        return int(written)
    worth = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
    values = [worth[sign] for sign in written]
    return sum(-one if one < two else one for one, two in zip(values, [*values[1:], 0], strict=True))
