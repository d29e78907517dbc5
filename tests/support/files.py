"""Files made for tests."""

from __future__ import annotations

import io
from pathlib import Path

from docx import Document
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

SAMPLE = (Path(__file__).resolve().parents[2] / "backend/samples/how-plants-make-food.txt").read_bytes()


def pdf(pages: list[list[str]], title: str = "A title", password: str | None = None) -> bytes:
    """A PDF with a line of text for each string."""
    target = io.BytesIO()
    drawing = canvas.Canvas(target, pagesize=A4, encrypt=password)
    drawing.setTitle(title)
    drawing.setAuthor("An author")
    for lines in pages:
        for number, line in enumerate(lines):
            drawing.drawString(72, 760 - 16 * number, line)
        drawing.showPage()
    drawing.save()
    return target.getvalue()


def docx(paragraphs: list[str]) -> bytes:
    """A DOCX with a heading and paragraphs."""
    target = io.BytesIO()
    document = Document()
    document.add_heading("A heading", 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(target)
    return target.getvalue()
