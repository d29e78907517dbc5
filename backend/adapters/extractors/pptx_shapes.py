"""The shapes of a slide as blocks of text, from top to bottom and from left to right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from backend.adapters.extractors.docx_paragraphs import local

_TITLES = {"title", "ctrTitle"}
_FURNITURE = {"dt", "ftr", "sldNum", "hdr"}
_BULLETED = {"body", "obj"}
"""Placeholders whose paragraphs have bullets unless they say otherwise."""
_ROW_EMU = 228_600
"""A quarter of an inch: shapes whose tops differ by less stand in a row."""
_GROUPS = {"grpSp", "spTree"}


class Place(NamedTuple):
    """Upper left corner in English Metric Units (914,400 an inch)."""

    x: int
    y: int


Places = dict[tuple[str, str], Place]
"""Places of placeholders by kind and index; ('kind', '') stands for the first of a kind."""


class Slide:
    """One slide. ``diagram`` gives the data part of a diagram by the id of its link."""

    def __init__(self, root: Any, places: Places, diagram: Callable[[str], Any]) -> None:  # noqa: ANN401
        self._root = root
        self._places = places
        self._diagram = diagram
        self.title: str | None = None

    def blocks(self) -> Iterator[str]:
        """Title first, then the other shapes in reading order."""
        tree = self._root.find("{*}cSld/{*}spTree")
        if tree is None:
            return
        title = next((shape for shape in _shapes(tree) if _kind(shape) in _TITLES), None)
        if title is not None:
            self.title = " ".join(_text(title, bulleted=False).split()) or None
        if self.title:
            yield self.title
        yield from self._group(tree, title)

    def _group(self, group: Any, title: Any) -> Iterator[str]:  # noqa: ANN401  lxml ships no types
        """A group is read as one: its shapes are sorted among themselves, in its own coordinates."""
        for shape in self._in_reading_order([shape for shape in _shapes(group) if shape is not title]):
            kind = local(shape)
            if kind in _GROUPS:
                yield from self._group(shape, title)
            elif kind == "graphicFrame":
                yield from self._frame(shape)
            elif _kind(shape) not in _FURNITURE:
                text = _text(shape, bulleted=_kind(shape) in _BULLETED)
                if text:
                    yield text

    def _frame(self, frame: Any) -> Iterator[str]:  # noqa: ANN401  lxml ships no types
        for table in frame.iter("{*}tbl"):
            rows = (_row(row) for row in table.iterfind("{*}tr"))
            text = "\n".join(filter(None, rows))
            if text:
                yield text
        for reference in frame.iter("{*}relIds"):
            keys = (value for name, value in reference.attrib.items() if name.endswith("}dm"))
            data = self._diagram(next(keys, ""))
            points = () if data is None else data.iterfind("{*}ptLst/{*}pt")
            text = "\n".join(filter(None, (_text(point, bulleted=False) for point in points)))
            if text:
                yield text

    def _in_reading_order(self, shapes: list[Any]) -> list[Any]:
        last = Place(0, 0)
        known: list[tuple[Place, Any]] = []
        for shape in shapes:  # one without a place stays behind the shape before it in the file
            last = self._place(shape) or last
            known.append((last, shape))
        known.sort(key=lambda item: item[0].y)
        rows: list[list[tuple[Place, Any]]] = []
        for item in known:
            if rows and item[0].y - rows[-1][0][0].y < _ROW_EMU:
                rows[-1].append(item)
            else:
                rows.append([item])
        return [shape for row in rows for _, shape in sorted(row, key=lambda item: item[0].x)]

    def _place(self, shape: Any) -> Place | None:  # noqa: ANN401  lxml ships no types
        own = _place(shape)
        if own is not None or not _kind(shape):
            return own
        kind, index = _placeholder(shape)
        return (
            self._places.get((kind, index)) or self._places.get(("", index)) or self._places.get((kind, ""))
        )


def places_of(root: Any) -> Places:  # noqa: ANN401  lxml ships no types
    """Places of the placeholders of a layout or master."""
    found: Places = {}
    tree = None if root is None else root.find("{*}cSld/{*}spTree")
    for shape in () if tree is None else _shapes(tree):
        place = _place(shape)
        if place is not None and _kind(shape):
            kind, index = _placeholder(shape)
            found[kind, index] = place
            found.setdefault((kind, ""), place)
            if index:
                found["", index] = place
    return found


def notes_of(root: Any) -> str:  # noqa: ANN401  lxml ships no types
    """What the speaker wrote under a slide."""
    tree = None if root is None else root.find("{*}cSld/{*}spTree")
    bodies = [] if tree is None else [shape for shape in _shapes(tree) if _kind(shape) == "body"]
    return "\n".join(filter(None, (_text(body, bulleted=False) for body in bodies)))


def _shapes(group: Any) -> Iterator[Any]:  # noqa: ANN401  lxml ships no types
    """Shapes of a group in the order of the file; of alternatives the first that holds any."""
    for child in group:
        kind = local(child)
        if kind in {"sp", "grpSp", "graphicFrame", "cxnSp"}:
            yield child
        elif kind == "AlternateContent":
            yield from next(filter(None, ([*_shapes(branch)] for branch in child)), [])


def _placeholder(shape: Any) -> tuple[str, str]:  # noqa: ANN401  lxml ships no types
    """Kind and index; empty for a shape of its own."""
    mark = next(shape.iterfind("*/{*}nvPr/{*}ph"), None)
    return ("", "") if mark is None else (mark.get("type") or "obj", mark.get("idx") or "")


def _kind(shape: Any) -> str:  # noqa: ANN401  lxml ships no types
    return _placeholder(shape)[0]


def _place(shape: Any) -> Place | None:  # noqa: ANN401  lxml ships no types
    ways = ("{*}spPr/{*}xfrm/{*}off", "{*}grpSpPr/{*}xfrm/{*}off", "{*}xfrm/{*}off")
    offset = next((found for way in ways for found in shape.iterfind(way)), None)
    try:
        return None if offset is None else Place(int(offset.get("x")), int(offset.get("y")))
    except (TypeError, ValueError):
        return None


def _row(row: Any) -> str:  # noqa: ANN401  lxml ships no types
    cells = (" ".join(_text(cell, bulleted=False).split()) for cell in row.iterfind("{*}tc"))
    return " | ".join(filter(None, cells))


def _text(shape: Any, *, bulleted: bool) -> str:  # noqa: ANN401  lxml ships no types
    """The paragraphs of a shape, one a line; items of a list with a dash."""
    paragraphs = [(paragraph, _words(paragraph)) for paragraph in shape.iterfind(".//{*}p")]
    paragraphs = [(paragraph, words) for paragraph, words in paragraphs if words]
    inherits = bulleted and len(paragraphs) > 1
    return "\n".join(_marker(paragraph, inherits=inherits) + words for paragraph, words in paragraphs)


def _marker(paragraph: Any, *, inherits: bool) -> str:  # noqa: ANN401  lxml ships no types
    properties = paragraph.find("{*}pPr")
    marks = set() if properties is None else {local(child) for child in properties}
    if "buNone" in marks or not (inherits or marks & {"buChar", "buAutoNum", "buBlip"}):
        return ""
    level = "" if properties is None else properties.get("lvl") or ""
    return "  " * min(int(level) if level.isdecimal() else 0, 8) + "- "


def _words(paragraph: Any) -> str:  # noqa: ANN401  lxml ships no types
    found: list[str] = []
    todo = list(reversed(paragraph))
    while todo:
        element = todo.pop()
        kind = local(element)
        if kind == "t":
            found.append(element.text or "")
        elif kind == "br":
            found.append("\n")
        elif kind == "AlternateContent":
            todo.extend(element[:1])
        elif kind not in {"pPr", "rPr", "endParaRPr"}:
            todo.extend(reversed(element))
    lines = "".join(found).replace("\v", "\n").split("\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))
