"""HTML and EPUB."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.formats import EPUB, HTML, Limits
from backend.errors import DamagedFile, EncryptedFile, NoTextInFile, UnsupportedFile
from backend.models.documents import ExtractionEnd, FileSummary, Segment

PAGE = """<!DOCTYPE html><html><head><title>The
 Cell</title><meta name="author" content="A. Writer"><style>p{}</style></head><body>
<nav><a href="/">Home</a> <a href="/x">About</a></nav>
<header><div>Site name</div></header>
<main><article><header><h1>The Cell</h1></header>
<p>All <b>cells</b> have a<br>membrane &amp; cyto<i>plasm</i>.</p><script>alert(1)</script>
<h2>Parts</h2><ol><li>nucleus</li><li><p>ribosome</p></li></ol>
<table><caption>Sizes</caption><tr><th>Part</th><th>Size</th></tr><tr><td>nucleus</td><td><p>6 µm</p></td></tr></table>
<div style="display: none">hidden</div><pre>a
  b</pre>loose text</article></main>
<footer>© 2026 imprint</footer></body></html>"""


def read(path: Path, media_type: str = HTML) -> list[Segment]:
    return [item for item in extract(path, media_type, Limits()) if isinstance(item, Segment)]


def page(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "a.html"
    path.write_bytes(text.encode(encoding))
    return path


def test_blocks_headings_and_tables_without_the_furniture(tmp_path: Path) -> None:
    path = page(tmp_path, PAGE)
    summary = next(iter(extract(path, HTML, Limits())))
    assert isinstance(summary, FileSummary)
    assert (summary.metadata.title, summary.metadata.author) == ("The Cell", "A. Writer")
    first, second = read(path)
    assert (first.heading, second.heading) == ("The Cell", "The Cell > Parts")
    assert first.text == "The Cell\n\nAll cells have a\nmembrane & cytoplasm."
    assert second.text.split("\n\n") == [
        "Parts",
        "1. nucleus",
        "2. ribosome",
        "Sizes",
        "Part | Size\nnucleus | 6 µm",
        "a\n  b",
        "loose text",
    ]


def test_a_page_that_is_all_furniture_is_read(tmp_path: Path) -> None:
    assert read(page(tmp_path, "<html><nav>Only links here</nav></html>"))[0].text == "Only links here"


def test_a_layout_table_is_read_as_blocks(tmp_path: Path) -> None:
    text = "<table><tr><td><h2>News</h2><p>One.</p></td><td><p>Two.</p></td></tr></table>"
    assert read(page(tmp_path, text))[0].text == "News\n\nOne.\n\nTwo."


@pytest.mark.slow
def test_nesting_beyond_any_stack_loses_nothing(tmp_path: Path) -> None:
    text = "<div>" * 5000 + "deep words" + "</div>" * 5000 + "<p>after</p>"
    assert read(page(tmp_path, text))[0].text == "deep words\n\nafter"


@pytest.mark.parametrize(
    ("declared", "real"),
    [("windows-1251", "cp1251"), ("utf-8", "cp1251"), ("iso-8859-1", "utf-8"), ("", "utf-16")],
)
def test_the_encoding_is_what_fits_not_what_is_declared(tmp_path: Path, declared: str, real: str) -> None:
    text = (
        f'<html><head><meta charset="{declared}"></head><p>Клеточная мембрана отделяет клетку от среды.</p>'
    )
    assert read(page(tmp_path, text, real))[0].text == "Клеточная мембрана отделяет клетку от среды."


def test_entities_of_a_document_type_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    text = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{secret.as_uri()}">]><p>words &x; end</p>'
    assert "SECRET" not in read(page(tmp_path, text))[0].text


def test_no_words(tmp_path: Path) -> None:
    with pytest.raises(NoTextInFile):
        read(page(tmp_path, "<html><body><img src=x></body></html>"))


CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OPS/b.opf"/></rootfiles></container>'
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>A Book</dc:title><dc:creator>One</dc:creator><dc:creator>Two</dc:creator></metadata><manifest>
<item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="c2" href="text/c%202.xhtml" media-type="application/xhtml+xml"/>
<item id="c1" href="text/c1.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="gone"/></spine></package>"""


def book(tmp_path: Path, **more: str) -> Path:
    path = tmp_path / "a.epub"
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OPS/b.opf": PACKAGE,
        "OPS/nav.xhtml": "<html><body><h1>Contents</h1></body></html>",
        "OPS/text/c1.xhtml": '<?xml version="1.0" encoding="utf-8"?><html><body><h1>One</h1><p>First&nbsp;text.</p></body></html>',
        "OPS/text/c 2.xhtml": "<html><body><h1>Two</h1><p>Zweiter Größe.</p></body></html>",
        **more,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return path


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    path = book(tmp_path)
    summary = next(iter(extract(path, EPUB, Limits())))
    assert isinstance(summary, FileSummary)
    assert (summary.metadata.title, summary.metadata.author) == ("A Book", "One, Two")
    assert [(s.heading, s.text) for s in read(path, EPUB)] == [
        ("One", "One\n\nFirst text."),
        ("Two", "Two\n\nZweiter Größe."),
    ]


def test_a_part_that_is_broken_is_left_out_and_said(tmp_path: Path) -> None:
    path = book(tmp_path)
    data = bytearray(path.read_bytes())
    at = data.index(b"OPS/text/c1.xhtml") + len("OPS/text/c1.xhtml")
    data[at + 5] ^= 0xFF
    path.write_bytes(data)
    items = list(extract(path, EPUB, Limits()))
    assert [item.text for item in items if isinstance(item, Segment)] == ["Two\n\nZweiter Größe."]
    assert items[-1] == ExtractionEnd("1 of 2 parts of the book could not be read.")


def test_locked_foreign_and_empty_books(tmp_path: Path) -> None:
    lock = '<e><EncryptedData><EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/></EncryptedData></e>'
    with pytest.raises(EncryptedFile, match="DRM"):
        read(book(tmp_path, **{"META-INF/encryption.xml": lock}), EPUB)
    with pytest.raises(DamagedFile):
        read(book(tmp_path, **{"META-INF/container.xml": "<container/>"}), EPUB)
    path = tmp_path / "b.epub"
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("x", "y")
    with pytest.raises(UnsupportedFile):
        read(path, EPUB)


def test_scrambled_fonts_do_not_lock_a_book(tmp_path: Path) -> None:
    fonts = '<e><EncryptionMethod Algorithm="http://www.idpf.org/2008/embedding"/></e>'
    assert len(read(book(tmp_path, **{"META-INF/encryption.xml": fonts}), EPUB)) == 2
