"""The shared test data, where it is there: hostile files end as they should, real ones read well."""

from __future__ import annotations

import json
import os
from fnmatch import fnmatch
from pathlib import Path

import pytest

from backend.adapters.extractors.extractor import ChildProcessExtractor
from backend.errors import UnreadableFile, UnsupportedFile
from backend.models.documents import ExtractionEnd, Segment

DATA = Path(
    os.environ.get("QUAESTIO_SHARED_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
)
HOSTILE = DATA / "hostile"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not HOSTILE.is_dir(), reason="the shared test data is not here"),
]

READ = "read"
EXPECTED: tuple[tuple[str, set[str]], ...] = (
    ("empty.*", {"empty_file"}),
    ("truncated-*.pdf", {"damaged_file", "read with a warning"}),
    ("truncated.docx", {"damaged_file"}),
    ("bitflips.pdf", {"damaged_file", READ, "read with a warning"}),
    ("*-named.pdf|*-named.docx|*-named.txt", {READ, "unsupported_file"}),
    ("zero-pages.pdf|blank-page.pdf|flate-bomb.pdf", {"no_text_in_file", "extraction_limit"}),
    (
        "lying-count.pdf|cyclic-pages.pdf|deep-page-tree.pdf",
        {READ, "extraction_limit", "no_text_in_file", "damaged_file"},
    ),
    ("many-pages.pdf|self-xobject.pdf|zip-bomb.docx", {"extraction_limit"}),
    ("no-xref.pdf", {"read with a warning", "damaged_file"}),
    ("entity-*.docx|external-entity.docx|broken-xml.docx|no-document-part.docx", {"damaged_file"}),
    ("deep-xml.docx|control-characters.docx", {"damaged_file", READ}),
    ("path-traversal.docx|many-parts.docx", {READ}),
    ("many-newlines.txt|whitespace.txt", {"no_text_in_file"}),
    (
        "latin-1.txt|cp1252.txt|shift-jis.txt|koi8-r.txt|gb18030.txt|invalid-utf-8.txt",
        {"read with a warning"},
    ),
    ("*.txt", {READ}),
)


async def outcome(path: Path) -> tuple[str, str]:
    """What happened, and the text."""
    extractor = ChildProcessExtractor(timeout=60)
    text = []
    warning = None
    try:
        with path.open("rb") as stream:
            media_type = extractor.recognise(stream.read(4096), path.name)
        async for item in extractor.extract(path, media_type):
            if isinstance(item, Segment):
                text.append(item.text)
            elif isinstance(item, ExtractionEnd):
                warning = item.warning
    except (UnreadableFile, UnsupportedFile) as error:
        says_no_path = str(path.parent) not in error.message
        return (error.code if says_no_path else f"a path in: {error.message}"), ""
    return ("read with a warning" if warning else READ), "\n\n".join(text)


def hostile_files() -> list[str]:
    return (
        sorted(p.name for p in HOSTILE.iterdir() if p.suffix in {".pdf", ".docx", ".txt"})
        if HOSTILE.is_dir()
        else []
    )


@pytest.mark.parametrize("name", hostile_files())
async def test_hostile_files_end_as_expected(name: str) -> None:
    allowed = next(
        codes for patterns, codes in EXPECTED if any(fnmatch(name, p) for p in patterns.split("|"))
    )
    found, text = await outcome(HOSTILE / name)
    assert found in allowed
    assert "\0" not in text
    text.encode()


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in hostile_files()
        if n.startswith("utf-") or n.split(".")[0] in {"latin-1", "cp1252", "shift-jis", "koi8-r", "gb18030"}
    ],
)
async def test_encodings_are_read_right(name: str) -> None:
    expected = json.loads((HOSTILE / "expected-text.json").read_text(encoding="utf-8"))
    stem = name.removesuffix(".txt")
    _, text = await outcome(HOSTILE / name)
    assert text == expected["utf" if stem.startswith("utf-") else stem].strip()


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("textbook/*/chapter-07.pdf", None),
        (
            "documents/pdf/multi-column.pdf",
            "advances of reading comprehension models suggest a much simplified two-stage",
        ),
        (
            "documents/pdf/testJournalParser.pdf",
            "is an electrostatic microrobot that consists of an untethered scratch",
        ),
        (
            "documents/pdf/GeoTopo-komprimiert.pdf",
            "Nach Voraussetzung kann K mit endlich vielen offenen Kugeln",
        ),
    ],
)
async def test_real_documents_read_in_order_without_running_heads(pattern: str, sentence: str | None) -> None:
    for path in sorted(DATA.glob(pattern)):  # noqa: ASYNC240  a handful of names
        found, text = await outcome(path)
        assert found == READ
        assert sentence is None or sentence in text
        assert not any(line.startswith("Page ") and line[5:].isdigit() for line in text.splitlines())
