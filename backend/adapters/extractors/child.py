"""The process that opens files: ``python -m backend.adapters.extractors.child``.

Standard output carries one JSON object a line (``wire.py``), the last an ``end`` or an ``error``.
"""

from __future__ import annotations

import argparse
import os
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from backend.adapters.extractors import ocr_advice, wire
from backend.adapters.extractors.cleaning import clean, has_words, one_line, pieces
from backend.adapters.extractors.formats import PDF, READS, Limits, reader_of
from backend.adapters.extractors.limits import confine, die_with_parent
from backend.errors import (
    DamagedFile,
    EmptyFile,
    ExtractionLimit,
    NoTextInFile,
    QuaestioError,
    UnsupportedFile,
)
from backend.models.documents import DocumentMetadata, Extracted, FileSummary, Segment

_TOO_LONG = "The file holds more than {:,} characters of text. Split it into parts."
_NO_WORDS = "There are no words in this file. Check that it is the right one."


def extract(path: Path, media_type: str, limits: Limits) -> Iterator[Extracted]:
    """What the reader of ``media_type`` finds, cleaned, cut to the wire's size and held to the limits."""
    read = reader_of(media_type)
    if read is None:
        raise UnsupportedFile(f"This type of file is not read. {READS}.")
    if path.stat().st_size == 0:
        raise EmptyFile("The file is empty. Upload it again from the original.")
    chars = 0
    words = False
    for item in read(path, limits):
        if isinstance(item, Segment):
            for segment in _cleaned(item):
                chars += len(segment.text)
                words = words or has_words(segment.text)
                if chars > limits.max_chars:
                    raise ExtractionLimit(_TOO_LONG.format(limits.max_chars))
                yield segment
        elif isinstance(item, FileSummary):
            yield FileSummary(metadata=_clean_metadata(item.metadata), pages=item.pages)
        elif not words:
            raise NoTextInFile(ocr_advice.no_text(limits, item.warning) if media_type == PDF else _NO_WORDS)
        else:
            yield item


def _cleaned(segment: Segment) -> Iterator[Segment]:
    text = clean(segment.text)
    if not text:
        return
    heading = one_line(segment.heading)
    for piece in pieces(text, wire.SEGMENT_CHARS):
        yield replace(segment, text=piece.strip("\n"), heading=heading)


def _clean_metadata(metadata: DocumentMetadata) -> DocumentMetadata:
    return DocumentMetadata(
        **{name: one_line(getattr(metadata, name)) for name in DocumentMetadata.__dataclass_fields__}
    )


def _lines(path: Path, media_type: str, limits: Limits) -> Iterator[bytes]:
    try:
        for item in extract(path, media_type, limits):
            yield wire.write_item(item)
    except QuaestioError as error:
        yield wire.write_error(error)
    except (MemoryError, RecursionError):
        yield wire.write_error(
            ExtractionLimit("The file asks for more memory than is allowed. Split it into parts.")
        )
    except Exception:  # noqa: BLE001  whatever a library throws at a strange file ends here
        traceback.print_exc(limit=-8)  # for the server's log, before the line that makes it stop reading
        yield wire.write_error(
            DamagedFile("The file is damaged and cannot be read. Save or download it again.")
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="extractor child")
    parser.add_argument("--media-type", required=True)
    parser.add_argument("--max-pages", type=int, required=True)
    parser.add_argument("--max-chars", type=int, required=True)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--cpu-seconds", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--no-ocr", dest="ocr", action="store_false")
    parser.add_argument("--tesseract")
    parser.add_argument("path", type=Path)
    return parser.parse_args()


def main() -> None:
    """Extract one file to standard output, then exit."""
    given = _arguments()
    die_with_parent(given.parent)
    limits = Limits(**{name: getattr(given, name) for name in Limits.__dataclass_fields__})
    confine(limits)
    for line in _lines(given.path, given.media_type, limits):
        _write_all(line)


def _write_all(line: bytes) -> None:
    """Straight to the pipe: a full pipe blocks us, which is the back-pressure."""
    view = memoryview(line)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
