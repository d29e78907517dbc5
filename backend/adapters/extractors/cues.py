"""SRT and WebVTT files as cues: what is shown from when to when, without the markup of either format.

Both are read by one tolerant rule, as files in the wild mix them: a line with an arrow between two times
starts a cue, a number or name directly above it is the cue's name, and the rest is text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from backend.adapters.extractors.plain import lines

_TIME = r"(?:(\d{1,4}):)?(\d{1,3}):(\d{1,3})(?:[.,:](\d{1,9}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-{{1,2}}>\s*{_TIME}(?!\d)")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?=\s|$)")
_NUMBER = re.compile(r"\s*\d{1,9}\s*")
_MOST_LINES = 100
"""Lines of one cue that are kept; people's cues have three."""
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]{1,100})>")
_TAG = re.compile(
    r"</?(?:[biu]|c|v|lang|ruby|rt|font|span)(?:[.\s][^<>]*)?>|<\d[\d:.]*>|\{\\[^{}]*\}", re.IGNORECASE
)
_ABUTS_S = 0.5


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines shown together; times in seconds from the beginning."""

    start: float
    end: float
    lines: tuple[str, ...]
    """Without markup; a named voice stands before its words as '<v Name>'."""
    done: int = 0
    """Bytes of the file read when the cue ended."""


@dataclass(slots=True)
class Header:
    """What stands before the first cue."""

    lines: list[str] = field(default_factory=list)


def is_timing(line: str) -> bool:
    """Whether the line is the timing of a cue."""
    return _TIMING.match(line) is not None


def header(path: Path, encoding: str) -> Header:
    """The lines before the first cue (the first hundred of them)."""
    found = Header()
    for line, _ in lines(path, encoding):
        if is_timing(line) or len(found.lines) == _MOST_LINES:
            break
        found.lines.append(line)
    return found


def cues(path: Path, encoding: str) -> Iterator[Cue]:
    """Cues in the order of the file, those of rolling captions without what the one before them showed."""
    last: Cue | None = None
    for cue in _cues(path, encoding):
        fresh = _without_repetition(cue, last)
        last = cue
        if fresh.lines:
            yield fresh


def _cues(path: Path, encoding: str) -> Iterator[Cue]:
    current: Cue | None = None
    gathered: list[str] = []
    blank = True  # whether the line before was
    skipping = False
    done = 0
    for line, done in chain(lines(path, encoding), [("0:00 --> 0:00", 0)]):
        matched = _TIMING.match(line)
        if matched:
            if gathered and not skipping and not blank and _is_name(gathered):
                gathered.pop()
            if current is not None:
                yield replace(current, lines=tuple(filter(None, map(_plain, gathered))))
            start = _seconds(matched.groups()[:4])
            current = Cue(start, max(start, _seconds(matched.groups()[4:])), (), done)
            gathered, skipping = [], False
        elif not line.strip():
            skipping = False
            gathered += [""] if gathered and gathered[-1] else []
        elif blank and _BLOCK.match(line):
            skipping = True
        elif not skipping and len(gathered) < _MOST_LINES:
            gathered.append(line)
        blank = not line.strip()


def _is_name(gathered: list[str]) -> bool:
    """Whether the line above a timing is a cue's number or, after a blank line, its name."""
    return bool(_NUMBER.fullmatch(gathered[-1])) or (len(gathered) > 1 and not gathered[-2])


def _seconds(groups: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = groups
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + (float(f"0.{fraction}") if fraction else 0.0)


def _plain(line: str) -> str:
    voices = _VOICE.findall(line)
    text = " ".join(html.unescape(_TAG.sub("", _VOICE.sub("", line))).split())
    return f"<v {' '.join(voices[0].split())}>{text}" if voices and text else text


def _without_repetition(cue: Cue, last: Cue | None) -> Cue:
    """The cue without the lines that the one before it still showed when it came."""
    if last is None or not last.start <= cue.start <= last.end + _ABUTS_S:
        return cue
    for size in range(min(len(last.lines), len(cue.lines)), 0, -1):
        if last.lines[-size:] == cue.lines[:size]:
            return replace(cue, lines=cue.lines[size:])
    return cue
