"""What is said, cue by cue, to sentences, and sentences to short segments that know when they begin."""

# ruff: noqa: RUF001  the look-alike characters are meant: they are what texts hold

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from backend.models.documents import Segment

_SEGMENT_CHARS = 250
_SEGMENT_S = 15.0
"""A segment ends with the sentence that reaches this, or before the one that would not fit."""
_LONGEST_S = 28.0
"""Nothing spans more: a reader who jumps to a segment's start must soon hear its last words."""
_LONGEST_CHARS = 600
"""More without the end of a sentence is taken for captions without punctuation."""
_PAUSE_S = 3.0
_BREATH_S = 0.4
_CLOSING = "\"'”’»)\\]）」』"
_SENTENCE_END = re.compile(rf"(?:(?<![.!?…])[.!?…]++[{_CLOSING}]*(?=\s+[^\s])|[。！？]+[{_CLOSING}]*)\s*")
_ENDED = re.compile(rf"[.!?…。！？][{_CLOSING}]*$")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|e\.g|i\.e|Dr|Mr|Mrs|Ms|Prof|St|vs|etc|Fig|No|approx|ca|bzw|z\.B|p\.ex|т\.е)\.$"
)
_OPENING = "\"'“‘«([（「『"
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_COMMA = (",", ";", ":", "，", "、", "；", "：", "-", "–", "—")
_NO_SPACE_AFTER = ("'", "’")


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words with the times between which they are said."""

    text: str
    start: float
    end: float
    turn: bool = False
    """Whether another person begins to speak."""
    done: int = 0


def join(first: str, second: str) -> str:
    """Two runs of words as one, with the space that their script asks for."""
    if not first or not second:
        return first or second
    solid = _CJK.match(first[-1]) and _CJK.match(second[0])
    elided = first[-1] in _NO_SPACE_AFTER and first[-2:-1].isalpha() and second[0].isalpha()
    return first + ("" if solid or elided else " ") + second


def segments(said: Iterable[Utterance], total: int) -> Iterator[Segment]:
    """Whole sentences of some 15 s together; a new speaker begins a new line, a long pause a new segment."""
    gathered: list[Utterance] = []
    for sentence in sentences(said):
        if gathered and _is_full(gathered, sentence):
            yield _segment(gathered, total)
            gathered = []
        gathered.append(sentence)
    if gathered:
        yield _segment(gathered, total)


def _is_full(gathered: list[Utterance], sentence: Utterance) -> bool:
    first, last = gathered[0], gathered[-1]
    chars = sum(len(one.text) + 1 for one in gathered) + len(sentence.text)
    return (
        chars > _SEGMENT_CHARS
        or last.end - first.start >= _SEGMENT_S
        or sentence.end - first.start > _LONGEST_S
        or _parted(last, sentence)
    )


def _parted(last: Utterance, following: Utterance) -> bool:
    """By a long pause, or by times that jump back."""
    return following.start - last.end >= _PAUSE_S or following.start < last.start


def _segment(gathered: list[Utterance], total: int) -> Segment:
    text = ""
    for sentence in gathered:
        text = f"{text}\n{sentence.text}" if sentence.turn and text else join(text, sentence.text)
    start = gathered[0].start
    return Segment(text, done=min(gathered[-1].done, total), total=total, start_seconds=round(start, 3))


def sentences(said: Iterable[Utterance]) -> Iterator[Utterance]:
    """Sentences with their times; where nothing marks their ends, runs of at most 28 s cut at a breath."""
    gathered: list[Utterance] = []
    unmarked = 0
    for piece in _pieces(said):
        if gathered and _begins_sentence(gathered, piece):
            yield _joined(gathered)
            gathered = []
        while gathered and _too_long(gathered, piece, unmarked):
            cut = _best_cut(gathered, piece)
            yield _joined(gathered[:cut])
            gathered = gathered[cut:]
        gathered.append(piece)
        unmarked = 0 if _ENDED.search(piece.text) else unmarked + len(piece.text)
    if gathered:
        yield _joined(gathered)


def _begins_sentence(gathered: list[Utterance], piece: Utterance) -> bool:
    last = gathered[-1]
    if piece.turn or _parted(last, piece):
        return True
    return (
        bool(_ENDED.search(last.text))
        and not _ABBREVIATION.search(last.text)
        and not piece.text.lstrip(_OPENING)[:1].islower()
    )


def _too_long(gathered: list[Utterance], piece: Utterance, unmarked: int) -> bool:
    chars = sum(len(one.text) + 1 for one in gathered) + len(piece.text)
    longest = _SEGMENT_CHARS if unmarked > _LONGEST_CHARS else _LONGEST_CHARS
    return piece.end - gathered[0].start > _LONGEST_S or chars > longest


def _best_cut(gathered: list[Utterance], piece: Utterance) -> int:
    """How many of the pieces to part: in their second half, at the longest breath or else a comma."""
    places = range(len(gathered) // 2 + 1, len(gathered) + 1)
    following = [*gathered[1:], piece]

    def merit(place: int) -> tuple[float, bool, int]:
        breath = following[place - 1].start - gathered[place - 1].end
        return (
            breath if breath >= _BREATH_S else 0.0,
            gathered[place - 1].text.endswith(_COMMA),
            place,
        )

    return max(places, key=merit)


def _joined(gathered: list[Utterance]) -> Utterance:
    text = ""
    for piece in gathered:
        text = join(text, piece.text)
    first, last = gathered[0], gathered[-1]
    return Utterance(text, first.start, max(last.end, first.start), first.turn, last.done)


def _pieces(said: Iterable[Utterance]) -> Iterator[Utterance]:
    """Utterances cut behind each sentence, and where nothing else parts them behind words.

    Within an utterance time is shared out by length.
    """
    for one in said:
        span = one.end - one.start
        place = 0
        for text in _cut(one.text, span):
            start = one.start + span * place / len(one.text)
            place += len(text)
            end = one.start + span * place / len(one.text)
            if text.strip():
                yield Utterance(text.strip(), start, end, one.turn and start == one.start, one.done)


def _cut(text: str, span: float) -> Iterator[str]:
    start = 0
    longest = max(40, min(_LONGEST_CHARS // 2, int(len(text) * _LONGEST_S / 2 / max(span, 1.0))))
    ends = [end.end() for end in _SENTENCE_END.finditer(text)]
    for end in (*ends, len(text)):
        if end < len(text) and _ABBREVIATION.search(text[max(0, end - 10) : end].rstrip()):
            continue
        while end - start > 2 * longest:
            space = text.rfind(" ", start + 1, start + longest)
            cut = space + 1 if space > 0 else start + longest
            yield text[start:cut]
            start = cut
        yield text[start:end]
        start = end
