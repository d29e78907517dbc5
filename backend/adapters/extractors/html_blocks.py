"""A walk over an HTML tree that gathers blocks of text; no recursion, as pages nest thousands deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.adapters.extractors.sections import Block

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_DROPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "object",
        "applet",
        "button",
        "select",
        "option",
        "textarea",
        "input",
        "title",
        "datalist",
        "audio",
        "video",
        "canvas",
        "map",
        "frameset",
    ]
)
_FURNITURE = frozenset("nav header footer aside menu".split())
_ROLES = frozenset("navigation banner contentinfo search menu menubar complementary dialog".split())
_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer "
    "form header hgroup hr html legend li main menu nav ol p pre section summary table tbody td tfoot th "
    "thead tr ul caption h1 h2 h3 h4 h5 h6".split()
)
_LAYOUT_CELL_CHARS = 600

Node = Any  # lxml ships no types


class Walk:
    """Visits the tree below ``root`` once; ``blocks`` may be called once."""

    def __init__(self, root: Node, *, keep_furniture: bool = False) -> None:
        self._root = root
        self._keep = keep_furniture
        self._text: list[str] = []
        self._level: int | None = None
        self._prefix = ""
        self._verbatim = 0

    def blocks(self) -> Iterator[Block]:
        """Blocks in document order."""
        todo: list[tuple[Node, bool]] = [(self._root, False)]
        while todo:
            node, leaving = todo.pop()
            if leaving:
                yield from self._leave(node)
                continue
            kind = _kind(node)
            if kind is None or self._is_dropped(node, kind):
                self._add(node.tail if node is not self._root else None)
                continue
            if kind == "table" and not _is_layout(node):
                yield from self._table(node)
                continue
            yield from self._enter(node, kind)
            todo.append((node, True))
            todo.extend((child, False) for child in reversed(node))
        yield from self._flush()

    def _enter(self, node: Node, kind: str) -> Iterator[Block]:
        if kind in _BLOCKS:
            yield from self._flush()
        if kind in _HEADINGS:
            self._level = _HEADINGS[kind]
        elif kind == "li":
            self._prefix = _marker(node)
        elif kind == "pre":
            self._verbatim += 1
        elif kind == "br":
            self._text.append("\n")
        elif kind == "img" and node.get("alt") and len(node.get("alt")) > 2:  # noqa: PLR2004  no words
            self._text.append(f" {node.get('alt')} " if self._level is not None else "")
        self._add(node.text)

    def _leave(self, node: Node) -> Iterator[Block]:
        kind = node.tag
        if kind in _BLOCKS:
            yield from self._flush()
        if kind == "pre":
            self._verbatim -= 1
        elif kind == "li":
            self._prefix = ""
        elif kind in _HEADINGS:
            self._level = None
        if node is not self._root:
            self._add(node.tail)

    def _flush(self) -> Iterator[Block]:
        text = "".join(self._text)
        self._text.clear()
        if not self._verbatim:
            text = "\n".join(filter(None, (" ".join(line.split()) for line in text.split("\n"))))
        if not text.strip():
            return
        if self._level is not None:
            yield Block(" ".join(text.split()), self._level)
        else:
            yield Block(self._prefix + text.strip("\n"))
            self._prefix = ""

    def _add(self, text: str | None) -> None:
        if text:
            self._text.append(text if self._verbatim else text.replace("\n", " ").replace("\r", " "))

    def _is_dropped(self, node: Node, kind: str) -> bool:
        if kind in _DROPPED or _is_hidden(node):
            return True
        if self._keep or kind in {"html", "body"}:
            return False
        if (node.get("role") or "").lower() in _ROLES:
            return True
        if kind not in _FURNITURE:
            return False
        # a header inside an article, or one that holds the title, belongs to the text
        inside = next(node.iterancestors("article", "main", "section", "blockquote"), None) is not None
        titled = kind == "header" and next(node.iter("h1", "h2"), None) is not None
        return not titled and not (inside and kind in {"header", "footer", "aside"})

    def _table(self, table: Node) -> Iterator[Block]:
        """The rows of a data table as one block, cells joined by ' | '; its caption before them."""
        yield from self._flush()
        for caption in table.iterfind("caption"):
            yield Block(" ".join(_words(caption).split()))
        rows = []
        for row in table.iter("tr"):
            cells = [" ".join(_words(cell).split()) for cell in row if _kind(cell) in {"td", "th"}]
            if any(cells):
                rows.append(" | ".join(filter(None, cells)))
        if rows:
            yield Block("\n".join(rows))
        if table is not self._root:
            self._add(table.tail)


def _kind(node: Node) -> str | None:
    """The tag in lower case without a namespace; None for comments and other odd nodes."""
    tag = node.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else None


def _is_hidden(node: Node) -> bool:
    if node.get("hidden") is not None or (node.get("aria-hidden") or "").lower() == "true":
        return True
    return "display:none" in (node.get("style") or "").replace(" ", "").lower()


def _marker(node: Node) -> str:
    parent = node.getparent()
    if parent is None or parent.tag != "ol":
        return "- "
    return f"{1 + sum(1 for _ in node.itersiblings('li', preceding=True))}. "


def _is_layout(table: Node) -> bool:
    """Whether a table arranges the page rather than data: headings, tables or long texts inside."""
    if next(table.iterdescendants("table", "h1", "h2", "h3", "h4", "ul", "ol", "pre"), None) is not None:
        return True
    cells = list(table.iter("td", "th"))
    return len(cells) <= 1 or any(len(_words(cell)) > _LAYOUT_CELL_CHARS for cell in cells)


def _words(node: Node) -> str:
    """All text below a node, blocks and line breaks parted by a space; scripts and styles left out."""
    found: list[str] = []
    todo: list[tuple[Node, bool]] = [(node, False)]
    while todo:
        current, leaving = todo.pop()
        kind = _kind(current)
        if not leaving and kind is not None and kind not in _DROPPED:
            found.append(" " if kind in _BLOCKS or kind == "br" else "")
            found.append(current.text or "")
            todo.append((current, True))
            todo.extend((child, False) for child in reversed(current))
        elif current is not node:
            found.append(" " if kind in _BLOCKS else "")
            found.append(current.tail or "")
    return "".join(found)
