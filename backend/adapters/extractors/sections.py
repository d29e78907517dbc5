"""Blocks of text under headings to segments: shared by every format without pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.models.documents import Segment

_SEGMENT_CHARS = 12_000
"""A section longer than this leaves in several segments, so that memory and progress stay even."""
_HEADING_CHARS = 300


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item or table row; with a ``level`` (1 is outermost) it is a heading."""

    text: str
    level: int | None = None
    done: int = 0
    """Bytes of the file read when the block ended."""


class HeadingPath:
    """The headings above the current place."""

    def __init__(self) -> None:
        self._stack: list[tuple[float, str]] = []

    def enter(self, level: float, title: str) -> None:
        """Open a section; it closes every open one of its level or deeper. Smaller levels are outer."""
        while self._stack and self._stack[-1][0] >= level:
            self._stack.pop()
        title = " ".join(title.split())[:_HEADING_CHARS]
        if not self._stack or self._stack[-1][1] != title:  # a title page repeats as the first heading
            self._stack.append((level, title))

    def __str__(self) -> str:
        """Titles from the outermost, joined by ' > '."""
        return " > ".join(title for _, title in self._stack)


def segments(blocks: Iterable[Block], total: int) -> Iterator[Segment]:
    """One segment or more for each section; a heading stands first in its section and in its path.

    Headings without text of their own stay with the section that follows them.
    """
    path = HeadingPath()
    gathered: list[str] = []
    size = 0
    has_body = False
    done = 0
    for block in blocks:
        if (block.level is not None and has_body) or size > _SEGMENT_CHARS:
            yield Segment("\n\n".join(gathered), heading=str(path) or None, done=done, total=total)
            gathered, size, has_body = [], 0, False
        if block.level is not None:
            path.enter(block.level, block.text)
            if not has_body and gathered and gathered[-1] == block.text:
                continue
        gathered.append(block.text)
        size += len(block.text)
        has_body = has_body or block.level is None
        done = min(block.done, total)
    if gathered:
        yield Segment("\n\n".join(gathered), heading=str(path) or None, done=total, total=total)
