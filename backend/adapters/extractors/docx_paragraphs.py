"""The body elements of a Word file as blocks of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.adapters.extractors.docx_styles import Numbering, Styles, value
from backend.adapters.extractors.sections import Block

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_SKIPPED = frozenset(
    # deleted and moved-away text, the second copy of a drawing, field codes, ruby above the line
    (
        "del",
        "moveFrom",
        "Fallback",
        "instrText",
        "delText",
        "rt",
        "pPr",
        "rPr",
        "sdtPr",
        "tblPr",
        "trPr",
        "tcPr",
    )
)
_MATH_BREAKS = {"oMath": " ", "oMathPara": " "}


def w(name: str) -> str:
    """A name in the namespace of transitional Word files, which all programs write by default."""
    return f"{{{_WORD}}}{name}"


def local(element: Any) -> str:  # noqa: ANN401  lxml ships no types
    """The name of an element without its namespace; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


class Paragraphs:
    """Turns paragraphs, tables and content controls into blocks, counting list items on the way."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self._styles = styles
        self._numbering = numbering

    def blocks(self, element: Any) -> Iterator[Block]:  # noqa: ANN401  lxml ships no types
        """Blocks of one element in reading order; no recursion over wrappers, however deep."""
        todo = [element]
        while todo:
            current = todo.pop()
            kind = local(current)
            if kind == "p":
                yield from self._paragraph(current)
            elif kind == "tbl":
                yield from self._table(current)
            elif kind not in _SKIPPED and not _is_contents(current):
                todo.extend(reversed(current))

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:  # noqa: ANN401  lxml ships no types
        style = value(paragraph, "{*}pPr/{*}pStyle")
        if self._styles.is_contents(style):
            return
        boxes: list[Any] = []
        text = _text(paragraph, boxes).strip()
        level = self._level(paragraph, style)
        if text and level is not None:
            yield Block(" ".join(text.split()), level)
        elif text:
            yield Block(self._marker(paragraph, style) + text)
        for box in boxes:
            yield from self.blocks(box)

    def _level(self, paragraph: Any, style: str | None) -> int | None:  # noqa: ANN401
        own = value(paragraph, "{*}pPr/{*}outlineLvl")
        if own is not None and own.isdigit():
            return int(own) + 2 if int(own) < 9 else None  # noqa: PLR2004  level 9 is running text
        return self._styles.heading_level(style)

    def _marker(self, paragraph: Any, style: str | None) -> str:  # noqa: ANN401
        number = value(paragraph, "{*}pPr/{*}numPr/{*}numId")
        if number is not None:
            return self._numbering.marker(number, value(paragraph, "{*}pPr/{*}numPr/{*}ilvl") or "0")
        inherited = self._styles.numbering(style)
        return self._numbering.marker(*inherited) if inherited else ""

    def _table(self, table: Any) -> Iterator[Block]:  # noqa: ANN401  lxml ships no types
        """Rows as lines, cells joined by ' | '; the blocks themselves where one cell frames the text."""
        cells: dict[Any, list[Any]] = {}
        for cell in table.iter("{*}tc"):
            if next(cell.iterancestors("{*}tbl")) is table:
                cells.setdefault(next(cell.iterancestors("{*}tr"), None), []).append(cell)
        rows = list(cells.values())
        if sum(map(len, rows)) <= 1:
            for row in rows:
                for child in row[0]:
                    yield from self.blocks(child)
            return
        lines = (" | ".join(filter(None, (self._cell(cell) for cell in row))) for row in rows)
        text = "\n".join(filter(None, lines))
        if text:
            yield Block(text)

    def _cell(self, cell: Any) -> str:  # noqa: ANN401  lxml ships no types
        parts = (block.text for child in cell for block in self.blocks(child))
        return " ".join(" ".join(part.split()) for part in parts)


def _is_contents(element: Any) -> bool:  # noqa: ANN401  lxml ships no types
    """Whether a content control is the generated table of contents."""
    gallery = value(element, "{*}sdtPr/{*}docPartObj/{*}docPartGallery")
    return gallery is not None and "contents" in gallery.lower()


def _text(paragraph: Any, boxes: list[Any]) -> str:  # noqa: ANN401  lxml ships no types
    """The text of a paragraph; text boxes inside it are put into ``boxes``."""
    found: list[str] = []
    todo = list(reversed(paragraph))
    while todo:
        element = todo.pop()
        kind = local(element)
        if kind == "txbxContent":
            boxes.append(element)
        elif kind == "t":
            found.append(element.text or "")
        elif kind in _SIGNS:
            found.append(_SIGNS[kind])
        elif kind == "sym":
            found.append(_symbol(element))
        elif kind and kind not in _SKIPPED:
            found.append(_MATH_BREAKS.get(kind, ""))
            todo.extend(reversed(element))
    return "".join(found)


def _symbol(element: Any) -> str:  # noqa: ANN401  lxml ships no types
    code = next((text for name, text in element.attrib.items() if name.endswith("}char")), "")
    try:
        return chr(int(code, 16))
    except (ValueError, OverflowError):
        return ""
