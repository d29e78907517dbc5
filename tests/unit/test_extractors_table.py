"""CSV and TSV files: each row readable alone, whatever parts its cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.detect import recognise
from backend.adapters.extractors.formats import CSV, Limits
from backend.errors import ExtractionLimit
from backend.models.documents import ExtractionEnd, FileSummary, Segment

PEOPLE = [
    ["Name", "Born", "Known for"],
    ["Marie Curie", "1867", "radium, polonium"],
    ["Ada Lovelace", "", 'the "first" program'],
]
READ = [
    "Name: Marie Curie; Born: 1867; Known for: radium, polonium",
    'Name: Ada Lovelace; Known for: the "first" program',
]


def rows(path: Path, limits: Limits | None = None) -> list[str]:
    items = list(extract(path, CSV, limits or Limits()))
    assert isinstance(items[0], FileSummary)
    assert isinstance(items[-1], ExtractionEnd)
    return "\n\n".join(item.text for item in items if isinstance(item, Segment)).split("\n\n")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.csv"


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_rows_carry_the_names_of_their_columns(path: Path, delimiter: str, encoding: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(PEOPLE)
    path.write_bytes(written.getvalue().encode(encoding))
    assert rows(path) == READ


def test_a_guessed_encoding_is_said(path: Path) -> None:
    path.write_bytes("Stadt;Fluss\nKöln;Rhein\nWürzburg;Main\nMünchen;Isar\n".encode("cp1252"))
    *_, end = extract(path, CSV, Limits())
    assert isinstance(end, ExtractionEnd)
    assert "guessed" in (end.warning or "")
    assert rows(path)[0] == "Stadt: Köln; Fluss: Rhein"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2,3\n4,5,6\n", ["1; 2; 3", "4; 5; 6"]),
        ("root,drinks\nleaf,breathes\nroot,holds\n", ["root; drinks", "leaf; breathes", "root; holds"]),
        (
            "a,b\n1,x\n\n2,y\n3,z\n4,u\n5,v\n6,w\n7,y,extra\n8\n",
            [
                "a: 1; b: x",
                "a: 2; b: y",
                "a: 3; b: z",
                "a: 4; b: u",
                "a: 5; b: v",
                "a: 6; b: w",
                "a: 7; b: y; extra",
                "a: 8",
            ],
        ),
        ("sep=;\nn;m\n1,5;2\n3;4\n", ["n: 1,5; m: 2", "n: 3; m: 4"]),
        (
            'word,meaning\nroot,"drinks\nwater"\nleaf,green\n',
            ["word: root; meaning: drinks water", "word: leaf; meaning: green"],
        ),
        (
            'gene\tnote\nBRCA1\t5" long\nTP53\tshort\n',
            ['gene: BRCA1; note: 5" long', "gene: TP53; note: short"],
        ),
        ("a\0,b\r\n1,2\r\n", ["a: 1; b: 2"]),
        (",b\n1,2\n3,4\n", ["1; b: 2", "3; b: 4"]),
    ],
    ids=[
        "no header",
        "a header would not repeat",
        "ragged",
        "excel",
        "line in a cell",
        "inches",
        "nul",
        "no name",
    ],
)
def test_tables_as_they_come(path: Path, content: str, expected: list[str]) -> None:
    path.write_bytes(content.encode())
    assert rows(path) == expected


@pytest.mark.parametrize(
    "content",
    [
        "Dear reader, this is prose, and it goes on.\n\nIt has lines, most with commas, as prose has.",
        "A line, with one comma here.\n\nA second, with another one.\n\nAnd third, to be sure of it.",
        "one\n\ntwo",
        '"',
    ],
)
def test_prose_is_read_as_text(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    if content == '"':
        with pytest.raises(Exception, match="no words"):
            rows(path)
    else:
        assert rows(path) == content.split("\n\n")


def test_a_long_table_is_streamed_with_progress(path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{n},word {n}\n" if n else "number,word\n" for n in range(5001))
    segments = [item for item in extract(path, CSV, Limits()) if isinstance(item, Segment)]
    assert len(segments) > 5
    assert segments[-1].done == segments[-1].total == path.stat().st_size
    assert rows(path)[-1] == "number: 5000; word: word 5000"


def test_thousands_of_columns_are_bounded_and_said(path: Path) -> None:
    path.write_text(
        "\n".join(",".join(f"{row}c{n}" for n in range(5000)) for row in ("a", "b", "d")), encoding="utf-8"
    )
    *_, end = extract(path, CSV, Limits())
    assert isinstance(end, ExtractionEnd)
    assert "1,000 columns" in (end.warning or "")
    assert rows(path)[0].endswith("ac999: bc999")


@pytest.mark.parametrize(
    "hostile", ['"' + "x" * 2_000_000, "y" * 2_000_000, '"' + "line\n" * 200_000, "1" * 1_100_000 + "x"]
)
def test_huge_cells_and_lines_are_refused(path: Path, hostile: str) -> None:
    path.write_text("a,b\n" + "1,2\n" * 40_000 + hostile, encoding="utf-8")
    with pytest.raises(ExtractionLimit, match="Row 40,00"):
        rows(path)


def test_the_limit_of_characters_holds(path: Path) -> None:
    path.write_text("a,b\n" + "1,2\n" * 10_000, encoding="utf-8")
    with pytest.raises(ExtractionLimit, match="1,000 characters"):
        rows(path, Limits(max_chars=1000))


@pytest.mark.parametrize(("name", "head"), [("a.csv", b"a,b"), ("a.TSV", b"a\tb"), ("a.tab", b"x")])
def test_recognised_by_name(name: str, head: bytes) -> None:
    assert recognise(head, name) == CSV
