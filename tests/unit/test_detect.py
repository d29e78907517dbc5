"""What a file is taken for, by its first bytes and its name."""

from __future__ import annotations

import io
import zipfile

import pytest

from backend.adapters.extractors.detect import recognise
from backend.adapters.extractors.formats import DOCX, EPUB, HTML, MARKDOWN, PDF, PPTX, TEXT
from backend.errors import EmptyFile, EncryptedFile, UnsupportedFile


def archive(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as container:
        for name in names:
            container.writestr(name, "application/epub+zip" if name == "mimetype" else "x")
    return written.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (b"%PDF-1.7\n", "a.pdf", PDF),
        (b"\n\n junk before %PDF-1.4\n", "a.bin", PDF),
        (b"%PDF-1.7\n", "a.docx", PDF),
        (b"%PDF-1.7\n", "a.txt", PDF),
        (archive("[Content_Types].xml", "word/document.xml"), "a.docx", DOCX),
        (archive("[Content_Types].xml", "word/document.xml"), "a.pdf", DOCX),
        (archive("data.xml"), "a.docx", DOCX),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "a.pptx", PPTX),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "a.docx", PPTX),
        (archive("data.xml"), "a.ppsx", PPTX),
        (archive("mimetype", "META-INF/container.xml"), "a", EPUB),
        (archive("x"), "a.epub", EPUB),
        (b"<!DOCTYPE html><html><body>x", "a.html", HTML),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<html xmlns="http://www.w3.org/1999/xhtml">', "a.xhtml", HTML),
        (b"\xef\xbb\xbf  <html>", "page", HTML),
        (b"no markup at all", "a.htm", HTML),
        (b"# Title\n\ntext", "a.md", MARKDOWN),
        (b"# Title\n\ntext", "a.markdown", MARKDOWN),
        (b"# Title\n\ntext", "a.txt", TEXT),
        (b"<html>in a text", "a.txt", TEXT),
        (b"plain words", "", TEXT),
        (b"plain words", "two.dots.pdf.txt", TEXT),
        (b"UPPER", "UPPER.TXT", TEXT),
        ("Größe".encode("latin-1"), "a.txt", TEXT),
        ("細胞膜は細胞の".encode("shift-jis"), "a.txt", TEXT),
        ("words".encode("utf-16"), "a.txt", TEXT),
        (("words " * 20).encode("utf-16-be"), "a.txt", TEXT),
        (("words " * 20).encode("utf-32-le"), "a.txt", TEXT),
        (b"MZ is how this sentence starts, and it is text.", "a.txt", TEXT),
        (b"words with a hole " * 4 + bytes(20) + b" of nothing", "a.txt", TEXT),
    ],
)
def test_recognised(head: bytes, name: str, media_type: str) -> None:
    assert recognise(head, name) == media_type


@pytest.mark.parametrize(
    ("head", "name", "said"),
    [
        (b"<html><body>x</body>", "a.pdf", "HTML"),
        (b"just words", "a.pdf", "plain text"),
        (b"just words", "a.docx", "plain text"),
        (b"just words", "a.pptx", "plain text"),
        (b"\x7fELF\x02\x01" + bytes(range(256)), "a.docx", "a program"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.png", "an image"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "scan.pdf", "an image"),
        (archive("photo.jpg"), "a.zip", "ZIP"),
        (archive("content.xml"), "a.odp", "as PDF"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "a.docx", "XLSX"),
        (OLE, "old.doc", ".docx"),
        (OLE, "old.xls", "as CSV"),
        (OLE, "old.ppt", ".pptx"),
        (b"{\\rtf1\\ansi words}", "a.rtf", ".docx"),
        (bytes(range(256)) * 4, "a.txt", "binary"),
        (bytes(4000), "a.txt", "binary"),
    ],
)
def test_refused_with_what_it_is_and_what_is_read(head: bytes, name: str, said: str) -> None:
    with pytest.raises(
        UnsupportedFile, match="PDF, DOCX, PPTX, EPUB, HTML, Markdown, SRT, VTT, CSV and plain text"
    ) as refused:
        recognise(head, name)
    assert said in refused.value.message


def test_nothing_is_empty() -> None:
    with pytest.raises(EmptyFile):
        recognise(b"", "a.pdf")


@pytest.mark.parametrize("name", ["a.docx", "a.pptx"])
def test_an_office_file_in_an_ole_container_is_encrypted(name: str) -> None:
    with pytest.raises(EncryptedFile, match="password"):
        recognise(OLE, name)


def test_an_encrypted_package_is_told_by_its_directory() -> None:
    with pytest.raises(EncryptedFile):
        recognise(OLE + "EncryptedPackage".encode("utf-16-le"), "without-extension")
