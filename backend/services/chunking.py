"""Segments to chunks."""

from __future__ import annotations

from collections.abc import Iterator

from backend.models.documents import POSITION_BITS, Chunk, Document, Segment, chunk_key

CHUNK_SIZE = 256
"""Characters. With no overlap, so that the chunks of a document are its text, once."""


class Chunker:
    """Cuts the segments of one document, in order, into chunks with their place in it.

    Every character but white space between chunks is kept. Offsets count characters of the extracted
    text, in which segments stand a blank line apart. Source: LangChain's
    RecursiveCharacterTextSplitter, 256 characters, no overlap.
    """

    def __init__(self, document: Document) -> None:
        # Imported here: half a second that a start does not need.
        from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415

        self._document = document
        self._splitter = RecursiveCharacterTextSplitter(
            chunk_size=CHUNK_SIZE, chunk_overlap=0, add_start_index=False
        )
        self._position = 0
        self._offset = 0

    @property
    def text_length(self) -> int:
        """Characters of the extracted text so far."""
        return max(self._offset - 2, 0)

    def cut(self, segment: Segment) -> Iterator[Chunk]:
        """The chunks of the next segment."""
        searched = 0
        for piece in self._splitter.split_text(segment.text):
            start = segment.text.index(piece, searched)
            searched = start + len(piece)
            yield self._chunk(segment, piece, self._offset + start)
        self._offset += len(segment.text) + 2

    def _chunk(self, segment: Segment, text: str, start: int) -> Chunk:
        position = self._position
        if position >> POSITION_BITS:
            raise OverflowError("more chunks than a document can have")
        self._position += 1
        return Chunk(
            key=chunk_key(self._document.number, position),
            document_id=self._document.id,
            position=position,
            text=text,
            start=start,
            end=start + len(text),
            page=segment.page,
            heading=segment.heading,
            start_seconds=segment.start_seconds,
        )
