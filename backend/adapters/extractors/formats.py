"""The formats that are read: one row per media type. A new format is a row here and a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from backend.models.documents import Extracted

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EPUB = "application/epub+zip"
HTML = "text/html"
MARKDOWN = "text/markdown"
TEXT = "text/plain"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
SRT = "application/x-subrip"
VTT = "text/vtt"
CSV = "text/csv"

READS = "PDF, DOCX, PPTX, EPUB, HTML, Markdown, SRT, VTT, CSV and plain text files are read"
"""The sentence that every refusal of a type ends with (without the full stop)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one extraction may use; enforced inside the child."""

    max_pages: int = 10_000
    max_chars: int = 20_000_000
    memory_bytes: int = 512 << 20
    cpu_seconds: int = 300
    ocr: bool = True
    """Whether text may be recognised in the images of pages without text."""
    tesseract: str | None = None
    """The program that does it; None where it is not installed."""


Reader = Callable[[Path, Limits], Iterator[Extracted]]
"""Yields one FileSummary, Segments in reading order and one ExtractionEnd; raises UnreadableFile."""

_MODULES = {
    PDF: "pdf",
    DOCX: "docx",
    EPUB: "epub",
    HTML: "html",
    MARKDOWN: "markdown",
    TEXT: "plain",
    PPTX: "pptx",
    SRT: "transcript",
    VTT: "transcript",
    CSV: "table",
}


def reader_of(media_type: str) -> Reader | None:
    """The reader of a media type; its module is imported on first use, as each pulls in a library."""
    name = _MODULES.get(media_type)
    if name is None:
        return None
    reader: Reader = import_module(f"backend.adapters.extractors.{name}").read
    return reader
