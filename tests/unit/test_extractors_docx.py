"""DOCX files as python-docx writes them, and broken ones."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.formats import DOCX, Limits
from backend.errors import DamagedFile, EncryptedFile, ExtractionLimit, UnsupportedFile
from backend.models.documents import FileSummary, Segment


def read(path: Path) -> list[Segment]:
    return [item for item in extract(path, DOCX, Limits()) if isinstance(item, Segment)]


def saved(document: Document, tmp_path: Path) -> Path:  # type: ignore[valid-type]  # a factory, not a class
    path = tmp_path / "a.docx"
    document.save(str(path))
    return path


def repacked(path: Path, **parts: str | bytes | None) -> Path:
    """The same archive with parts replaced, added, or (None) left out."""
    written = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            if content is not None:
                new.writestr(name, content)
    path.write_bytes(written.getvalue())
    return path


def body(inner: str, before: str = "") -> str:
    return f"<?xml version='1.0'?>{before}<w:document {nsdecls('w')}><w:body>{inner}</w:body></w:document>"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    document = Document()
    document.add_paragraph("Some words.")
    return saved(document, tmp_path)


def test_headings_lists_and_tables_in_reading_order(tmp_path: Path) -> None:
    document = Document()
    document.core_properties.title = "Cells"
    document.core_properties.author = "A. Writer"
    document.core_properties.created = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    document.add_heading("Cells", 0)
    document.add_heading("Cells", 1)
    document.add_paragraph("All cells have a membrane.")
    document.add_heading("Parts", 2)
    for name in ("nucleus", "ribosome"):
        document.add_paragraph(name, style="List Bullet")
    for name in ("first", "second"):
        document.add_paragraph(name, style="List Number")
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("Part", "Size"), ("nucleus", "6 µm")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    path = saved(document, tmp_path)
    summary = next(iter(extract(path, DOCX, Limits())))
    assert isinstance(summary, FileSummary)
    assert (summary.metadata.title, summary.metadata.author) == ("Cells", "A. Writer")
    assert (summary.metadata.creation_date or "").startswith("2024-01-02T03:04:05")
    first, second = read(path)
    assert (first.heading, first.text) == ("Cells", "Cells\n\nAll cells have a membrane.")
    assert second.heading == "Cells > Parts"
    assert second.text.split("\n\n") == [
        "Parts",
        "- nucleus",
        "- ribosome",
        "1. first",
        "2. second",
        "Part | Size\nnucleus | 6 µm",
        "After the table.",
    ]


def test_tracked_changes_text_boxes_and_breaks(tmp_path: Path) -> None:
    document = Document()
    paragraph = parse_xml(
        f"<w:p {nsdecls('w')}><w:r><w:t xml:space='preserve'>The cell </w:t></w:r>"
        "<w:del w:id='1' w:author='x'><w:r><w:delText>removed </w:delText></w:r></w:del>"
        "<w:ins w:id='2' w:author='x'><w:r><w:t>added</w:t></w:r></w:ins>"
        "<w:moveFrom w:id='3' w:author='x'><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
        "<w:r><w:tab/><w:t>self</w:t><w:noBreakHyphen/><w:t>made</w:t><w:br/><w:t>line</w:t></w:r>"
        "<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>PAGE</w:instrText></w:r>"
        "<w:r><w:pict><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>"
    )
    document.element.body.insert(0, paragraph)
    assert read(saved(document, tmp_path))[0].text == "The cell added self-made\nline\n\nIn a box."


def test_contents_heads_and_hidden_copies_are_left_out_and_notes_come_last(plain: Path) -> None:
    contents = (
        "<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val='Table of Contents'/></w:docPartObj></w:sdtPr>"
        "<w:sdtContent><w:p><w:r><w:t>Parts 7</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    wrapped = "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    notes = (
        f"<w:footnotes {nsdecls('w')}><w:footnote w:type='separator' w:id='0'><w:p/></w:footnote>"
        "<w:footnote w:id='2'><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>"
    )
    repacked(plain, **{"word/document.xml": body(contents + wrapped), "word/footnotes.xml": notes})
    assert read(plain)[0].text == "In a control.\n\nA note."


def test_one_cell_frames_text_and_nested_tables_stay_in_their_cell(tmp_path: Path) -> None:
    document = Document()
    frame = document.add_table(rows=1, cols=1).rows[0].cells[0]
    frame.text = "Framed."
    frame.add_paragraph("Second.")
    outer = document.add_table(rows=1, cols=2).rows[0].cells
    outer[0].text = "left"
    inner = outer[1].add_table(rows=1, cols=2).rows[0].cells
    inner[0].text, inner[1].text = "a", "b"
    assert read(saved(document, tmp_path))[0].text == "Framed.\n\nSecond.\n\nleft | a | b"


ENTITY = "<!DOCTYPE d [<!ENTITY x 'boom'>]>"


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (body("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", ENTITY), DamagedFile),
        (body("<w:p><w:r><w:t>cut"), DamagedFile),
        (body("<w:p>" * 3000 + "</w:p>" * 3000), DamagedFile),
        (body("<w:p><w:r><w:t>\x01</w:t></w:r></w:p>"), DamagedFile),
        ("<other/>", DamagedFile),
        (None, DamagedFile),
        (body("<w:p/>" + " " * (20 << 20)), ExtractionLimit),
    ],
    ids=["entity", "cut", "deep", "control", "other", "missing", "bomb"],
)
def test_hostile_parts_are_refused(plain: Path, document: str | None, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(repacked(plain, **{"word/document.xml": document}))


def test_an_external_entity_is_never_read(plain: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    attack = f"<!DOCTYPE d [<!ENTITY x SYSTEM '{secret.as_uri()}'>]>"
    with pytest.raises(DamagedFile):
        read(repacked(plain, **{"word/document.xml": body("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", attack)}))


def test_names_that_climb_out_write_nothing(plain: Path, tmp_path: Path) -> None:
    repacked(plain, **{"../../outside.txt": "x", "/tmp/outside.txt": "x"})  # noqa: S108  a name in an archive
    before = sorted(tmp_path.parent.rglob("*"))
    assert read(plain)[0].text == "Some words."
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_other_archives(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("photo.txt", "x")
    with pytest.raises(UnsupportedFile, match="ZIP archive"):
        read(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DamagedFile):
        read(path)


def test_an_encrypted_part_is_said(plain: Path) -> None:
    data = bytearray(plain.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"word/document.xml"))
    data[at + 8] |= 1  # the flag of the central directory that says: encrypted
    plain.write_bytes(data)
    with pytest.raises(EncryptedFile, match="password"):
        read(plain)


def test_too_many_parts(plain: Path) -> None:
    with pytest.raises(ExtractionLimit, match="parts"):
        read(repacked(plain, **{f"x{number}": "" for number in range(10_001)}))
