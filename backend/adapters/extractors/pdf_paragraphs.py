"""Lines of a page to paragraphs: one line each, words whole again, headings told from text."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from backend.adapters.extractors.pdf_lines import Line
from backend.adapters.extractors.pdf_typography import Typography, join_word

_ITEM = re.compile(r"(?:[•●○◦▪■□‣➢✓►]|[-–*](?=\s)|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)](?=\s))")
_BULLET = re.compile(r"[•●○◦▪■□‣➢✓►]")
_ENDS = (".", "!", "?", ":", ";", ".”", '."', ".)", "?”", "!”", "。", "！", "？", "؟", "।", "»")
_CAPTION = re.compile(r"(?:fig(?:ure)?|table|tab|abb(?:ildung)?|tabelle|box|algorithm)\b", re.IGNORECASE)
_HEADING_SIZE = 1.12
_HEADING_CHARS = 160
_TITLE_CHARS = 300
_NEAR_LINES = 12
_STRAY_LINES = 3
_NEW_COLUMN_EMS = 0.5
_PARTED = 1.3
"""Times the usual distance of lines."""
_SAME_SIZE = 0.08
_SAME_EDGE_EMS = 2.5
_INDENT = 0.8
_MAX_INDENT = 8.0
_CAPITALS = re.compile(r"(?:[IVX]+\.|\d+(?:\.\d+)*\.?)?\s*[A-Z][A-Z \-–:,&/’'()]{4,}$")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(slots=True)
class Paragraph:
    """A paragraph, list item or heading of a page."""

    text: str
    size: float
    bold: bool
    lines: int = 1
    gaps: int = 0
    full: bool = True
    """Whether the last line fills its width, so that the text may go on elsewhere."""
    level: float | None = None
    """Smaller is outer; None for running text."""


def paragraphs(lines: list[Line], typography: Typography) -> list[Paragraph]:
    """The lines of a page, given in reading order, as paragraphs with headings marked."""
    groups: list[list[Line]] = []
    edge = _right_edges(lines)
    for index, line in enumerate(lines):
        last = lines[index - 1]
        near = abs(line.x0 - last.x0) < _MAX_INDENT * line.size  # of one column, indented or not
        right = max(edge[index - 1], edge[index]) if near else edge[index - 1]
        if groups and not (_starts(groups[-1], line, right, typography) or _is_next_term(groups, line)):
            groups[-1].append(line)
        else:
            groups.append([line])
    found = []
    place = 0
    for group in groups:
        place += len(group)
        paragraph = _paragraph(group, typography)
        paragraph.full = not _ended_far_early(group[-1], edge[place - 1])
        found.append(_with_level(paragraph, typography))
    return found


def _is_next_term(groups: list[list[Line]], line: Line) -> bool:
    """Whether the line is back at the margin of a lonely term whose indented definition stands between."""
    if len(groups) < 2 or len(groups[-2]) > 1 or len(groups[-1]) > 1:  # noqa: PLR2004  term and definition
        return False
    term, definition = groups[-2][0], groups[-1][0]
    indented = _INDENT < (definition.x0 - term.x0) / line.size < _MAX_INDENT
    return indented and not term.text.endswith(_ENDS) and abs(line.x0 - term.x0) < _INDENT * line.size


def _right_edges(lines: list[Line]) -> list[float]:
    """For each line the right edge of the text around it: of near lines that start at the same place."""
    edges: list[float] = []
    for index, line in enumerate(lines):
        near = lines[max(0, index - _NEAR_LINES) : index + _NEAR_LINES + 1]
        ends = sorted(other.x1 for other in near if abs(other.x0 - line.x0) < _SAME_EDGE_EMS * line.size)
        # the lines of a caption across both columns must not widen the column
        edges.append(ends[-1 - min(_STRAY_LINES, len(ends) // 4)])
    return edges


def _starts(group: list[Line], line: Line, edge: float, typography: Typography) -> bool:
    """Whether ``line`` begins a new paragraph after ``group``; ``edge`` is the right edge of its column."""
    last = group[-1]
    if last.turned or line.turned:
        return True
    if last.hyphen or _is_fragment(last, line):
        return False
    drop = last.y - line.y
    if drop < -_NEW_COLUMN_EMS * line.size:
        return last.text.endswith(_ENDS) or not line.text[:1].islower()
    parted = drop > _PARTED * typography.leading * max(last.size, line.size)
    return (
        parted
        or _changes_type(group, line, edge)
        or _is_next_item(group, line, edge)
        or _by_shape(group, line, edge)
    )


def _changes_type(group: list[Line], line: Line, edge: float) -> bool:
    """Another size, or bold on one side of a line end that a person set."""
    last = group[-1]
    if abs(last.size - line.size) > _SAME_SIZE * max(last.size, line.size):
        return True
    return last.bold != line.bold and (len(group) == 1 or line.bold) and _ended_early(last, line, edge)


def _is_next_item(group: list[Line], line: Line, edge: float) -> bool:
    if not _ITEM.match(line.text):
        return False
    in_list = _BULLET.match(line.text) or _ITEM.match(group[0].text)
    return bool(in_list) or _ended_early(group[-1], line, edge)


def _by_shape(group: list[Line], line: Line, edge: float) -> bool:
    """By indentation, and by a last line that had room for the next word."""
    last = group[-1]
    shift = (line.x0 - last.text_x0) / line.size
    ended = last.text.endswith(_ENDS)
    indented = _INDENT < shift < _MAX_INDENT
    outdented = all(member.text_x0 - line.x0 > _INDENT * line.size for member in group)
    if ended and (indented or (shift < -_INDENT and len(group) > 1)):
        return True
    if indented and len(group) == 1 and _ended_far_early(last, edge):  # a term and its definition
        return True
    if outdented and _ended_early(last, line, edge):
        return True
    if ended or not line.text[:1].islower() or abs(shift) > _INDENT:
        return _ended_early(last, line, edge) and (ended or _ended_far_early(last, edge))
    return False


def _ended_early(last: Line, line: Line, edge: float) -> bool:
    """Whether the next line's first word would have fitted on the last line, with room to spare."""
    width = (line.x1 - line.x0) / max(1, len(line.text))
    first_word = len(line.text.split(" ", 1)[0]) if not _CJK.match(line.text) else 1
    return last.x1 + (first_word + 2) * width + 0.5 * line.size < edge


