"""PDF files as reportlab draws them: order, hyphens, running heads, headings, bookmarks, damage."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.formats import PDF, Limits
from backend.adapters.extractors.pdf import iso_date
from backend.errors import DamagedFile, EncryptedFile, ExtractionLimit, NoTextInFile
from backend.models.documents import ExtractionEnd, FileSummary, Segment

WIDTH, HEIGHT = A4
PROSE = (
    "Muscles pull on the bones to move the body and the bones bear its weight. Each bone of the body serves a "
    "particular function and so bones vary in size and shape and strength. The bones of the lower back and of "
    "the lower limb are thick and strong to support the weight of the body at all times. "
)


def read(path: Path, limits: Limits | None = None) -> list[Segment]:
    return [item for item in extract(path, PDF, limits or Limits()) if isinstance(item, Segment)]


def warning(path: Path) -> str | None:
    end = list(extract(path, PDF, Limits()))[-1]
    assert isinstance(end, ExtractionEnd)
    return end.warning


def wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def draw(tmp_path: Path, pages: list[Callable[[Canvas], None]], **options: object) -> Path:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=A4, **options)
    for page in pages:
        canvas.setFont("Helvetica", 10)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return path


def lines(texts: list[str], x: float = 72, top: float = 740, leading: float = 12) -> Callable[[Canvas], None]:
    def page(canvas: Canvas) -> None:
        for number, text in enumerate(texts):
            canvas.drawString(x, top - number * leading, text)

    return page


def test_lines_become_paragraphs(tmp_path: Path) -> None:
    first, second = wrapped(PROSE, 80), wrapped(PROSE.upper().capitalize(), 80)
    path = draw(tmp_path, [lines([*first, "", *second])])
    [segment] = read(path)
    assert segment.text == f"{PROSE.strip()}\n\n{PROSE.upper().capitalize().strip()}"
    assert (segment.page, segment.done, segment.total) == (1, 1, 1)


def test_an_indented_line_begins_a_paragraph(tmp_path: Path) -> None:
    full = "An indented line begins anew here and reaches as far to the right as others do, then"

    def page(canvas: Canvas) -> None:
        lines(wrapped(PROSE * 2, 80))(canvas)
        canvas.drawString(90, 740 - 12 * len(wrapped(PROSE * 2, 80)), full)
        canvas.drawString(72, 740 - 12 * (len(wrapped(PROSE * 2, 80)) + 1), "goes on at the margin.")

    paragraphs = read(draw(tmp_path, [page]))[0].text.split("\n\n")
    assert paragraphs[-1] == f"{full} goes on at the margin."


def test_hyphens_at_line_ends(tmp_path: Path) -> None:
    texts = [
        "The nervous system reacts to stimu-",
        "lation, which is called a well-",
        "known reflex; it is a long-term and short-",
        "term effect, like pre-",
        "and postnatal growth in Jean-",
        "Paul and in the short-term memory stimulation.",
    ]
    assert read(draw(tmp_path, [lines(texts)]))[0].text == (
        "The nervous system reacts to stimulation, which is called a well-known reflex; it is a long-term and "
        "short-term effect, like pre- and postnatal growth in Jean-Paul and in the short-term memory stimulation."
    )


def test_two_columns_drawn_row_by_row_are_read_column_by_column(tmp_path: Path) -> None:
    left, right = wrapped(PROSE, 45), wrapped(PROSE.replace("bones", "cells"), 45)

    def page(canvas: Canvas) -> None:
        canvas.drawString(
            72, 760, "A title over both of the columns that goes all the way across the page to its edge"
        )
        for number, (one, two) in enumerate(zip(left, right, strict=False)):
            canvas.drawString(60, 730 - number * 12, one)
            canvas.drawString(310, 730 - number * 12, two)

    count = min(len(left), len(right))
    text = " ".join(read(draw(tmp_path, [page]))[0].text.split())
    assert text.endswith(" ".join(left[:count]) + " " + " ".join(right[:count]))
    assert text.startswith("A title over both")


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for number in range(12):
            for column, x in enumerate((72, 250, 420)):
                canvas.drawString(x, 700 - number * 14, f"cell {number} {column}")

    text = read(draw(tmp_path, [page]))[0].text
    assert re.findall(r"cell (\d+) (\d)", text) == [(str(n), str(c)) for n in range(12) for c in range(3)]


def test_bullets_drawn_apart_are_joined_to_their_items(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        for number, item in enumerate(("one thing", "another thing that is", "a third")):
            canvas.drawString(90, 700 - number * 14, item)
        for number in range(3):
            canvas.drawString(75, 700 - number * 14, "\u2022")

    assert read(draw(tmp_path, [page]))[0].text == "• one thing\n\n• another thing that is\n\n• a third"


def test_running_heads_and_page_numbers_are_dropped_and_text_is_not(tmp_path: Path) -> None:
    def numbered(number: int) -> Callable[[Canvas], None]:
        def page(canvas: Canvas) -> None:
            canvas.drawString(
                72, 810, "Book of Bones" if number % 2 else f"Chapter {1 + number // 6}  The Skull"
            )
            canvas.drawString(290, 25, f"- {number + 40} -")
            lines([f"Fact {number}: " + PROSE[:60], *wrapped(PROSE, 80)])(canvas)

        return page

    segments = read(draw(tmp_path, [numbered(number) for number in range(24)]))
    text = "\n".join(segment.text for segment in segments)
    assert "Book of Bones" not in text
    assert "The Skull" not in text
    assert not re.search(r"- \d+ -", text)
    assert re.findall(r"Fact (\d+):", text) == [str(number) for number in range(24)]
    assert [segment.page for segment in segments] == list(range(1, 25))


def test_a_sentence_over_a_page_break_is_whole_on_its_first_page(tmp_path: Path) -> None:
    path = draw(
        tmp_path,
        [
            lines([*wrapped(PROSE, 80), "The sentence that ends this page goes on beyond its last and con-"]),
            lines(["tinues at the top of the next one. Here a new sentence begins and is", "complete."]),
        ],
    )
    first, second = read(path)
    assert first.text.endswith("goes on beyond its last and continues at the top of the next one.")
    assert second.text == "Here a new sentence begins and is complete."
    assert (first.page, second.page) == (1, 2)


def test_headings_by_size_and_weight_make_the_path(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        y = 760
        for font, size, texts in (
            ("Helvetica", 20, ["The Skeleton"]),
            ("Helvetica", 14, ["Bones of the Head"]),
            ("Helvetica", 10, wrapped(PROSE, 80)),
            ("Helvetica-Bold", 10, ["The Lower Jaw"]),
            ("Helvetica", 10, wrapped(PROSE, 80)),
            ("Helvetica", 14, ["Bones of the Trunk"]),
            ("Helvetica", 10, wrapped(PROSE, 80)),
        ):
            canvas.setFont(font, size)
            for text in texts:
                canvas.drawString(72, y, text)
                y -= size * 1.2
            y -= 8

    segments = read(draw(tmp_path, [page]))
    assert [segment.heading for segment in segments] == [
        "The Skeleton > Bones of the Head",
        "The Skeleton > Bones of the Head > The Lower Jaw",
        "The Skeleton > Bones of the Trunk",
    ]
    assert segments[1].text == f"The Lower Jaw\n\n{PROSE.strip()}"


def test_bookmarks_name_the_sections(tmp_path: Path) -> None:
    def chapter(title: str, level: int, *, printed: bool) -> Callable[[Canvas], None]:
        def page(canvas: Canvas) -> None:
            canvas.bookmarkPage(title)
            canvas.addOutlineEntry(title, title, level)
            body = [f"On {title}:", *wrapped(PROSE, 80)]
            lines([*body, "", f"1. {title}", "", *wrapped(PROSE, 80)] if printed else body)(canvas)

        return page

    path = draw(
        tmp_path, [chapter("Bones", 0, printed=False), chapter("Skull", 1, printed=True), lines([PROSE[:70]])]
    )
    assert [(s.page, s.heading) for s in read(path)] == [
        (1, "Bones"),
        (2, "Bones"),
        (2, "Bones > Skull"),
        (3, "Bones > Skull"),
    ]


def test_raised_digits_do_not_spoil_words_and_numbers(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        text = canvas.beginText(72, 700)
        text.textOut("measured in practice")
        text.setFont("Helvetica", 6)
        text.setRise(4)
        text.textOut("12")
        text.setFont("Helvetica", 10)
        text.setRise(0)
        text.textOut(" and H2O at 37 degrees")
        canvas.drawText(text)

    assert read(draw(tmp_path, [page]))[0].text == "measured in practice¹² and H2O at 37 degrees"


def test_a_turned_page_reads_level(tmp_path: Path) -> None:
    def page(canvas: Canvas) -> None:
        canvas.rotate(90)
        for number, text in enumerate(wrapped(PROSE, 80)):
            canvas.drawString(60, -100 - number * 12, text)

    assert read(draw(tmp_path, [page]))[0].text == PROSE.strip()


def test_metadata(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path))
    canvas.setTitle("Größe")
    canvas.setAuthor("A. Writer")
    canvas.drawString(72, 700, "words")
    canvas.save()
    summary = next(iter(extract(path, PDF, Limits())))
    assert isinstance(summary, FileSummary)
    assert summary.pages == 1
    assert (summary.metadata.title, summary.metadata.author) == ("Größe", "A. Writer")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", summary.metadata.creation_date or "")


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("D:20240103093826+01'00'", "2024-01-03T09:38:26+01:00"),
        ("D:20201002001208Z", "2020-10-02T00:12:08Z"),
        ("D:20201002", "2020-10-02"),
        ("D:2020", "2020"),
        ("20070915110231", "2007-09-15T11:02:31"),
        ("last Tuesday", "last Tuesday"),
        (None, None),
    ],
)
def test_dates(written: str | None, iso: str | None) -> None:
    assert iso_date(written) == iso


def test_passwords(tmp_path: Path) -> None:
    page = lines(["secret words"])
    open_to_all = draw(tmp_path, [page], encrypt=StandardEncryption("", "owner", canPrint=0))
    assert read(open_to_all)[0].text == "secret words"
    with pytest.raises(EncryptedFile, match="password"):
        read(draw(tmp_path, [page], encrypt=StandardEncryption("user", "owner")))


def test_no_text_and_too_many_pages(tmp_path: Path) -> None:
    with pytest.raises(NoTextInFile, match="OCR"):
        read(draw(tmp_path, [lambda canvas: canvas.rect(10, 10, 100, 100)]))
    with pytest.raises(ExtractionLimit, match="at most 2"):
        read(draw(tmp_path, [lines(["x"])] * 3), Limits(max_pages=2))


def test_scans_among_pages_are_said(tmp_path: Path) -> None:
    blank = lines([])
    assert "4 of 5 pages hold no text" in (warning(draw(tmp_path, [lines(["words"]), *[blank] * 4])) or "")
    assert warning(draw(tmp_path, [lines(["words"]), blank])) is None


def test_damage_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    monochrome = [lines([f"Page {number} of words"]) for number in range(5)]
    canvas_path = draw(tmp_path, monochrome, pageCompression=1)
    data = canvas_path.read_bytes()
    # reportlab wraps its streams in ASCII85; plain Flate is what most programs write
    plain = re.sub(
        rb"/Filter \[ /ASCII85Decode /FlateDecode \] /Length \d+\r?\n>>\r?\nstream\r?\n(.*?)endstream",
        lambda found: (
            b"/Filter /FlateDecode >>\nstream\n"
            + base64.a85decode(b"<~" + found[1].strip(), adobe=True)
            + b"\nendstream"
        ),
        data,
        flags=re.DOTALL,
    )
    canvas_path.write_bytes(plain)
    assert warning(canvas_path) is None
    starts = [found.end() for found in re.finditer(rb"(?<!end)stream\r?\n", plain)]
    assert len(starts) == 5
    hurt = bytearray(plain)
    hurt[starts[2] + 2 : starts[2] + 22] = b"\xff" * 20
    canvas_path.write_bytes(hurt)
    text = " ".join(segment.text for segment in read(canvas_path))
    assert "Page 0 of words" in text
    assert "Page 4 of words" in text
    assert "damaged" in (warning(canvas_path) or "")


def test_a_file_that_is_cut_is_refused_or_said(tmp_path: Path) -> None:
    data = draw(tmp_path, [lines([PROSE[:80]])] * 10).read_bytes()
    path = tmp_path / "cut.pdf"
    for share in (0.1, 0.5, 0.9, 0.99):
        path.write_bytes(data[: int(len(data) * share)])
        try:
            assert "cut off" in (warning(path) or "")
        except (DamagedFile, NoTextInFile):
            continue


def test_a_glossary_keeps_terms_and_definitions_apart(tmp_path: Path) -> None:
    terms = {
        "skull": "bony structure that forms the head, the face and the jaws, and protects the brain within",
        "sternum": "flattened bone at the center of the chest",
        "vertebra": "individual bone in the neck and back regions of the vertebral column of the body",
    }

    def page(canvas: Canvas) -> None:
        for number, (term, definition) in enumerate(terms.items()):
            canvas.drawString(57, 700 - number * 24, term)
            canvas.drawString(87, 688 - number * 24, definition)

    text = read(draw(tmp_path, [page]))[0].text
    assert text.split("\n\n") == [part for pair in terms.items() for part in pair]
