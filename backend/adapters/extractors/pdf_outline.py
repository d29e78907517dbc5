"""Bookmarks of a PDF as headings of its pages."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium

from backend.adapters.extractors.sections import HeadingPath

_MAX_ENTRIES = 5000
_MAX_DEPTH = 8
_TO_COMPARE = re.compile(r"[\W_]+")
_NUMBER = re.compile(r"\s*(?:chapter|kapitel|appendix)?\s*[\dIVX]+(?:\.\d+)*[.:)]?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A bookmark; pages count from 1."""

    title: str
    level: int
    page: int


class Outline:
    """Follows the bookmarks while the pages go by in order."""

    def __init__(self, entries: list[Entry]) -> None:
        self._by_page: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            self._by_page[entry.page].append(entry)
        self._path = HeadingPath()
        self._waiting: list[Entry] = []

    def __bool__(self) -> bool:
        """Whether there is any bookmark."""
        return bool(self._by_page)

    def __str__(self) -> str:
        """The bookmarks above the current place."""
        return str(self._path)

    def open_page(self, page: int, texts: list[str]) -> None:
        """Enter what the page's bookmarks name; those whose title stands in ``texts`` wait for it."""
        self._enter_waiting()
        keys = [_key(text) for text in texts]
        for entry in self._by_page.get(page, ()):
            if self._waiting or any(_names(entry, key) for key in keys):
                self._waiting.append(entry)
            else:
                self._path.enter(entry.level, entry.title)

    def passes(self, text: str) -> bool:
        """Whether the paragraph is the title of a waiting bookmark, which is then entered."""
        key = _key(text)
        for index, entry in enumerate(self._waiting):
            if _names(entry, key):
                for passed in self._waiting[: index + 1]:
                    self._path.enter(passed.level, passed.title)
                del self._waiting[: index + 1]
                return True
        return False

    def _enter_waiting(self) -> None:
        for entry in self._waiting:
            self._path.enter(entry.level, entry.title)
        self._waiting.clear()


def outline_of(pdf: pdfium.PdfDocument) -> Outline:
    """The bookmarks of an open document; none where the tree is broken."""
    entries: list[Entry] = []
    try:
        for bookmark in pdf.get_toc(max_depth=_MAX_DEPTH):
            entry = _entry(bookmark)
            if entry:
                entries.append(entry)
            if len(entries) >= _MAX_ENTRIES:
                break
    except (pdfium.PdfiumError, RecursionError, ValueError):
        pass
    return Outline(entries)


def _entry(bookmark: Any) -> Entry | None:  # noqa: ANN401  pypdfium2 ships no types
    target = bookmark.get_dest()
    index = target.get_index() if target else None
    title = " ".join(bookmark.get_title().split())
    return Entry(title, bookmark.level, index + 1) if title and index is not None else None


def _names(entry: Entry, key: str) -> bool:
    return bool(key) and key in {_TO_COMPARE.sub("", entry.title.casefold()), _key(entry.title)}


def _key(text: str) -> str:
    """A title without numbering, punctuation and case."""
    return _TO_COMPARE.sub("", _NUMBER.sub("", text[:300], count=1).casefold())
