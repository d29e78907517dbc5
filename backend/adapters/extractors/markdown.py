"""Markdown to text: headings become the path, markup is taken off, code stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from backend.adapters.extractors import encodings, plain
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.sections import Block, segments
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_ITEM = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+")
_TABLE_RULE = re.compile(r"\s*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\s*$")
_REFERENCE = re.compile(r" {0,3}\[[^\]^]+\]:[ \t]*\S+")
_QUOTE = re.compile(r"\s{0,3}(?:>[ \t]?)+")

_INLINE = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"(?<!\\)\[([^\]]+)\](?:\((?:[^()]|\([^)]*\))*\)|\[[^\]]*\])"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+|[^@\s<>]+@[^>\s]+)>"), r"\1"),
    (
        re.compile(
            r"</?(?:a|abbr|b|br|center|cite|code|del|details|div|em|font|h[1-6]|i|img|ins|kbd|li|ol|p|picture|"
            r"pre|s|small|source|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>",
            re.IGNORECASE,
        ),
        "",
    ),
    (re.compile(r"(?<![\\*\w])(\*{1,3})(?=\S)([^*]+?)(?<=\S)\1(?!\*)"), r"\2"),
    (re.compile(r"(?<![\\_\w])(_{1,3})(?=\S)([^_]+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"(?<!\\)~~(?=\S)(.+?)~~"), r"\1"),
)
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FRONT_MATTER = re.compile(r"(title|author|date)\s*:\s*(.+)", re.IGNORECASE)
_FRONT_MATTER_LINES = 200

Line = tuple[str, int]


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a Markdown file, streamed; title and author from YAML front matter where there is some."""
    del limits  # the child counts the characters
    encoding = encodings.of_file(path)
    source = plain.lines(path, encoding.name)
    matter, rest = _front_matter(source)
    yield FileSummary(DocumentMetadata(title=matter.get("title"), author=matter.get("author")))
    yield from segments(_blocks(rest), path.stat().st_size)
    yield ExtractionEnd(encoding.warning)


def strip_markup(text: str) -> str:
    """A paragraph without emphasis, links, code marks and inline tags; code spans keep their text."""
    spans: list[str] = []

    def hide(match: re.Match[str]) -> str:
        spans.append(match[2].strip(" "))
        return f"\0{len(spans) - 1}\0"

    text = _CODE_SPAN.sub(hide, text)
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    text = _ESCAPE.sub(r"\1", text)
    return re.sub(r"\0(\d+)\0", lambda match: spans[int(match[1])], text).strip()


def _front_matter(source: Iterator[Line]) -> tuple[dict[str, str], Iterator[Line]]:
    """Title and author of a YAML block at the very start, and the lines after it."""
    seen: list[Line] = []
    for line in source:
        seen.append(line)
        if len(seen) == 1 and line[0].strip() != "---":
            break
        if len(seen) > 1 and line[0].strip() in {"---", "..."}:
            found = filter(None, (_FRONT_MATTER.match(text) for text, _ in seen))
            return {match[1].lower(): match[2].strip(" \"'") for match in found}, source
        if len(seen) > _FRONT_MATTER_LINES:
            break
    return {}, _chain(seen, source)


def _chain(seen: list[Line], source: Iterator[Line]) -> Iterator[Line]:
    yield from seen
    yield from source


def _blocks(source: Iterator[Line]) -> Iterator[Block]:
    paragraph: list[str] = []
    done = 0
    for line, done in source:
        fence = _FENCE.match(line)
        heading = _ATX.match(line)
        underline = _SETEXT.match(line) if paragraph and len(paragraph) == 1 else None
        if underline and not _ITEM.match(paragraph[0]) and "|" not in paragraph[0]:
            yield Block(strip_markup(paragraph.pop()), 1 if underline[1][0] == "=" else 2, done)
        elif fence or heading or not line.strip() or _RULE.match(line):
            yield from _paragraph(paragraph, done)
            paragraph = []
            if fence:
                yield from _code(source, fence[1])
            elif heading and (heading[2] or "").strip():
                yield Block(strip_markup(heading[2]), len(heading[1]), done)
        else:
            paragraph.append(line)
            if len(paragraph) >= 500:  # noqa: PLR2004  a file without blank lines must not gather in memory
                yield from _paragraph(paragraph, done)
                paragraph = []
    yield from _paragraph(paragraph, done)


def _code(source: Iterator[Line], fence: str) -> Iterator[Block]:
    """The lines up to the closing fence as they are."""
    code: list[str] = []
    done = 0
    for line, done in source:
        if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
            break
        code.append(line)
        if len(code) >= 500:  # noqa: PLR2004  as above
            yield Block("\n".join(code), None, done)
            code = []
    if any(line.strip() for line in code):
        yield Block("\n".join(code), None, done)


def _paragraph(lines: list[str], done: int) -> Iterator[Block]:
    """One block of lines that no blank line parts: prose joined, list items and table rows on lines."""
    rows: list[str] = []
    for raw in lines:
        if _TABLE_RULE.match(raw) or _REFERENCE.match(raw):
            continue
        line = _QUOTE.sub("", raw) if _QUOTE.match(raw) else raw
        starts_row = _ITEM.match(line) or "|" in line.strip()[:1]
        if starts_row or not rows or raw.endswith("  ") or rows[-1].startswith("|"):
            rows.append(line.strip())
        else:
            rows[-1] += " " + line.strip()
    text = "\n".join(strip_markup(_cells(row)) for row in rows)
    if text.strip():
        yield Block(text, None, done)


def _cells(row: str) -> str:
    if not (row.startswith("|") and row.endswith("|") and len(row) > 1):
        return row
    return " | ".join(cell.strip() for cell in row.strip("|").split("|"))
