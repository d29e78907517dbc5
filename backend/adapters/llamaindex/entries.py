"""Entries of a large JSON file, one at a time: the file is an object of objects, or nearly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from backend.adapters.llamaindex.values import parsed
from backend.errors import DamagedFile

_BLOCK = 1 << 20
LARGEST = 64 << 20
"""Bytes of one entry: a node, or one vector. A larger one is no store of text."""

_SPACE = re.compile(rb"[ \t\r\n]*")
# All up to the next bracket; a quotation mark after it begins a string that goes on behind the buffer.
_CONTENT = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^,\]}\s]+")
_OPENING = b"[{"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file and where it stands there."""

    section: str
    """The key at the top of the file."""
    key: str | None
    """The key in the section; None where the section itself is no object."""
    raw: bytes
    """The value as it is written, not looked into yet."""
    offset: int


def entries(file: IO[bytes], name: str, tell: Callable[[int], None] = lambda _: None) -> Iterator[Entry]:
    """Every entry in the order of the file, in memory for the largest of them.

    ``tell`` hears how many bytes are behind. Raises DamagedFile, with the byte, where the file is not
    whole. Values themselves are not checked.
    """
    cursor = _Cursor(file, name, tell)
    cursor.expect(b"{")
    for section in cursor.names():
        if cursor.peek() == b"{":
            cursor.expect(b"{")
            for key in cursor.names():
                raw, offset = cursor.value()
                yield Entry(section, key, raw, offset)
        else:
            raw, offset = cursor.value()
            yield Entry(section, None, raw, offset)
    cursor.end()


class _Cursor:
    """A place in the file, over a buffer that is filled as needed and forgotten behind it."""

    def __init__(self, file: IO[bytes], name: str, tell: Callable[[int], None]) -> None:
        self._file, self._name, self._tell = file, name, tell
        self._data, self._base, self._at = b"", 0, 0
        self._fill()
        if self._data.startswith(_BOM):
            self._at = len(_BOM)

    def names(self) -> Iterator[str]:
        """Names in the object that was just opened; between two of them the caller takes the value."""
        if self.peek() == b"}":
            self._at += 1
            return
        while True:
            if self.peek() != b'"':
                raise self._damaged("a name is missing")
            raw = self._string()
            self.expect(b":")
            key = parsed(raw)
            if not isinstance(key, str):
                raise self._damaged("a name cannot be read")
            yield key
            mark = self.peek()
            self._at += 1
            if mark == b"}":
                return
            if mark != b",":
                raise self._damaged("a comma or the end of an object is missing")

    def value(self) -> tuple[bytes, int]:
        """The next value and where it begins."""
        first = self.peek()
        if self._at > _BLOCK:
            self._forget()
        start = self._at
        if first == b'"':
            raw = self._string()
        elif first in {b"[", b"{"}:
            raw = self._nested(start, vector=first == b"[")
        else:
            raw = self._scalar()
        return raw, self._base + start

    def peek(self) -> bytes:
        """The next byte that is no white space."""
        mark = self._data[self._at : self._at + 1]
        if mark and mark not in b" \t\r\n":
            return mark
        while True:
            space = _SPACE.match(self._data, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            self._forget()
            if not self._fill():
                raise self._damaged("it ends in the middle" if self._base else "it is empty")

    def expect(self, mark: bytes) -> None:
        if self.peek() != mark:
            raise self._damaged(f"{mark.decode()} is missing")
        self._at += 1

    def end(self) -> None:
        """Nothing but white space may follow."""
        while True:
            rest = self._data[self._at :].strip()
            self._at = len(self._data)
            if rest:
                raise self._damaged("something follows its end")
            if not self._fill():
                return

    def _string(self) -> bytes:
        while (found := _STRING.match(self._data, self._at)) is None:
            self._more()
        self._at = found.end()
        return found.group()

    def _scalar(self) -> bytes:
        while True:
            found = _SCALAR.match(self._data, self._at)
            if found is None:
                raise self._damaged("a value is missing")
            if found.end() < len(self._data):
                break
            self._more()
        self._at = found.end()
        return found.group()

    def _nested(self, start: int, *, vector: bool) -> bytes:
        if vector and (end := self._flat(start)):
            self._at = end
            return self._data[start:end]
        depth, at = 0, start
        while True:
            content = _CONTENT.match(self._data, at)
            at = content.end() if content else at
            mark = self._data[at : at + 1]
            if mark in {b"", b'"'}:
                self._more()
                continue
            at += 1
            if mark in _OPENING:
                depth += 1
            else:
                depth -= 1
                if depth == 0:
                    self._at = at
                    return self._data[start:at]

    def _flat(self, start: int) -> int:
        """The end of a list of numbers; 0 where the list holds anything else."""
        searched = start
        while (end := self._data.find(b"]", searched)) < 0:
            searched = len(self._data)
            self._more()
        if any(self._data.find(mark, start + 1, end) >= 0 for mark in (b'"', b"[", b"{")):
            return 0
        return end + 1

    def _more(self) -> None:
        """Read on; ``_at`` stays where it is."""
        if len(self._data) - self._at > LARGEST:
            raise self._damaged(f"one entry is larger than {LARGEST >> 20} MB")
        if not self._fill():
            raise self._damaged("it ends in the middle")

    def _fill(self) -> bool:
        # Twice as much each time, so that a large entry is not copied for every block of it.
        block = self._file.read(max(_BLOCK, len(self._data) - self._at))
        self._data += block
        self._tell(self._base + self._at)
        return bool(block)

    def _forget(self) -> None:
        self._data, self._base, self._at = self._data[self._at :], self._base + self._at, 0

    def _damaged(self, fault: str) -> DamagedFile:
        return DamagedFile(
            f"{self._name} is no whole JSON object: {fault} (near byte {self._base + self._at:,}). "
            "Nothing was changed; restore the file from a backup or persist the index again."
        )
