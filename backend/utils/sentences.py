"""Where sentences begin and end, in any script and without a model."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 420
"""Characters: text without full stops (a transcript, a table) is cut there, at white space if it can be."""

_END = re.compile(r"[.!?…]+(?:[\"'”’»)\]]|\[\d+\])*(?=\s|$)|[。！？।؟]+[”’」』）】]*|\n\s*\n")  # noqa: RUF001 - other scripts
_ABBREVIATIONS = frozenset(
    """dr mr mrs ms prof st jr sr vs ed eds al ca c cf approx e.g i.e etc viz inc ltd co dept est jan feb mar
    apr jun jul aug sep sept oct nov dec gen col sgt rev hon univ z.b bzw d.h u.a""".split()
)
_BEFORE_NUMBERS = frozenset("no nos vol p pp fig figs eq eqs ch sec".split())
_LINE = 40
"""Characters: what ends shorter at a blank line is a note or a heading, not half of a sentence."""


def spans(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence or heading, without white space around it; a blank line ends one."""
    start = 0
    for end in [*(m.end() for m in _END.finditer(text) if not _goes_on(text, start, m)), len(text)]:
        yield from _cut(text, start, end)
        start = end


def _goes_on(text: str, start: int, mark: re.Match[str]) -> bool:
    """Whether a small letter follows, or the full stop belongs to an abbreviation or an initial."""
    following = text[mark.end() :].lstrip()[:1]
    if mark.group()[0] == "\n":  # a page may end in the middle of a sentence
        return following.islower() and mark.start() - start >= _LINE
    if following.islower():
        return True
    if mark.group()[0] != ".":
        return False
    before = text[max(start, mark.start() - 12) : mark.start()].split()[-1:]
    word = before[0].lstrip("(\"'“‘[") if before else ""  # noqa: RUF001 - typographic quotes
    if word.lower() in _BEFORE_NUMBERS:
        return following.isdigit()
    return word.lower() in _ABBREVIATIONS or (len(word) == 1 and word.isupper())


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while text[start:end].strip():
        start += len(text[start:end]) - len(text[start:end].lstrip())
        stop = end
        if end - start > LONGEST:
            gap = max(text.rfind(space, start, start + LONGEST) for space in " \n")
            stop = gap if gap > start else start + LONGEST
        yield start, start + len(text[start:stop].rstrip())
        start = stop
