"""PDF to text: page by page through pdfium, with page numbers and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from backend.adapters.extractors import pdf_integrity as integrity
from backend.adapters.extractors.cleaning import has_words
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.ocr import Scans
from backend.adapters.extractors.pdf_furniture import PageLines, without_furniture
from backend.adapters.extractors.pdf_lines import PageText
from backend.adapters.extractors.pdf_order import in_reading_order
from backend.adapters.extractors.pdf_outline import outline_of
from backend.adapters.extractors.pdf_pages import Setter
from backend.adapters.extractors.pdf_typography import Typography
from backend.errors import DamagedFile, EncryptedFile, ExtractionLimit, NoTextInFile
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary

_NO_PAGES = "The PDF has no pages. Check that it is the right file."
_DATE = re.compile(r"D?:?\s*(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?\s*(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a PDF. Holds the lines of some twenty pages; a page that cannot be read is left out."""
    pdf = _open(path)
    try:
        total = len(pdf)
        if total > limits.max_pages:
            raise ExtractionLimit(
                f"The PDF says it has {total:,} pages; at most {limits.max_pages:,} are read. Split it."
            )
        if total == 0:
            raise NoTextInFile(_NO_PAGES)
        yield FileSummary(_metadata(pdf), pages=total)
        typography = Typography()
        setter = Setter(typography, outline_of(pdf), total)
        scans = Scans(limits)
        for page in without_furniture(_pages(pdf, typography, scans)):
            yield from setter.segments(page)
        yield from setter.rest()
        yield ExtractionEnd(_warning(setter, total, integrity.check(path), scans.warning(total)))
    finally:
        pdf.close()


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
            raise EncryptedFile(
                "The PDF is protected by a password. Save it without one (print to PDF) and upload it again."
            ) from error
        if getattr(error, "err_code", None) == raw.FPDF_ERR_SUCCESS:  # it opened, but there is nothing in it
            raise NoTextInFile(_NO_PAGES) from error
        raise DamagedFile("The PDF is damaged or cut off. Save or download it again.") from error


def _pages(pdf: pdfium.PdfDocument, typography: Typography, scans: Scans) -> Iterator[PageLines]:
    for index in range(len(pdf)):
        page = _page(pdf, index, scans)
        typography.learn(page.lines)
        yield page


def _page(pdf: pdfium.PdfDocument, index: int, scans: Scans) -> PageLines:
    """One page; everything that pdfium holds for it is freed at once."""
    try:
        page = pdf[index]
    except pdfium.PdfiumError:
        return PageLines(index + 1, unread=True)
    try:
        text = page.get_textpage()
    except pdfium.PdfiumError:
        page.close()
        return PageLines(index + 1, unread=True)
    try:
        lines = in_reading_order(PageText(text).lines())
        if not any(has_words(line.text) for line in lines):
            lines = scans.lines(page) or lines
        return PageLines(index + 1, lines)
    finally:
        text.close()
        page.close()


def _warning(setter: Setter, total: int, state: integrity.State, scans: str | None) -> str | None:
    said = [scans] if scans else []
    if state.cut:
        said.append("The PDF looks cut off: its end is missing, and text may be missing with it.")
    if state.damaged:
        said.append(
            f"Parts of the PDF are damaged ({state.damaged} in all): text may be missing or wrong there."
        )
    if setter.unread:
        numbers = ", ".join(map(str, setter.unread[:10])) + (" ..." if len(setter.unread) > 10 else "")  # noqa: PLR2004
        said.append(f"{len(setter.unread)} of {total} pages could not be read (page {numbers}).")
    if setter.empty > max(2, total // 3) and not scans:
        said.append(f"{setter.empty} of {total} pages hold no text.")
    return " ".join(said) or None


def _metadata(pdf: pdfium.PdfDocument) -> DocumentMetadata:
    try:
        found = pdf.get_metadata_dict(skip_empty=True)
    except (pdfium.PdfiumError, UnicodeDecodeError):
        return DocumentMetadata()
    return DocumentMetadata(
        title=found.get("Title"),
        author=found.get("Author"),
        subject=found.get("Subject"),
        creator=found.get("Creator"),
        producer=found.get("Producer"),
        creation_date=iso_date(found.get("CreationDate")),
        modification_date=iso_date(found.get("ModDate")),
    )


def iso_date(written: str | None) -> str | None:
    """A PDF date ("D:20240103093826+01'00'") as ISO 8601 to its own precision; others as they are."""
    matched = _DATE.match(written) if written else None
    if matched is None:
        return written
    year, month, day, hour, minute, second, utc, sign, zone_hour, zone_minute = matched.groups()
    date = "-".join(filter(None, (year, month, month and day)))
    if not (month and day and hour):
        return date
    zone = "Z" if utc else f"{sign}{zone_hour}:{zone_minute or '00'}" if sign else ""
    return f"{date}T{hour}:{minute or '00'}:{second or '00'}{zone}"
