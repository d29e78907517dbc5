"""SRT and WebVTT files: sentences whole, times right, markup gone."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from backend.adapters.extractors.child import extract
from backend.adapters.extractors.cues import cues
from backend.adapters.extractors.detect import recognise
from backend.adapters.extractors.formats import SRT, VTT, Limits
from backend.errors import ExtractionLimit, NoTextInFile
from backend.models.documents import ExtractionEnd, FileSummary, Segment
from backend.services.chunking import Chunker
from tests.support.documents import new_document


def read(path: Path, media_type: str = SRT, limits: Limits | None = None) -> list[Segment]:
    items = list(extract(path, media_type, limits or Limits()))
    assert isinstance(items[0], FileSummary)
    assert isinstance(items[-1], ExtractionEnd)
    return [item for item in items if isinstance(item, Segment)]


def clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02},{round(seconds % 1 * 1000):03}"


def srt(*cues: tuple[float, float, str]) -> str:
    return "\n".join(
        f"{n}\n{clock(start)} --> {clock(end)}\n{text}\n" for n, (start, end, text) in enumerate(cues, 1)
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "talk.srt"


def texts(path: Path, content: str) -> list[str]:
    path.write_text(content, encoding="utf-8")
    return [segment.text for segment in read(path)]


def test_half_sentences_are_joined_and_segments_end_with_sentences(path: Path) -> None:
    made = []
    for number in range(12):
        start = 6.0 * number
        made += [
            (start, start + 3, f"Plant number {number} takes up water\nthrough its many fine"),
            (start + 3, start + 6, "roots in the soil."),
        ]
    path.write_text("\ufeff" + srt(*made), encoding="utf-8")
    segments = read(path)
    assert all(s.text.startswith("Plant number") and s.text.endswith("in the soil.") for s in segments)
    assert "takes up water through its many fine roots in the soil. Plant number 1" in segments[0].text
    assert " ".join(s.text for s in segments).count("soil.") == 12
    for segment in segments:
        said = [int(n) * 6.0 for n in re.findall(r"number (\d+)", segment.text)]
        assert segment.start_seconds == said[0]
        assert said[-1] + 6 - said[0] <= 28
    assert segments[-1].done == segments[-1].total == path.stat().st_size


def test_a_sentence_that_begins_within_a_cue_knows_when(path: Path) -> None:
    first = "x" * 49 + "."
    path.write_text(srt((0, 14, "Before. " * 5), (14, 34, f"{first} {'Y' + 'y' * 48}.")), encoding="utf-8")
    segments = read(path)
    assert segments[-1].text.startswith("Yyy")
    assert segments[-1].start_seconds == pytest.approx(24, abs=0.5)


def test_a_long_pause_parts_segments_but_no_sentence_is_cut_by_a_short_one(path: Path) -> None:
    content = srt((0, 2, "Roots drink."), (2.5, 4, "Leaves"), (5, 6, "breathe."), (20, 22, "Flowers bloom."))
    assert texts(path, content) == ["Roots drink. Leaves breathe.", "Flowers bloom."]


def test_abbreviations_and_numbers_end_no_sentence(path: Path) -> None:
    content = srt((0, 9, "x" * 230 + " as Dr."), (9, 12, "Smith measured 3.5 grams, e.g. in peas."))
    assert texts(path, content) == ["x" * 230 + " as Dr. Smith measured 3.5 grams, e.g. in peas."]


def test_captions_without_punctuation_are_cut_between_cues_at_a_breath(path: Path) -> None:
    made = []
    for number in range(100):
        start = number * 3 + (number // 5) * 0.8  # every fifth word stands before a breath
        made.append((start, start + 3, f"word{number} goes on"))
    path.write_text(srt(*made), encoding="utf-8")
    segments = read(path)
    assert " ".join(s.text for s in segments) == " ".join(text for _, _, text in made)
    starts = [int(s.text[4:].split()[0]) for s in segments]
    assert all(number % 5 == 0 for number in starts)
    assert all(s.start_seconds == made[n][0] for s, n in zip(segments, starts, strict=True))
    assert all(b - a < 28 / 3 + 1 for a, b in pairwise(starts))


def test_markup_goes_and_angle_brackets_that_are_text_stay(path: Path) -> None:
    content = srt(
        (0, 1, r"{\an8}<i>The <b>cell</b></i> has a <font color='#fff'>wall</font>,"),
        (1, 2, "and the model ends with </s> &amp; <unk>."),
    )
    assert texts(path, content) == ["The cell has a wall, and the model ends with </s> & <unk>."]


def test_sounds_go_and_tokens_in_brackets_stay(path: Path) -> None:
    content = srt(
        (0, 1, "(air whooshing)"),
        (1, 2, "[Music] It starts with the"),
        (2, 3, "[CLS]"),
        (3, 4, "token (and ends soon)."),
        (4, 5, "♪♪"),
    )
    assert texts(path, content) == ["It starts with the [CLS] token (and ends soon)."]


def test_speakers(path: Path) -> None:
    content = srt(
        (0, 2, "- [Instructor] Is water wet?"),
        (2, 4, "- It is.\n- I doubt it."),
        (4, 6, "<v Ada Byron>So do I.</v>"),
        (6, 8, "<v Ada Byron>Really.</v>"),
        (8, 9, ">> BOB: Enough."),
    )
    assert texts(path, content) == [
        "Instructor: Is water wet?\nIt is.\nI doubt it.\nAda Byron: So do I. Really.\nBOB: Enough."
    ]


ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.389 align:start position:0%
~
plants<00:00:00.400><c> make</c><00:00:00.719><c> food</c>

00:00:02.389 --> 00:00:02.399 align:start position:0%
plants make food
~

00:00:02.399 --> 00:00:04.869 align:start position:0%
plants make food
from<00:00:02.560><c> light.</c>

00:00:04.869 --> 00:00:04.879 align:start position:0%
from light.
~

00:00:04.879 --> 00:00:06.000 align:start position:0%
from light.
Water<00:00:05.100><c> helps.</c>
""".replace("~", " ")


