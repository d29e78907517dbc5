"""What to tell a person whose pages are images; apart from the recognition, which needs pdfium."""

from __future__ import annotations

from backend.adapters.extractors.formats import Limits

INSTALL = (
    'install tesseract (Debian and Ubuntu: "sudo apt install tesseract-ocr", macOS: "brew install tesseract")'
)
_NO_TEXT = "There is no text layer in this PDF: its pages are images or empty. "


def no_text(limits: Limits, warning: str | None) -> str:
    """The sentences for a PDF that gave no words; ``warning`` is how reading it ended."""
    if not limits.ocr:
        return f"{_NO_TEXT}Text recognition is switched off (OCR=off); it reads scans."
    if limits.tesseract is None:
        return f"{_NO_TEXT}To have scans read (OCR), {INSTALL} and upload the file again."
    return f"{_NO_TEXT}Text recognition (OCR) found no words in them.{' ' + warning if warning else ''}"
