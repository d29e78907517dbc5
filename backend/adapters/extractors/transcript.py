"""SRT and WebVTT transcripts to text: who says what, as sentences that know when they are said."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import heapq
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from backend.adapters.extractors import encodings, plain, speech
from backend.adapters.extractors.cues import Cue, cues, header
from backend.adapters.extractors.formats import Limits
from backend.adapters.extractors.speech import Utterance
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary, Segment

_SAMPLE_CUES = 300
_MOSTLY = 0.7
_FOREIGN_SHARE = 0.15
_VOICE = re.compile(r"<v ([^>]+)>\s*")
_DASH = re.compile(r"(?:[-‐–—]\s+|[-‐–—](?=[^\W\d_])|>{2,}\s*)")
_LABEL = re.compile(r"\[([A-Z][\w .'-]{1,40})\]:?\s+(?=\S)")
_NAMED = re.compile(r"[A-ZÀ-ÞА-Я][A-ZÀ-ÞА-Я .'-]{1,40}:\s")
_SOUND = re.compile(r"[\[(（【][^\])）】]{1,40}[\])）】][\s.]*")
_TOKEN = re.compile(r"[\[(][A-Z]{1,4}\d*[\])]")
_NOISES = re.compile(
    r"[\[(（]\s*(?:music|applause|laughter|laughs|silence|inaudible|noise|musique|rires|applaudissements|"
    r"музыка|аплодисменты|смех|音乐|掌声|笑声)[^\])）]{0,30}[\])）]|[♪♫]+",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:NOTE\s+)?url:\s*(https?://\S+)", re.IGNORECASE)
_TITLE = re.compile(r"\ufeff?WEBVTT[ \t]+(?:[-–—:][ \t]*)?(.+)")
_NO_TITLE = {"file"}


class Turn(NamedTuple):
    """Words of one speaker within a cue."""

    words: str = ""
    speaker: str | None = None
    begins: bool = False
    """Whether the file marks that someone begins to speak here."""
    above: int = 0
    """Characters of the cue before them."""


class Languages(NamedTuple):
    """The scripts of a file that shows each cue in two languages, the upper line's first."""

    upper: str
    lower: str


def read(path: Path, limits: Limits) -> Iterator[Extracted]:
    """Text of a transcript; a file without cues is read as the plain text that it is."""
    encoding = encodings.of_file(path)
    languages = _languages(islice(cues(path, encoding.name), _SAMPLE_CUES))
    if next(cues(path, encoding.name), None) is None:
        yield from plain.read(path, limits)
        return
    yield FileSummary(_metadata(header(path, encoding.name).lines))
    # each language is read on its own, so that its sentences stay whole and nothing waits in memory
    total = path.stat().st_size
    tracks = (speech.segments(_said(path, encoding.name, languages, n), total) for n in _numbers(languages))
    yield from heapq.merge(*tracks, key=_time)
    yield ExtractionEnd(encoding.warning)


def _time(segment: Segment) -> float:
    return segment.start_seconds or 0.0


def _numbers(languages: Languages | None) -> tuple[int, ...]:
    return (0, 1) if languages else (0,)


def _metadata(lines: list[str]) -> DocumentMetadata:
    title = _TITLE.match(lines[0]) if lines else None
    urls = (_URL.match(line.strip()) for line in lines)
    return DocumentMetadata(
        title=title[1] if title and title[1].strip().lower() not in _NO_TITLE else None,
        url=next((url[1] for url in urls if url), None),
    )


def _said(path: Path, encoding: str, languages: Languages | None, number: int) -> Iterator[Utterance]:
    """The words of one language, without sounds; a speaker's name stands before the first of a turn."""
    speaker = None
    for cue in cues(path, encoding):
        lines = _of_language(cue.lines, languages, number)
        a_char = (cue.end - cue.start) / max(1, sum(map(len, lines)))
        for turn in _turns(lines):
            changes = turn.speaker is not None and turn.speaker != speaker
            speaker = turn.speaker or (None if turn.begins else speaker)
            words = f"{turn.speaker}: {turn.words}" if changes else turn.words
            begins = changes or (turn.begins and turn.speaker is None)
            yield Utterance(words, cue.start + a_char * turn.above, cue.end, begins, cue.done)


def _turns(lines: Iterable[str]) -> Iterator[Turn]:
    """Lines of one speaker joined; those that only name a sound left out."""
    turn = Turn()
    above = 0
    for line in lines:
        following = _turn(line, above)
        above += len(line)
        if following.begins or not turn.words:
            if turn.words and not _is_sound(turn.words):
                yield turn
            turn = following
        else:
            turn = turn._replace(words=speech.join(turn.words, following.words))
    if turn.words and not _is_sound(turn.words):
        yield turn


def _turn(line: str, above: int) -> Turn:
    voice = _VOICE.match(line)
    text = line[voice.end() :] if voice else line
    dash = _DASH.match(text)
    text = _NOISES.sub("", text[dash.end() :] if dash else text).strip()
    label = _LABEL.match(text) if dash and not _TOKEN.match(text) else None
    if label:
        return Turn(text[label.end() :], label[1], begins=True, above=above)
    begins = bool(dash or voice or _NAMED.match(text))
    return Turn(text, voice[1] if voice else None, begins=begins, above=above)


def _is_sound(words: str) -> bool:
    return bool(_SOUND.fullmatch(words)) and not _TOKEN.fullmatch(words)


def _languages(sample: Iterable[Cue]) -> Languages | None:
    """Both languages of a file whose cues mostly hold two lines in different scripts."""
    pairs: Counter[Languages] = Counter()
    count = 0
    for cue in sample:
        count += 1
        if len(cue.lines) > 1:
            pairs[Languages(_script(cue.lines[0]), _script(cue.lines[-1]))] += 1
    mixed = [(n, pair) for pair, n in pairs.items() if pair.upper != pair.lower]
    most, languages = max(mixed, default=(0, None))
    return languages if languages and most >= _MOSTLY * count else None


def _of_language(lines: tuple[str, ...], languages: Languages | None, number: int) -> tuple[str, ...]:
    if languages is None:
        return lines
    upper = [_script(line) == languages.upper for line in lines]
    if len(lines) > 1 and len(set(upper)) == 1:  # names and formulas look alike in both
        upper = [index < (len(lines) + 1) // 2 for index in range(len(lines))]
    return tuple(line for line, first in zip(lines, upper, strict=True) if first == (number == 0))


def _script(line: str) -> str:
    """The script of a line, e.g. 'CYRILLIC'; Latin words are common guests in every other script."""
    counts = Counter(
        unicodedata.name(char, "LATIN").split(" ", 1)[0].split("-", 1)[0] for char in line if char.isalpha()
    )
    latin = counts.pop("LATIN", 0)
    script, most = max(counts.items(), key=lambda item: item[1], default=("LATIN", 0))
    script = "CJK" if script in {"HIRAGANA", "KATAKANA", "FULLWIDTH"} else script
    return script if most > _FOREIGN_SHARE * (most + latin) else "LATIN"
