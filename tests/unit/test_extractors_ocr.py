"""Scans: pages drawn as images, read by the real tesseract where it is installed (in CI it must be)."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import psutil
import pypdfium2 as pdfium
import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from backend.adapters.extractors import ocr
from backend.adapters.extractors.child import extract
from backend.adapters.extractors.extractor import ChildProcessExtractor
from backend.adapters.extractors.formats import PDF, Limits
from backend.adapters.extractors.ocr_words import lines_of
from backend.errors import NoTextInFile
from backend.models.documents import Extracted, ExtractionEnd, Segment
from tests.support.files import pdf

TESSERACT = shutil.which("tesseract")
A4 = (595, 842)
PROSE = [
    "Plants take water from the soil through their roots and carry it",
    "upward to the leaves. In the leaves light is used to make sugar",
    "from water and air. This is called photosynthesis by everybody.",
    "",
    "At night the leaves close their pores and the plant uses sugar.",
]


@pytest.fixture
def tesseract() -> str:
    if TESSERACT is None and os.environ.get("CI"):
        pytest.fail("tesseract is not installed here, though .ci/run installs it")
    return TESSERACT or pytest.skip("tesseract is not installed")


def scan(path: Path, *pages: list[str] | str, dpi: int = 150) -> Path:
    """A PDF whose pages are images of the lines; a page given as a string is text."""
    drawing = canvas.Canvas(str(path), pagesize=A4)
    for lines in pages:
        if isinstance(lines, str):
            drawing.drawString(72, 700, lines)
        elif lines:
            source = pdfium.PdfDocument(pdf([lines]))
            image = source[0].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
            source.close()
            drawing.drawImage(ImageReader(image), 0, 0, *A4)
        drawing.showPage()
    drawing.save()
    return path


def read(path: Path, limits: Limits) -> tuple[list[Segment], str | None]:
    *items, end = extract(path, PDF, limits)
    assert isinstance(end, ExtractionEnd)
    return [item for item in items if isinstance(item, Segment)], end.warning


async def through_child(path: Path, *, ocr: bool = True) -> list[Extracted]:
    return [item async for item in ChildProcessExtractor(ocr=ocr).extract(path, PDF)]


@pytest.mark.slow
async def test_a_scan_is_read_by_the_limited_child_as_paragraphs(tesseract: str, tmp_path: Path) -> None:
    assert tesseract
    path = scan(tmp_path / "a.pdf", PROSE, [])
    _, segment, end = await through_child(path)
    assert isinstance(segment, Segment)
    assert segment.page == 1
    assert segment.text.split("\n\n") == [" ".join(PROSE[:3]), PROSE[4]]
    assert isinstance(end, ExtractionEnd)
    assert "1 of 2 pages was recognised" in (end.warning or "")
    assert "mistakes" in (end.warning or "")
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208  nothing else was written


@pytest.mark.slow
def test_only_the_pages_without_text_are_recognised(tesseract: str, tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", "A page with a text layer.", PROSE[:3], [])
    segments, warning = read(path, Limits(tesseract=tesseract))
    assert [s.page for s in segments] == [1, 2]
    assert segments[0].text == "A page with a text layer."
    assert segments[1].text == " ".join(PROSE[:3])
    assert "1 of 3 pages" in (warning or "")


@pytest.mark.slow
def test_a_page_larger_than_paper_is_drawn_smaller(
    tesseract: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []
    output = ocr._output
    monkeypatch.setattr(ocr, "_output", lambda c, given, t: seen.append(given[:30]) or output(c, given, t))
    drawing = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(14_000, 14_000))
    source = pdfium.PdfDocument(pdf([PROSE]))
    drawing.drawImage(ImageReader(source[0].render(scale=2).to_pil()), 0, 0, 14_000, 14_000)
    source.close()
    drawing.save()
    assert read(tmp_path / "a.pdf", Limits(tesseract=tesseract))[0]
    _, width, height, _ = seen[-1].split(maxsplit=3)
    assert 10_000_000 < int(width) * int(height) <= 12_100_000


def test_without_tesseract_the_message_says_how_to_install_it(tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", PROSE)
    with pytest.raises(NoTextInFile, match="sudo apt install tesseract-ocr"):
        read(path, Limits())
    with pytest.raises(NoTextInFile, match="OCR=off"):
        read(path, Limits(ocr=False))
    mixed = scan(tmp_path / "b.pdf", "A page with a text layer.", PROSE, PROSE)
    assert "2 of 3 pages hold only images" in (read(mixed, Limits())[1] or "")
    assert "sudo apt install" in (read(mixed, Limits())[1] or "")
    assert "sudo apt install" not in (read(mixed, Limits(ocr=False))[1] or "")


async def test_switched_off_nothing_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(NoTextInFile, match="OCR=off"):
        await through_child(scan(tmp_path / "a.pdf", PROSE), ocr=False)


@pytest.mark.slow
def test_images_without_words_and_blank_pages(tesseract: str, tmp_path: Path) -> None:
    drawing = canvas.Canvas(str(tmp_path / "a.pdf"))
    drawing.circle(200, 400, 90, fill=1)
    drawing.showPage()
    drawing.showPage()
    drawing.save()
    with pytest.raises(NoTextInFile, match="found no words"):
        read(tmp_path / "a.pdf", Limits(tesseract=tesseract))


@pytest.mark.slow
def test_a_program_that_fails_is_no_failure_of_the_file(tmp_path: Path) -> None:
    mixed = scan(tmp_path / "a.pdf", "A page with a text layer.", PROSE)
    segments, warning = read(mixed, Limits(tesseract=str(tmp_path / "nothing")))
    assert [s.text for s in segments] == ["A page with a text layer."]
    assert "failed on 1 of 2 pages" in (warning or "")
    with pytest.raises(NoTextInFile, match="failed on 1 of 1 pages"):
        read(scan(tmp_path / "b.pdf", PROSE), Limits(tesseract=str(tmp_path / "nothing")))


def test_what_is_not_read_in_time_is_said(tesseract: str, tmp_path: Path) -> None:
    path = scan(tmp_path / "a.pdf", "A page with a text layer.", PROSE, PROSE)
    segments, warning = read(path, Limits(tesseract=tesseract, cpu_seconds=0))
    assert [s.page for s in segments] == [1]
    assert "time did not suffice to recognise 2 of 3 pages" in (warning or "")


@pytest.fixture
def slow_program(tmp_path: Path) -> Iterator[Path]:
    """In tesseract's place, and it never ends."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n")
    program.chmod(0o755)
    yield program
    for process in psutil.process_iter(["cmdline"]):
        if str(program) in (process.info["cmdline"] or []):
            process.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the program ends with its page")
