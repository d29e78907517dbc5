"""Pages of lines to segments under headings; sentences that a page break cuts are made whole."""

from __future__ import annotations

from collections.abc import Iterator

from backend.adapters.extractors.pdf_furniture import PageLines
from backend.adapters.extractors.pdf_outline import Outline
from backend.adapters.extractors.pdf_paragraphs import (
    Paragraph,
    body_of,
    ends_sentence,
    paragraphs,
    sentence_end,
)
from backend.adapters.extractors.pdf_typography import Typography, join_word
from backend.adapters.extractors.sections import HeadingPath
from backend.models.documents import Segment


class Setter:
    """Takes pages in order and gives the segments of the page before, which the next one may complete."""

    def __init__(self, typography: Typography, outline: Outline, total: int) -> None:
        self.unread: list[int] = []
        self.empty = 0
        self._typography = typography
        self._outline = outline
        self._total = total
        self._path = HeadingPath()
        self._waiting: tuple[int, list[Paragraph]] | None = None

    def segments(self, page: PageLines) -> Iterator[Segment]:
        """Segments that are complete now that ``page`` is known."""
        found = paragraphs(page.lines, self._typography)
        if page.unread:
            self.unread.append(page.number)
        elif not found:
            self.empty += 1
        if self._waiting is not None and self._waiting[0] == page.number - 1:
            self._complete(self._waiting[1], found)
        yield from self.rest()
        self._waiting = page.number, found

    def rest(self) -> Iterator[Segment]:
        """Segments of the last page."""
        if self._waiting is None:
            return
        number, found = self._waiting
        self._waiting = None
        self._outline.open_page(number, [paragraph.text for paragraph in found])
        gathered: list[str] = []
        has_body = False
        for paragraph in found:
            heads = self._outline.passes(paragraph.text) if self._outline else paragraph.level is not None
            if heads and has_body:
                yield self._segment(number, gathered)
                gathered, has_body = [], False
            if heads and paragraph.level is not None:
                self._path.enter(paragraph.level, paragraph.text)
            gathered.append(paragraph.text)
            has_body = has_body or not heads
            self._heading = str(self._outline or self._path) or None
        if gathered:
            yield self._segment(number, gathered)

    def _segment(self, number: int, gathered: list[str]) -> Segment:
        return Segment("\n\n".join(gathered), number, self._heading, number, self._total)

    def _complete(self, before: list[Paragraph], after: list[Paragraph]) -> None:
        """Move the rest of a sentence cut by the page break to the page where it began."""
        body = body_of(before, self._typography)
        if not body or not after or after[0].level is not None:
            return
        cut, rest = body[-1], after[0]
        if not cut.full or ends_sentence(cut.text) or not rest.text[:1].islower():
            return
        end = sentence_end(rest.text) or len(rest.text)
        moved = rest.text[:end]
        if cut.text.endswith("-"):
            cut.text = join_word(cut.text[:-1], moved, self._typography)
        else:
            cut.text = f"{cut.text} {moved}"
        rest.text = rest.text[end:].lstrip()
        if not rest.text:
            del after[0]
