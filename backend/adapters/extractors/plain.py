"""Plain text: decoded in blocks, hard-wrapped lines joined, lonely short lines taken as headings."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from backend.adapters.extractors import encodings
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.sections import Block, segments
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_LINE_CHARS = 16_384
_PARAGRAPH_CHARS = 8_192
_WRAP_CHARS = (45, 200)
_ITEM = re.compile(r"\s*(?:[-*•–‣◦▪+]|\(?\w{1,3}[.)])\s|.*\t|\s*\|")
_HEADING_CHARS = 80
_HEADED_CHARS = 200


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a file in any encoding that can be told; memory stays bounded for any line length."""
    del limits  # the child counts the characters
    encoding = encodings.of_file(path)
    yield FileSummary(DocumentMetadata())
    yield from segments(_with_headings(_paragraphs(path, encoding.name)), path.stat().st_size)
    yield ExtractionEnd(encoding.warning)


def lines(path: Path, encoding: str) -> Iterator[tuple[str, int]]:
    """Lines without their ends, long ones cut between sentences or words, each with the bytes read so far."""
    rest = ""
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline=None) as stream:
        while line := stream.readline(_LINE_CHARS):
            line = rest + line.replace("\0", "")
            rest = ""
            if not line.endswith("\n") and len(line) >= _LINE_CHARS:
                line, rest = _cut(line)
            yield line.rstrip("\n"), raw.tell()
        if rest:
            yield rest, raw.tell()


def _cut(line: str) -> tuple[str, str]:
    for separator in (". ", " "):
        at = line.rfind(separator, len(line) // 2)
        if at > 0:
            return line[: at + len(separator)], line[at + len(separator) :]
    return line, ""


def join_wrapped(wrapped: list[str]) -> str:
    """Lines wrapped at a width joined to one; the lines as they are in lists, tables and verse."""
    wrapped = textwrap.dedent("\n".join(line.rstrip() for line in wrapped)).split("\n")
    longest = max(map(len, wrapped))
    if not _WRAP_CHARS[0] <= longest <= _WRAP_CHARS[1]:
        return "\n".join(wrapped)
    # a line was wrapped where the first word of the next one would not have fitted
    full = [
        len(one) + 1 + len(two.split(" ", 1)[0]) > longest and not _ITEM.match(two)
        for one, two in pairwise(wrapped)
    ]
    if sum(full) < len(full) / 2:
        return "\n".join(wrapped)
    joined = wrapped[0]
    for line, continues in zip(wrapped[1:], full, strict=True):
        joined += " " + line.strip() if continues else "\n" + line
    return joined


def _paragraphs(path: Path, encoding: str) -> Iterator[tuple[str, int]]:
    gathered: list[str] = []
    size = 0
    position = 0
    for line, position in lines(path, encoding):
        if line.strip():
            gathered.append(line)
            size += len(line)
        if gathered and (not line.strip() or size > _PARAGRAPH_CHARS):
            yield join_wrapped(gathered), position
            gathered, size = [], 0
    if gathered:
        yield join_wrapped(gathered), position


def _with_headings(paragraphs: Iterator[tuple[str, int]]) -> Iterator[Block]:
    previous: tuple[str, int] | None = None
    for paragraph, position in paragraphs:
        if previous:
            level = 1 if len(paragraph) >= _HEADED_CHARS and _may_head(previous[0]) else None
            yield Block(previous[0], level, previous[1])
        previous = paragraph, position
    if previous:
        yield Block(previous[0], None, previous[1])


def _may_head(text: str) -> bool:
    short = len(text) <= _HEADING_CHARS and "\n" not in text and "\t" not in text
    return short and text[:1].isupper() and text[-1:] not in ".,;:!" and not _ITEM.match(text)