def _ended_far_early(last: Line, edge: float) -> bool:
    return edge - last.x1 > 0.25 * (edge - last.x0)


def _is_fragment(last: Line, line: Line) -> bool:
    """A stray sign (a footnote mark, part of a formula) does not part a paragraph."""
    near = abs(last.y - line.y) < 1.5 * max(last.size, line.size) and line.x0 < last.x1 + 5 * line.size
    return near and not last.text.endswith(_ENDS) and (_is_sign(last.text) or _is_sign(line.text))


def _is_sign(text: str) -> bool:
    return len(text) <= 5 and sum(char.isalpha() for char in text) <= 3 and not _ITEM.match(text + " ")  # noqa: PLR2004


def _paragraph(group: list[Line], typography: Typography) -> Paragraph:
    text = group[0].text
    for last, line in pairwise(group):
        text = _append(text, line.text, last, typography)
    if group[-1].hyphen:
        text += "-"
    longest = max(group, key=lambda line: len(line.text))
    return Paragraph(
        text, longest.size, all(line.bold for line in group), len(group), max(line.gaps for line in group)
    )


def _append(text: str, following: str, last: Line, typography: Typography) -> str:
    hyphen = last.hyphen or (text.endswith(("-", "\u2010")) and text[-2:-1].isalpha())
    if hyphen:
        return join_word(text if last.hyphen else text[:-1], following, typography)
    if _CJK.match(text[-1:]) and _CJK.match(following):
        return text + following
    return f"{text} {following}"


def _with_level(paragraph: Paragraph, typography: Typography) -> Paragraph:
    if not _may_head(paragraph):
        return paragraph
    text = paragraph.text
    ratio = paragraph.size / typography.body_size
    if ratio >= _HEADING_SIZE and not text.endswith((".", ",", ";")):
        paragraph.level = -round(ratio, 1)
    elif ratio > 0.95 and paragraph.bold and not typography.mostly_bold and _is_title(text):  # noqa: PLR2004
        paragraph.level = -1.0
    elif ratio > 0.95 and paragraph.lines <= 2 and _CAPITALS.match(text):  # noqa: PLR2004
        paragraph.level = -0.95
    return paragraph


def _may_head(paragraph: Paragraph) -> bool:
    text = paragraph.text
    letters = sum(char.isalpha() for char in text)
    if letters < max(3, len(text) / 2) or paragraph.lines > 4 or paragraph.gaps > 1:  # noqa: PLR2004
        return False
    if len(text) > (_HEADING_CHARS if paragraph.lines < 3 else _TITLE_CHARS):  # noqa: PLR2004
        return False
    return not (
        text[0].islower() or _CAPTION.match(text) or _BULLET.match(text) or "…" in text or "...." in text
    )


def _is_title(text: str) -> bool:
    starts = text[:1].isupper() or text[:1].isdigit()
    return starts and len(text) <= 100 and not text.endswith((".", ",", ";", ":", "-"))  # noqa: PLR2004


def sentence_end(text: str) -> int | None:
    """Where the first sentence of ``text`` ends, None where it does not."""
    found = re.search(r"[.!?](?:[”\"')\]]+)?(?=\s)|[。！？]", text)
    return found.end() if found else None


def ends_sentence(text: str) -> bool:
    """Whether a paragraph is complete."""
    return text.rstrip().endswith(_ENDS)


def body_of(found: Iterable[Paragraph], typography: Typography) -> list[Paragraph]:
    """The paragraphs of running text: no headings, no footnotes in small print."""
    return [p for p in found if p.level is None and abs(p.size - typography.body_size) <= 0.06 * p.size]
