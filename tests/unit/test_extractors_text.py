"""Plain text and Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.cleaning import clean, one_line, pieces
from backend.adapters.extractors.formats import MARKDOWN, TEXT, Limits
from backend.errors import EmptyFile, ExtractionLimit, NoTextInFile
from backend.models.documents import ExtractionEnd, FileSummary, Segment


def read(path: Path, media_type: str = TEXT, limits: Limits | None = None) -> list[Segment]:
    items = list(extract(path, media_type, limits or Limits()))
    assert isinstance(items[0], FileSummary)
    assert isinstance(items[-1], ExtractionEnd)
    return [item for item in items if isinstance(item, Segment)]


def write(tmp_path: Path, text: str, name: str = "a.txt") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_wrapped_lines_are_joined_and_paragraphs_kept(tmp_path: Path) -> None:
    text = (
        "The cell membrane separates the inside of a cell from\n"
        "its surroundings. It is made of two layers of lipids\n"
        "with proteins set in them.\n\n"
        "Water passes through channels."
    )
    [segment] = read(write(tmp_path, text))
    assert segment.text.split("\n\n") == [
        (
            "The cell membrane separates the inside of a cell from its surroundings. It is made of two "
            "layers of lipids with proteins set in them."
        ),
        "Water passes through channels.",
    ]


def test_lists_and_verse_keep_their_lines(tmp_path: Path) -> None:
    poem = "Two roads diverged in a yellow wood\nAnd sorry I could not\n\n- one\n- two"
    assert read(write(tmp_path, poem))[0].text == poem


def test_a_short_line_over_a_long_paragraph_is_its_heading(tmp_path: Path) -> None:
    body = "Muscles pull on bones. " * 20
    segments = read(write(tmp_path, f"Muscles\n\n{body}\n\nBones\n\n{body}"))
    assert [segment.heading for segment in segments] == ["Muscles", "Bones"]
    assert segments[0].text.startswith("Muscles\n\nMuscles pull")


def test_a_line_without_end_is_read_in_pieces_between_words(tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(30_000)]
    segments = read(write(tmp_path, " ".join(words)))
    assert " ".join(segment.text for segment in segments).split() == words
    assert max(len(segment.text) for segment in segments) <= 32_000


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "A paragraph of words that goes on. " * 3000)
    segments = read(path)
    assert segments[-1].done == segments[-1].total == path.stat().st_size
    assert [s.done for s in segments] == sorted(s.done for s in segments)


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        read(write(tmp_path, ""))
    with pytest.raises(NoTextInFile):
        read(write(tmp_path, " \n\n…!?\n"))


def test_the_limit_of_characters_holds(tmp_path: Path) -> None:
    path = write(tmp_path, "words and words\n\n" * 10_000)
    with pytest.raises(ExtractionLimit, match="1,000 characters"):
        read(path, limits=Limits(max_chars=1000))


def test_markdown_headings_links_and_code(tmp_path: Path) -> None:
    source = """---
title: "Cells"
author: A. Writer
---
# Cells

The *cell* is the **basic** unit of [life](https://example.org/a_(b)), see `nu_cle_us`
and ![a picture](x.png).

Membranes
---------

- two layers of
  lipids
- proteins

## Code ##

```python
def f(x):
    return x  # not a heading
```

| name | size |
|------|-----:|
| cell | 10 |

snake_case_name stays, 2 * 3 * 4 too, \\*starred\\*.
"""
    path = write(tmp_path, source, "a.md")
    summary = next(iter(extract(path, MARKDOWN, Limits())))
    assert isinstance(summary, FileSummary)
    assert (summary.metadata.title, summary.metadata.author) == ("Cells", "A. Writer")
    segments = read(path, MARKDOWN)
    assert [s.heading for s in segments] == ["Cells", "Cells > Membranes", "Cells > Code"]
    assert segments[0].text == ("Cells\n\nThe cell is the basic unit of life, see nu_cle_us and a picture.")
    assert segments[1].text == "Membranes\n\n- two layers of lipids\n- proteins"
    assert "def f(x):\n    return x  # not a heading".replace("x  #", "x #") in segments[2].text
    assert "name | size\ncell | 10" in segments[2].text
    assert "snake_case_name stays, 2 * 3 * 4 too, *starred*." in segments[2].text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("e\ufb03cient of\xadfice", "efficient office"),
        ("a\x00b\x07c\u200bd\ufeffe\ud800f", "abcdef"),
        ("e\u0301te\u0301", "été"),
        ("a\xa0b\u2009 c", "a b c"),
        ("\u202eevil\u202c", "evil"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\ufe8d\ufedf\ufe92", "\u0627\u0644\u0628"),
        ("\uf0b7 item", "• item"),
        ("Chapter 1 . . . . . . . . 7", "Chapter 1 … 7"),
        ("1986â\x80\x931990", "1986–1990"),
        ("a\r\n\r\n\r\n\r\nb\rc", "a\n\nb\nc"),
    ],
)
def test_cleaning(before: str, after: str) -> None:
    assert clean(before) == after


def test_cleaning_keeps_indentation_and_is_stable() -> None:
    text = "def f():\n    return 1"
    assert clean(text) == text
    assert clean(clean("a  \n\n\n b")) == clean("a  \n\n\n b")


def test_one_line() -> None:
    assert one_line(" a\n b\t") == "a b"
    assert one_line(" \n") is None
    assert one_line(None) is None


def test_pieces_lose_nothing() -> None:
    text = ("word " * 30 + "\n\n") * 10 + "x" * 400
    cut = list(pieces(text, 100))
    assert "".join(cut) == text
    assert max(map(len, cut)) <= 100