async def test_the_program_dies_with_the_child(
    slow_program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(slow_program.parent))
    path = scan(tmp_path / "a.pdf", PROSE)

    async def work() -> None:
        async with aclosing(ChildProcessExtractor().extract(path, PDF)) as items:
            async for _ in items:
                pass

    def programs() -> list[psutil.Process]:
        found = psutil.Process().children(recursive=True)
        return [p for p in found if str(slow_program) in " ".join(p.cmdline())]

    task = asyncio.create_task(work())
    for _ in range(200):
        await asyncio.sleep(0.05)
        if programs():
            break
    [program] = programs()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    _, alive = await asyncio.to_thread(psutil.wait_procs, [program], timeout=5)
    assert alive == []


def row(line: int, left: int, top: int, height: int, text: str, confidence: float = 95.0) -> str:
    cells = (5, 1, 1, 1, line, 1, left, top, 100, height, confidence, text)
    return "\t".join(map(str, cells))


def test_words_become_lines_of_one_size_but_for_what_is_clearly_larger() -> None:
    table = "\n".join(
        [
            "level\tpage_num",
            row(1, 10, 0, 80, "Great"), row(1, 210, 0, 80, "heading"),
            row(2, 10, 100, 40, "small"), row(2, 120, 98, 44, "words"),
            row(3, 10, 150, 38, "again"),
            row(4, 10, 200, 40, "~.|", 12.0),
            row(5, 10, 250, 40, " "),
            "5\tbroken",
        ]
    )  # fmt: skip
    lines, em = lines_of(table, 0.25, 100.0, None)
    assert [line.text for line in lines] == ["Great heading", "small words", "again"]
    assert [line.size for line in lines] == [20.0, 11.0, 11.0]
    assert em == 11.0
    assert lines[0].y > lines[1].y > lines[2].y > 0
    assert lines_of(table, 0.25, 100.0, 10.0)[0][1].size == 10.0
    assert lines_of("", 1, 100, 9.0) == ([], 9.0)


@pytest.mark.slow
def test_real_scans(tesseract: str, shared_data: Path) -> None:
    path = shared_data / "documents/pdf/testOCR.pdf"
    if not path.exists():
        pytest.skip("no scan in the shared data")
    segments, _ = read(path, Limits(tesseract=cast("str", tesseract)))
    assert segments[0].text == "Happy New Year 2003!"
