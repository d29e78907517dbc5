"""What the styles and numbering parts of a Word file say of its paragraphs."""

from __future__ import annotations

import re
from typing import Any

WORD = "{*}"
"""Transitional and strict files use two namespaces; the names in them are the same."""

_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik)\s*([1-9])$", re.IGNORECASE
)
_TITLE_NAMES = {"title", "titel", "titre", "título", "titolo"}
_CONTENTS_NAME = re.compile(r"toc ?\d", re.IGNORECASE)
_BODY_LEVEL = 9


def value(element: Any, path: str) -> str | None:  # noqa: ANN401  lxml ships no types
    """The ``val`` attribute of the first element at ``path``, whatever its namespace."""
    found = None if element is None else element.find(path)
    if found is None:
        return None
    return next((text for name, text in found.attrib.items() if name.endswith("}val")), None)


class Styles:
    """Paragraph styles by id."""

    def __init__(self, root: Any) -> None:  # noqa: ANN401  lxml ships no types
        self._styles = {}
        for style in () if root is None else root.iterfind("{*}style"):
            key = next((text for name, text in style.attrib.items() if name.endswith("}styleId")), None)
            if key:
                self._styles[key] = style

    def heading_level(self, style: str | None) -> int | None:
        """1 for titles and first headings, and so on; None for styles of running text."""
        for element in self._chain(style):
            name = (value(element, "{*}name") or "").strip()
            if name.lower() in _TITLE_NAMES:
                return 1
            matched = _HEADING_NAME.match(name)
            if matched:
                return int(matched[1]) + 1
            level = value(element, "{*}pPr/{*}outlineLvl")
            if level is not None and level.isdigit():
                return int(level) + 2 if int(level) < _BODY_LEVEL else None
        return None

    def is_contents(self, style: str | None) -> bool:
        """Whether the style is that of an entry of the generated table of contents."""
        return any(_CONTENTS_NAME.match(value(element, "{*}name") or "") for element in self._chain(style))

    def numbering(self, style: str | None) -> tuple[str, str] | None:
        """List id and level that the style brings with it."""
        for element in self._chain(style):
            number = value(element, "{*}pPr/{*}numPr/{*}numId")
            if number is not None:
                return number, value(element, "{*}pPr/{*}numPr/{*}ilvl") or "0"
        return None

    def _chain(self, style: str | None) -> list[Any]:
        """The style and those it is based on; a loop ends."""
        chain: list[Any] = []
        while style in self._styles and len(chain) < 16:  # noqa: PLR2004  deeper than any real file
            chain.append(self._styles[style])
            style = value(chain[-1], "{*}basedOn")
        return chain


class Numbering:
    """Counts list items as Word does, so that '2.' stands where Word shows it."""

    def __init__(self, root: Any) -> None:  # noqa: ANN401  lxml ships no types
        self._formats: dict[tuple[str, str], str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        if root is None:
            return
        abstract = {_id(element, "abstractNumId"): element for element in root.iterfind("{*}abstractNum")}
        for number in root.iterfind("{*}num"):
            key = _id(number, "numId")
            for level in abstract.get(value(number, "{*}abstractNumId"), ()):
                name = _id(level, "ilvl")
                if key and name:
                    self._formats[key, name] = value(level, "{*}numFmt") or "decimal"

    def marker(self, number: str, level: str) -> str:
        """The marker of the next item of a list: '- ', '3. ' or nothing."""
        kind = self._formats.get((number, level))
        if kind is None or kind == "none" or number == "0":
            return ""
        if kind == "bullet":
            return "- "
        depth = int(level)
        counts = self._counts.setdefault(number, {})
        counts[depth] = counts.get(depth, 0) + 1
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        return f"{_written(counts[depth], kind)}. "


def _id(element: Any, name: str) -> str | None:  # noqa: ANN401  lxml ships no types
    return next((text for key, text in element.attrib.items() if key.endswith("}" + name)), None)


def _written(count: int, kind: str) -> str:
    if kind in {"lowerLetter", "upperLetter"}:
        letter = chr(ord("a") + (count - 1) % 26) * (1 + (count - 1) // 26)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in {"lowerRoman", "upperRoman"}:
        roman = _roman(count)
        return roman if kind == "upperRoman" else roman.lower()
    return str(count)


def _roman(count: int) -> str:
    written = ""
    for worth, sign in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        times, count = divmod(count, worth)
        written += sign * times
    return written
