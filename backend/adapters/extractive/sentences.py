"""Passages to sentences: prose only, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.models.documents import Passage

from .glossary import Entry, entries
from .lexicon import words

_BLOCK_GAP = re.compile(r"\n[ \t\r\f\v]*\n\s*")
_LIST_MARK = re.compile(r"^\s*(?:[-•*▪◦·–‣]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_STOP = re.compile(r"[.!?](?:[\"”’)\]]|\[\d+\])*(?=\s+(?:[-•*▪–]\s+)?[\"“‘(\[]?[A-Z0-9À-ÞА-ЯЁ])|[。！？]")
_SPACED = re.compile(r"(?<=\s)\.(?=\s+[a-z])")
"""The stops of texts without capitals, which have a space before every mark."""
_SPACED_SHARE = 600
"""Characters in which such a text has a stop or more."""
_SPACED_NOISE = re.compile(r"(?<=\w) (?=[.,;])")
_ABBREVIATIONS = words(
    """
    dr mr mrs ms prof st jr sr v vs fig figs eq eqs no nos vol pp ed eds ch sec al ca c approx e.g i.e cf
    etc viz inc ltd co dept est jan feb mar apr jun jul aug sep sept oct nov dec gen col sgt rev hon
    univ z.b bzw u.a d.h p op cit tab ref refs
    """,
)
_SKIPPED_SECTION = re.compile(
    r"^(?:\W*|\d[\d.]*\s+)(?:(?:learning|chapter|section) (?:objectives|outcomes|goals)|"
    r"references?|bibliography|works cited|"
    r"further reading|suggested readings?|exercises|problems|acknowledge?ments?|table of contents|"
    r"contents|index|(?:review|practice|study|discussion|critical thinking)[\w\s]* questions?|"
    r"copyright|about the authors?|notes|endnotes|footnotes|"
    r"interactive link(?: feature)?|quiz|literatur|bibliographie)\W*$",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"^\s*(?:figure|fig\.|table|image|photo|plate|box|listing|chart|abbildung|tabelle)\b(?:\s*[\d.:]|:)",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"https?://|www\.|\bdoi\b|@\w+\.|©|copyright|all rights reserved|\bisbn\b|"
    r"\bet al\b.*\(\d{4}\)\.|\bcredit:|\battribution:|"
    r"\bpp?\. ?\d|(?-i:(?<!\betc)(?<!\bvs)[a-z]{2}\. [a-z])|\[citation|[∗→⊆∈∀∃≤≥≠±×÷∞∂∑∫√≈≡⇒⇔∪∩∅+]|"
    r"[\U0001D400-\U0001D7FF]|[{}<>=|\\^~#$§¶]|(?<!\w)_|_(?!\w)|\.{3}|…|�|\bdef \w+\(|;\s*$|"
    r"\(see\s*\)|\(\s*\)|\s,|\s\.|\b(?:in|of|by|to|from|see|and) ?[.,;]",
    re.IGNORECASE,
)
_TITLE_WORD = r"(?:[A-Z][\w’'-]*|of|and|the|in|to|for|a|an|on|with|[–—:-])"
_GLUED_HEADING = re.compile(
    rf"^(?:\d+(?:\.\d+)*\.?\s+)?{_TITLE_WORD}(?:\s+{_TITLE_WORD})*?\s+"
    r"(?=(?:The|A|An|In|This|These|As|When|There|It|Most|Many|Some|All|Each|Both|If|For|During|At|By|Although|"
    r"While|Because|Like|One|Two)\s)",
)
_SENTENCE_START = re.compile(r"[A-Z0-9“\"‘(À-ÞА-ЯЁ¿¡]")
_ORDERS = words(
    """
    Watch See Read Visit View Click Consider Imagine Recall Note Look Think Let Try Go Explore Notice
    Remember Refer Compare List Explain Describe Identify Define Discuss Suppose Ask Choose Complete
    Write Draw Name Using Take Check Welcome Listen Observe
    """,
)
_SUPPOSED = re.compile(
    r"(?:^|[.!?:]\s+)(?:(?:For example|For instance|Now|So|But|Thus), )?"
    r"(?:[Ss]uppose|[Ii]magine|[Cc]onsider|[Ll]et us|[Ll]et[’']s|[Pp]icture|[Ss]ay that|[Tt]ake the)\b"
)
_PERSONAL = re.compile(r"\b(?:you|your|I|my|me)\b")
_PERSONAL_ENOUGH = 3
_TALK = 2000
"""A paragraph as long as this is a talk without paragraphs rather than a case told to the reader."""
_OBJECTIVES = re.compile(r"(?:objectives|outcomes|goals)\W*$", re.IGNORECASE)
_PROSE = 160
"""Characters from which a paragraph under a list of objectives is the text itself."""
_STAGE = re.compile(
    r"^\s*(?:(?:\([a-z][a-z ,]{2,40}\)|\[[a-z][a-z ,]{2,40}\])\s*)+(?:[-–]\s+)?", re.IGNORECASE
)
"""What a subtitle says of sounds, and the dash of who speaks: "(door closes) - "."""
MIN_LENGTH, MAX_LENGTH = 20, 420


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of prose; ``text`` stands in its passage but for white space."""

    text: str
    passage: int
    """Index in the passages given."""
    offset: int
    """Where it starts in the passage's text."""
    block: int
    """Running number of its paragraph over all passages."""
    position: int
    """Characters before it over all passages."""
    illustrates: bool = False
    """Whether it belongs to a made-up case ("Suppose ...") or speaks to the reader: true of nothing else."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A short line without a full stop between paragraphs."""

    text: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What passages are made of, each in reading order."""

    sentences: list[Sentence]
    headings: list[str]
    terms: list[Entry]
    """Entries of lists of key terms; their words are no sentences."""


def read(passages: Sequence[Passage]) -> Contents:
    """Sentences, headings and key terms."""
    sentences: list[Sentence] = []
    headings: list[str] = []
    terms: list[Entry] = []
    block = before = 0
    for index, passage in enumerate(passages):
        text = passage.text
        blocks = list(_blocks(text))
        listed = entries(text, blocks, index)
        terms += listed
        apart = _starts_within(blocks, listed)
        skipping = objectives = False
        for start, end in blocks:
            block += 1
            piece = text[start:end]
            if start in apart:
                continue
            skipping = skipping and not (objectives and len(piece) >= _PROSE)
            if is_heading(piece):
                skipping = bool(_SKIPPED_SECTION.match(piece.strip()))
                objectives = bool(_OBJECTIVES.search(piece.strip()))
                headings.append(piece.strip())
            elif not skipping and not _CAPTION.match(piece) and " | " not in piece:
                cut_head = start == 0 and passage.chunks[0].position > 0
                story = _story_from(piece)
                for offset, sentence in _sentences(piece, cut_head=cut_head):
                    place = start + offset
                    sentences.append(
                        Sentence(sentence, index, place, block, before + place, illustrates=offset >= story)
                    )
        before += len(text)
    return Contents(sentences, headings, terms)


def _starts_within(blocks: Sequence[tuple[int, int]], listed: Sequence[Entry]) -> frozenset[int]:
    """Where the blocks begin that belong to entries."""
    spans = [e.span for e in listed]
    begun = 0
    found = set()
    for start, _ in blocks:
        while begun < len(spans) and spans[begun][1] <= start:
            begun += 1
        if begun < len(spans) and spans[begun][0] <= start:
            found.add(start)
    return frozenset(found)


def _story_from(piece: str) -> int:
    """Where a made-up case begins in a paragraph; its length where there is none."""
    if len(piece) < _TALK and len(_PERSONAL.findall(piece)) >= _PERSONAL_ENOUGH:
        return 0
    found = _SUPPOSED.search(piece)
    return found.start() if found else len(piece)


def is_heading(piece: str) -> bool:
    """Whether a paragraph is a title rather than prose."""
    text = piece.strip()
    return (
        len(text) <= 90 and "\n" not in text and text[-1:] not in set(".!?;,:。") and len(text.split()) <= 12
    )


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs and list items as (start, end)."""
    start = 0
    for gap in [*_BLOCK_GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if end > start:
            yield from _lines_apart(text, start, end)
        start = gap.end() if gap else len(text)


def _lines_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """One paragraph cut where a line is a list item or a heading rather than a wrapped line."""
    lines = text[start:end].split("\n")
    widest = max(len(line) for line in lines)
    begin = position = start
    for number, line in enumerate(lines):
        mark = _LIST_MARK.match(line)
        if position > begin and (mark or (number and _is_short_title(lines[number - 1], line, widest))):
            yield begin, position
            begin = position
        if mark:
            begin = position + mark.end()
        elif _is_title_line(lines, number, widest):
            if position > begin:
                yield begin, position
            begin = position
        position += len(line) + 1
    if end > begin:
        yield begin, end


def _is_title_line(lines: list[str], number: int, widest: int) -> bool:
    return (
        number + 1 < len(lines)
        and _is_short_title(lines[number], lines[number + 1], widest)
        and number > 0
        and (lines[number - 1].rstrip()[-1:] in ".!?")
    )


def _is_short_title(line: str, following: str, widest: int) -> bool:
    stripped = line.strip()
    return (
        0 < len(stripped) <= min(60, widest * 0.6)
        and stripped[0].isupper()
        and stripped[-1].isalnum()
        and following.lstrip()[:1].isupper()
        and len(stripped.split()) <= 8
    )


def _sentences(piece: str, *, cut_head: bool) -> Iterator[tuple[int, str]]:
    """(offset, text) of the usable sentences of one paragraph."""
    spaced = _is_spaced(piece)
    for start, end in _spans(piece, _SPACED if spaced else _STOP):
        raw = piece[start:end]
        mark = _LIST_MARK.match(raw) or _STAGE.match(raw)
        lead = mark.end() if mark else len(raw) - len(raw.lstrip())
        text = " ".join(raw[lead:].split())
        if start == 0 and cut_head and not re.match(r"(?:The|A|An|In|When|There|As|If)\s", text):
            continue
        glued = _GLUED_HEADING.match(text)
        if (
            glued
            and start == 0
            and not text.startswith(("The ", "A ", "An ", "In ", "To ", "For ", "On ", "With "))
        ):
            text = text[glued.end() :]
            lead = raw.find(text.split(" ", 1)[0], lead + len(glued.group().rstrip()))
        if _usable(_as_printed(text) if spaced else text):
            yield start + max(lead, 0), text


def _is_spaced(piece: str) -> bool:
    """Whether a paragraph is written without capitals and with a space before every mark."""
    return len(_SPACED.findall(piece)) * _SPACED_SHARE >= len(piece)


def _as_printed(text: str) -> str:
    """Such a sentence as others write it."""
    joined = _SPACED_NOISE.sub("", text)
    return joined[0].upper() + joined[1:]


def _usable(text: str) -> bool:
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH or not _SENTENCE_START.match(text):
        return False
    if text.rstrip('”"’)')[-1:] != "." or _NOISE.search(text) or _CAPTION.match(text) or _is_order(text):
        return False
    letters = sum(c.isalpha() for c in text)
    return (
        letters >= 0.75 * (len(text) - text.count(" "))
        and sum(c.isupper() for c in text) < 0.35 * letters
        and _paired(text)
    )


def _is_order(text: str) -> bool:
    """Whether the sentence speaks to the reader: "Watch this animation"."""
    first, _, rest = text.partition(" ")
    return first in _ORDERS and not rest.startswith(("of ", "is ", "are ", "in "))


def _paired(text: str) -> bool:
    return (
        text.count("(") == text.count(")") and text.count("“") == text.count("”") and text.count('"') % 2 == 0
    )


def _spans(piece: str, stops: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in stops.finditer(piece):
        if piece[stop.start()] == "." and _is_abbreviation(piece, start, stop.start()):
            continue
        yield start, stop.end()
        start = stop.end()
    if start < len(piece):
        yield start, len(piece)


def _is_abbreviation(piece: str, start: int, stop: int) -> bool:
    word = piece[max(start, stop - 12) : stop].split()[-1:] or [""]
    bare = word[0].lstrip('(“"‘[').lower()
    single = len(bare) == 1 and bare.isalpha() and word[0].lstrip('(“"‘[').isupper()
    return bare in _ABBREVIATIONS or single or bool(re.fullmatch(r"(?:[a-z]\.)+[a-z]", bare))
