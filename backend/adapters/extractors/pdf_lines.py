"""The characters of a PDF page as lines with their place, size and weight."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium

_HYPHEN = 0x02
"""What pdfium gives for a hyphen at the end of a line whose word goes on in the next."""
_LINE_ENDS = (0x0A, 0x0D)
_SPACES = (0x20, 0x09, 0xA0)
_UNUSABLE = (0x00, 0xFFFE, 0xFFFF)
_BOLD_WEIGHT = 600
_BOLD_NAMES = ("bold", "black", "heavy", "-medi", "cmbx", "demi", "semibold")
_SPLIT_EMS = 1.0
"""A gap wider than this within a line parts columns or cells."""
_NO_SPACE_EMS = 0.02
SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(slots=True)
class Line:
    """A run of text on one baseline; coordinates in points, y upward, turned so that it reads level."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    hyphen: bool = False
    """Ends in a hyphen that only the line end asked for (not part of ``text``)."""
    turned: bool = False
    """Runs in another direction than most of the page, e.g. a stamp on the margin."""
    text_x0: float = 0.0
    """Where the text starts behind a bullet or number."""
    gaps: int = 0
    """Wide gaps inside: two or more make it a row of a table."""


@dataclass(slots=True)
class _Char:
    left: float
    right: float
    bottom: float
    top: float


class PageText:
    """Reads one text page through pdfium's raw calls; the buffers are reused for each character."""

    def __init__(self, textpage: Any) -> None:  # noqa: ANN401  pypdfium2 ships no types
        self._owner = textpage  # keeps the page open while its handle is used
        self._page = textpage.raw
        self._count = pdfium.FPDFText_CountChars(self._page)
        self._box = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._x = ctypes.c_double()
        self._y = ctypes.c_double()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._angle = self._main_angle()

    def lines(self) -> list[Line]:
        """Runs of text in the order of the file, split at wide gaps."""
        found: list[Line] = []
        start: int | None = None
        codes: list[int] = []
        first = last = None
        space = 0
        for index in range(self._count):
            code = pdfium.FPDFText_GetUnicode(self._page, index)
            if code in _SPACES:
                space = 2 if space == 2 or not pdfium.FPDFText_IsGenerated(self._page, index) else 1  # noqa: PLR2004
                continue
            ends = code in _LINE_ENDS or code == _HYPHEN
            char = None if ends else self._char(index)
            if start is not None and (ends or (char and last and self._is_apart(last, char))):
                found.append(self._line(start, codes, first, last, hyphen=code == _HYPHEN))
                start, codes = None, []
            if char is None or code in _UNUSABLE:
                space = space if not ends else 0
                continue
            if start is None:
                start, first = index, char
            else:
                codes += self._joint(last, char, space)
                code = self._raised(code, last, char, space, codes)
            codes.append(code)
            last, space = char, 0
        if start is not None:
            found.append(self._line(start, codes, first, last, hyphen=False))
        return found

    def _joint(self, last: _Char | None, char: _Char, space: int) -> list[int]:
        """A space where the file has one, or where pdfium saw a gap that really is one."""
        if not space or last is None:
            return []
        gap = max(char.left - last.right, last.left - char.right)
        if space == 1 and gap < _NO_SPACE_EMS * (char.top - char.bottom):
            return []
        return [0x20]

    def _raised(self, code: int, last: _Char | None, char: _Char, space: int, codes: list[int]) -> int:
        """A small raised digit as the superscript it is: '10⁴' and 'practice²', not '104' and 'practice2'."""
        if not 0x30 <= code <= 0x39 or last is None or space:  # noqa: PLR2004  the digits
            return code
        height = last.top - last.bottom
        follows = chr(codes[-1]) in "⁰¹²³⁴⁵⁶⁷⁸⁹" and abs(char.bottom - last.bottom) < 0.1 * height
        raised = char.bottom > last.bottom + 0.2 * height and char.top - char.bottom < 0.9 * height
        return ord(chr(code).translate(SUPERSCRIPTS)) if follows or raised else code

    def _is_apart(self, last: _Char, char: _Char) -> bool:
        gap = max(char.left - last.right, last.left - char.right)
        return gap > _SPLIT_EMS * max(char.top - char.bottom, last.top - last.bottom, 1.0)

    def _char(self, index: int) -> _Char | None:
        if not pdfium.FPDFText_GetLooseCharBox(self._page, index, self._box):
            return None
        box = self._box
        if self._angle == 0:
            return _Char(box.left, box.right, box.bottom, box.top)
        x0, y0 = _turned(box.left, box.bottom, self._angle)
        x1, y1 = _turned(box.right, box.top, self._angle)
        return _Char(min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1))

    def _line(
        self, start: int, codes: list[int], first: _Char | None, last: _Char | None, *, hyphen: bool
    ) -> Line:
        if first is None or last is None:  # never: a run has a first and a last character
            raise ValueError("a run without characters")
        pdfium.FPDFText_GetCharOrigin(self._page, start, self._x, self._y)
        _, y = _turned(self._x.value, self._y.value, self._angle)
        x0 = min(first.left, last.left)
        size, angle = self._size_and_angle(start)
        return Line(
            text=_text(codes),
            x0=x0,
            x1=max(first.right, last.right),
            y=y,
            size=size,
            bold=self._is_bold(start) and self._is_bold(start + len(codes) - 1),
            hyphen=hyphen,
            turned=angle != self._angle,
            text_x0=x0,
        )

    def _is_bold(self, index: int) -> bool:
        if pdfium.FPDFText_GetFontWeight(self._page, index) >= _BOLD_WEIGHT:
            return True
        if not pdfium.FPDFText_GetFontInfo(self._page, index, self._name, len(self._name), self._flags):
            return False
        name = self._name.value.decode("utf-8", "replace").lower()
        return any(mark in name for mark in _BOLD_NAMES)

    def _size_and_angle(self, index: int) -> tuple[float, int]:
        """Font size as seen on the page, and the quarter turn of the text: 0, 90, 180 or 270."""
        size = pdfium.FPDFText_GetFontSize(self._page, index)
        if not pdfium.FPDFText_GetMatrix(self._page, index, self._matrix):
            return max(size, 1.0), self._angle
        matrix = self._matrix
        angle = round(math.degrees(math.atan2(matrix.b, matrix.a)) / 90) * 90 % 360
        return max(size * math.hypot(matrix.c, matrix.d), 1.0), angle

    def _main_angle(self) -> int:
        self._angle = 0
        step = max(1, self._count // 50)
        angles: Counter[int] = Counter()
        for index in range(0, self._count, step):
            if pdfium.FPDFText_GetUnicode(self._page, index) > 0x20:  # noqa: PLR2004  no space or control
                angles[self._size_and_angle(index)[1]] += 1
        return angles.most_common(1)[0][0] if angles else 0


def _turned(x: float, y: float, angle: int) -> tuple[float, float]:
    """The point after the page is turned back by ``angle``, so that its text runs left to right."""
    return {0: (x, y), 90: (y, -x), 180: (-x, -y), 270: (-y, x)}[angle]


def _text(codes: list[int]) -> str:
    text = "".join(map(chr, codes))
    if any(0xD800 <= code < 0xE000 for code in codes):  # noqa: PLR2004  halves of a surrogate pair
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