def test_rolling_captions_say_each_line_once(path: Path) -> None:
    assert texts(path, ROLLING) == ["plants make food from light. Water helps."]


def test_lines_that_stay_while_the_next_come_are_said_once(path: Path) -> None:
    content = srt((0, 5, "Plants make food"), (2, 8, "Plants make food\nfrom light."), (5, 9, "from light."))
    assert texts(path, content) == ["Plants make food from light."]


def test_a_refrain_said_again_later_is_kept(path: Path) -> None:
    assert texts(path, srt((0, 1, "Again."), (3, 4, "Again."))) == ["Again. Again."]


def test_webvtt_header_notes_styles_and_names_of_cues(path: Path) -> None:
    content = """WEBVTT - How plants drink

NOTE url: https://example.org/watch?v=abc

STYLE
::cue { color: lime }

NOTE
a comment of
two lines

intro
00:01.500 --> 00:04.000 line:0 position:20%
Roots drink.

12
01:00:00.000 --> 01:00:02.000
Leaves breathe.

NOTE the end
"""
    assert texts(path, content) == ["Roots drink.", "Leaves breathe."]
    summary, first, second, _ = extract(path, VTT, Limits())
    assert isinstance(summary, FileSummary)
    assert summary.metadata.title == "How plants drink"
    assert summary.metadata.url == "https://example.org/watch?v=abc"
    assert isinstance(first, Segment)
    assert isinstance(second, Segment)
    assert (first.start_seconds, second.start_seconds) == (1.5, 3600)


def test_only_web_addresses_are_taken(path: Path) -> None:
    path.write_text("WEBVTT FILE\n\nNOTE url: javascript:alert(1)\n\n00:01.000 --> 00:02.000\nWords.\n")
    summary = next(iter(extract(path, VTT, Limits())))
    assert isinstance(summary, FileSummary)
    assert (summary.metadata.url, summary.metadata.title) == (None, None)


def test_two_languages_are_read_one_beside_the_other(path: Path) -> None:
    pairs = [
        ("植物从土壤中", "Plants take from the soil"),
        ("吸收水分。", "the water they need."),
        ("PyTorch", "PyTorch"),
        ("很好。", "is good."),
    ]
    made = [(n * 2.0, n * 2 + 2.0, f"{one}\n{two}") for n, (one, two) in enumerate(pairs)]
    assert texts(path, srt(*made)) == [
        "植物从土壤中吸收水分。 PyTorch 很好。",
        "Plants take from the soil the water they need. PyTorch is good.",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "1\n00:00:01,000 --> 00:00:02,000\nRoots\n2\n00:00:02,000 --> 00:00:03,000\ndrink.\n",
        "00:01.0-->00:02.0\nRoots\n\n\n\n00:02.0 --> 00:03.0\n\ndrink.",
        "1\r\n0:00:01.000 --> 0:00:02.000\r\nRoots\r\n\r\n2\r\n0:00:02.000 --> 0:00:03.000\r\ndrink.\r\n",
        "x\n00:00:01,000 -> 00:00:02,000\nRoots \0drink.",
        "1\n00:00:09,000 --> 00:00:01,000\nRoots drink.\n\n2\n99:99:99,9 -->\n",
    ],
    ids=["no blank lines", "many blank lines", "crlf", "arrow and nul", "backwards"],
)
def test_sloppy_files_are_read(path: Path, content: str) -> None:
    assert " ".join(texts(path, content)).startswith("Roots drink.")


