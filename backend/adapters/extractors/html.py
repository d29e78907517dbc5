"""HTML to text: headings, blocks and tables in reading order, page furniture left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import html

from backend.adapters.extractors import encodings
from backend.adapters.extractors.cleaning import has_words
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.html_blocks import Walk
from backend.adapters.extractors.sections import Block, segments
from backend.errors import ExtractionLimit
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_MAX_BYTES = 64 << 20
_NESTING = re.compile(
    rb"</?(?:div|span|font|b|i|u|em|strong|small|big|center|section|blockquote|ul|ol|li)\b[^>]*>"
)
_CHARSET = re.compile(
    rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a page; the whole tree is in memory, so the file's size is limited."""
    del limits  # the child counts the characters
    size = path.stat().st_size
    if size > _MAX_BYTES:
        raise ExtractionLimit(f"The page is larger than {_MAX_BYTES >> 20} MB. Split it or save it as PDF.")
    data = path.read_bytes()
    encoding = encoding_of(data)
    root = parse(data.decode(encoding.name, "replace"))
    del data
    yield FileSummary(_metadata(root))
    if root is not None:
        yield from segments(_progress(blocks(root), size), size)
    yield ExtractionEnd(encoding.warning)


def encoding_of(data: bytes) -> encodings.Encoding:
    """Encoding of a page: a mark, UTF-8, what the page declares where it fits, else a guess."""
    declared = _CHARSET.search(data[:4096])
    return encodings.of_bytes(data, declared[1].decode("ascii") if declared else None)


def parse(text: str) -> Any:  # noqa: ANN401  lxml ships no types
    """The root element, None for a page without any; ``huge_tree`` as old pages nest thousands deep.

    Nothing is fetched: the HTML parser knows no external entities, and the process limits memory.
    """
    data = text.replace("\0", "").encode("utf-8", "replace")
    root, whole = _tree(data)
    if not whole:  # elements nested beyond the parser's last limit, where it drops the rest
        root, _ = _tree(_NESTING.sub(b"\n<p>", data))
    return root


def _tree(data: bytes) -> tuple[Any, bool]:
    """The root and whether the parser kept everything."""
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_pis=True)
    try:
        root = html.document_fromstring(data, parser=parser, ensure_head_body=False)
    except html.etree.ParserError:
        root = None
    return root, not any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def blocks(root: Any) -> Iterator[Block]:  # noqa: ANN401  lxml ships no types
    """Blocks of the page without its furniture; with it where nothing else holds words."""
    found = list(Walk(root).blocks())
    if not any(has_words(block.text) for block in found):
        found = list(Walk(root, keep_furniture=True).blocks())
    yield from found


def _progress(found: Iterator[Block], size: int) -> Iterator[Block]:
    """Bytes are not known per block once the tree stands: the blocks share the file evenly."""
    whole = list(found)
    for number, block in enumerate(whole, 1):
        yield Block(block.text, block.level, size * number // len(whole))


def _metadata(root: Any) -> DocumentMetadata:  # noqa: ANN401  lxml ships no types
    if root is None:
        return DocumentMetadata()
    title = root.find(".//title")
    named = {
        (meta.get("name") or meta.get("property") or "").lower(): meta.get("content")
        for meta in root.iterfind(".//meta")
        if meta.get("content")
    }
    return DocumentMetadata(
        title=(title.text_content() if title is not None else None) or named.get("og:title"),
        author=named.get("author") or named.get("dc.creator") or named.get("article:author"),
        subject=named.get("description") or named.get("og:description"),
        creator=named.get("generator"),
        creation_date=named.get("date") or named.get("article:published_time"),
    )
