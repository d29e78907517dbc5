"""CSV and TSV to text: each row with the names of its columns, so that it can be understood alone."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from backend.adapters.extractors import encodings, plain
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.sections import Block, segments
from backend.errors import ExtractionLimit
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_SAMPLE_ROWS = 100
_SAMPLE_CHARS = 1 << 17
_LINE_CHARS = 1 << 20
"""The longest line of the file; a longer one is no row."""
_CELL_CHARS = 1 << 18
_MAX_COLUMNS = 1000
_NAME_CHARS = 80
_MOSTLY = 0.7
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_VALUE = re.compile(
    r"[-+(]?[\d\s.,:/%€$£-]*\d[\d\s.,:/%€$£)-]*|https?://\S*|\S+@\S+|true|false|n/?a", re.IGNORECASE
)
_TOO_LONG = (
    "Row {:,} of the table is longer than a row can be. Check its quotation marks, or save it as text."
)


class Dialect(NamedTuple):
    """How the cells of a file are parted."""

    delimiter: str
    quoted: bool
    """Whether quotation marks hold cells together; else they are text."""


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Rows of a table, streamed; a file without columns is read as the plain text that it is."""
    encoding = encodings.of_file(path)
    sample, skip = _sample(path, encoding.name)
    dialect = _dialect(sample)
    if dialect is None:
        yield from plain.read(path, limits)
        return
    yield FileSummary(DocumentMetadata())
    table = _Table(path, encoding.name, dialect, skip)
    names = _header(list(islice(_rows(sample, dialect), _SAMPLE_ROWS)))
    yield from segments(table.blocks(names), path.stat().st_size)
    yield ExtractionEnd(" ".join(filter(None, (encoding.warning, table.warning))) or None)


class _Table:
    """The rows of a file as blocks of text."""

    def __init__(self, path: Path, encoding: str, dialect: Dialect, skip: int) -> None:
        self._path = path
        self._encoding = encoding
        self._dialect = dialect
        self._skip = skip
        self._done = 0
        self.warning: str | None = None

    def blocks(self, names: list[str] | None) -> Iterator[Block]:
        """A block for each row with something in it; ``names`` are the first row where it is a header."""
        number = 0
        try:
            for number, row in enumerate(_rows(self._lines(), self._dialect), 1):
                if len(row) > _MAX_COLUMNS:
                    self.warning = f"Only the first {_MAX_COLUMNS:,} columns of the table are read."
                    del row[_MAX_COLUMNS:]
                text = "" if names and number == 1 else _sentence(row, names or [])
                if text:
                    yield Block(text, done=self._done)
        except csv.Error as error:
            raise ExtractionLimit(_TOO_LONG.format(number + 1)) from error

    def _lines(self) -> Iterator[str]:
        with (
            self._path.open("rb") as raw,
            io.TextIOWrapper(raw, self._encoding, errors="replace", newline="") as stream,
        ):
            for number in range(1 << 62):
                line = stream.readline(_LINE_CHARS)
                if not line:
                    return
                if len(line) >= _LINE_CHARS:
                    raise ExtractionLimit(_TOO_LONG.format(number + 1))
                self._done = raw.tell()
                if number >= self._skip:
                    yield line.replace("\0", "")


def _sample(path: Path, encoding: str) -> tuple[list[str], int]:
    """The first lines, and how many of them only name the delimiter (as Excel may ask for)."""
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as stream:
        text = stream.read(_SAMPLE_CHARS).replace("\0", "")
    found = list(io.StringIO(text, newline=""))
    if len(text) == _SAMPLE_CHARS and len(found) > 1:
        found.pop()  # cut off
    skip = int(bool(found and _SEPARATOR_LINE.fullmatch(found[0])))
    return found[skip:], skip


def _rows(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    csv.field_size_limit(_CELL_CHARS)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quoting=csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
    )


def _dialect(sample: list[str]) -> Dialect | None:
    """The way of reading that gives most rows the same number of columns; None where none does."""
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    for delimiter in _DELIMITERS:
        for quoted in (True, False):
            merit = _evenness(sample, Dialect(delimiter, quoted))
            if merit > best:
                best, chosen = merit, Dialect(delimiter, quoted)
    return chosen


def _evenness(sample: list[str], dialect: Dialect) -> tuple[float, int]:
    """The share of rows with the usual number of columns, and that number; (0, 0) for what is no table."""
    try:
        rows = [row for row in islice(_rows(sample, dialect), _SAMPLE_ROWS) if any(row)]
    except csv.Error:
        return 0.0, 0
    columns, count = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    share = count / max(1, len(rows))
    if columns < 2 or len(rows) < 2 or share < _MOSTLY or _is_prose(rows):  # noqa: PLR2004  a table
        return 0.0, 0
    return round(share, 1), columns


def _is_prose(rows: list[list[str]]) -> bool:
    """Lines of sentences that happen to hold as many commas: their later pieces begin in small letters."""
    pieces = [cell for row in rows for cell in row[1:] if cell.strip()]
    words = sum(cell[:1].islower() and " " in cell.strip() for cell in pieces)
    ends = sum(row[-1].rstrip().endswith((".", "!", "?")) for row in rows)
    return words > len(pieces) / 2 and ends > len(rows) / 2


def _header(rows: list[list[str]]) -> list[str] | None:
    """The names of the columns, if the first row looks like names and like no other row."""
    first = [" ".join(cell.split()) for cell in rows[0]]
    named = [cell for cell in first if cell]
    if len(named) < len(first) / 2 or len(set(named)) < len(named):
        return None
    if any(len(cell) > 2 * _NAME_CHARS or _VALUE.fullmatch(cell) for cell in named):
        return None
    columns = list(zip(*(row for row in rows[1:] if len(row) == len(first)), strict=True))
    if any(cell and cell in column for cell, column in zip(first, columns, strict=False)):
        return None
    return [cell[:_NAME_CHARS] for cell in first]


def _sentence(row: list[str], names: list[str]) -> str:
    """'column: value; column: value', without what is empty."""
    cells = [" ".join(cell.split()) for cell in row]
    named = [*names[: len(cells)], *[""] * (len(cells) - len(names))]
    return "; ".join(
        f"{name}: {cell}" if name else cell for name, cell in zip(named, cells, strict=True) if cell
    )