def test_times_that_jump_back_part_segments(path: Path) -> None:
    path.write_text(srt((3000, 3002, "Late words."), (1, 2, "Early words.")), encoding="utf-8")
    assert [(s.start_seconds, s.text) for s in read(path)] == [(3000, "Late words."), (1, "Early words.")]


def test_a_file_without_cues_is_the_text_that_it_is(path: Path) -> None:
    assert texts(path, "Just a few words --> of text.") == ["Just a few words --> of text."]


def test_nothing_said_is_an_error(path: Path) -> None:
    path.write_text(srt((0, 1, ""), (1, 2, "(silence)")), encoding="utf-8")
    with pytest.raises(NoTextInFile):
        read(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    ["." * 16_000, "<b" * 8_000, r"{\a" * 5_000, "[" * 16_000, "a." * 8_000, "- " * 8_000, "1:" * 8_000],
)
def test_strange_long_lines_end_soon(path: Path, line: str) -> None:
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nWords first.\n" + (line + "\n") * 60, encoding="utf-8")
    assert read(path, limits=Limits(max_chars=10**7))[0].text.startswith("Words first.")


def test_very_many_cues_are_held_to_the_limit_of_characters(path: Path) -> None:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{n}\n{clock(n)} --> {clock(n + 1)}\nwords {n}\n\n" for n in range(20_000))
    with pytest.raises(ExtractionLimit):
        read(path, limits=Limits(max_chars=100_000))


@pytest.mark.parametrize(
    ("head", "name", "media_type"),
    [
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\n", "a.txt", VTT),
        (b"\xef\xbb\xbfWEBVTT", "a", VTT),
        (b"\xef\xbb\xbf1\r\n00:00:01,000 --> 00:00:02,000\r\n", "a", SRT),
        ("1\n00:00:01,000 --> 00:00:02,000\n".encode("utf-16"), "a", SRT),
        (b"0:00:05.000 --> 0:00:07.000\n", "a.txt", SRT),
        (b"not yet a cue", "a.SRT", SRT),
        (b"not yet a cue", "a.vtt", VTT),
    ],
)
def test_recognised(head: bytes, name: str, media_type: str) -> None:
    assert recognise(head, name) == media_type


@pytest.mark.slow
def test_every_shared_transcript_reads_well(shared_data: Path) -> None:
    files = sorted((shared_data / "transcripts").rglob("*.srt")) + sorted(shared_data.glob("documents/vtt/*"))
    assert files
    for file in files:
        segments = read(file)
        starts = [s.start_seconds or 0.0 for s in segments]
        assert starts == sorted(starts), file
        whole = sum(bool(re.search(r"[.!?…。！？][\"”’)）]*$", s.text)) for s in segments)
        assert whole >= 0.9 * len(segments) or file.suffix == ".vtt", file
        text = "\n".join(s.text for s in segments)
        assert not re.search(r"-->|\d\d:\d\d:\d\d|</?[bic]\b|\{\\|^- |♪|\ufeff", text, re.MULTILINE), file
        assert max(len(s.text) for s in segments) <= 600, file


@pytest.mark.slow
def test_chunks_are_said_within_half_a_minute_of_their_start(shared_data: Path) -> None:
    found = 0
    for file in sorted((shared_data / "transcripts").rglob("*.srt")):
        chunker = Chunker(new_document())
        chunks = [chunk for segment in read(file) for chunk in chunker.cut(segment)]
        for cue in cues(file, "utf-8-sig"):
            for line in cue.lines:
                holding = [chunk for chunk in chunks if line in chunk.text]
                if len(line) > 20 and len(holding) == 1:
                    found += 1
                    assert cue.start - 30 <= (holding[0].start_seconds or 0.0) <= cue.end, (file, line)
    assert found > 100
