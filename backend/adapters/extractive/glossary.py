"""The document's own list of key terms: what its authors say that each one means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.utils.stems import content_stems

from .aliases import without_other_names

Span = tuple[int, int]

_TITLE = re.compile(
    r"^(?:\W*|\d[\d.]*\s+)(?:glossary(?: of (?:key )?terms)?|"
    r"key (?:terms|concepts|words|vocabulary)(?: and \w+)?|"
    r"(?:important|basic) terms|terms and definitions|definitions|vocabulary|terminology)\W*$",
    re.IGNORECASE,
)
_IN_ONE_LINE = re.compile(r"^(?P<term>[^:–—.;]{2,60}?)\s*(?::|\s[–—-])\s+(?P<said>.{12,})$", re.DOTALL)
_MOST_TERM_WORDS = 6
_FEWEST_SAID, _MOST_SAID = 4, 26
_FEWEST_ENTRIES = 4
"""A list of fewer is as likely to be something else."""
_LONG = 110
"""Words from which a block is the text that goes on behind the list."""
_CUT = re.compile(r";|\.[”\"’]?(?:\s|$)|—")
_IN_FRONT = re.compile(r"^(?:\([^()]*\)|\[[^\[\]]*\]|\w+\.)\s+")
NAMES = re.compile(
    r"(?:\w+ ){0,2}(?:terms?|names?|words?)\b|additional |another |other |"
    r"(?:second|third|fourth) (?!(?:stage|phase|step|layer|part) )",
    re.IGNORECASE,
)
"""How a definition begins that tells what a word is used for rather than what it means."""
_ROOT, _SHORT_ROOT = 6, 4
"""First letters that two words of one root share, and those of short words."""
_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTION = frozenset(
    """
    all also and any are been but can each few for from had has have how into its may more most not off one
    out over own per such than that the them then they this too two upon use was who why with
    """.split()
)
_RESTRICTS = re.compile(r"\b(?:that|which|who|whose|where|of|for|by|between|from|in|with|to|used|called)\b")
"""What tells a description from the name of another thing."""
_CONTENT = re.compile(
    r"\b(?!(?:the|and|for|that|which|who|whose|where|with|from|into|between|its|are|was|has) )[a-z]{3,}"
)
_DOES = re.compile(r"\b(?:that|which|who|where|whose)\b|\bof (?!the )\w+ing\b")
_FEW, _ENOUGH = 3, 4
"""Words of content of a description with a verb, and of one without."""
_POINTS = re.compile(r"\b(?:see|above|below|chapter|section|figure|table|e\.g|i\.e)\b", re.IGNORECASE)
_QUOTES = re.compile('[“”"]')
_PRONOUNS = frozenset("it they this these those he she".split())
_ACTS = frozenset(
    "describes describing compares refers relating pertaining having being used see same".split()
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One term of the list and what is said of it."""

    term: str
    said: str
    """The whole definition, single-spaced."""
    core: str
    """Its first clause, which says what the term means; stands in ``said`` word for word."""
    passage: int
    span: Span
    """From the term's first character to the definition's last in the passage's text."""
    place: int
    """Running number in the list: neighbours are of one section of the text."""

    @property
    def low(self) -> str:
        """The term in lower case."""
        return self.term.lower()

    @property
    def quote(self) -> str:
        """Term and definition as they stand behind each other, single-spaced."""
        return f"{self.term} {self.said}"

    @property
    def named_in_core(self) -> frozenset[str]:
        """Stems that the term and its definition share."""
        return content_stems(self.term) & content_stems(self.core)


def entries(text: str, blocks: Sequence[Span], passage: int) -> list[Entry]:
    """The entries of all lists of key terms in one passage, in order."""
    found: list[Entry] = []
    number = 0
    while number < len(blocks):
        start, end = blocks[number]
        number += 1
        if _TITLE.match(text[start:end].strip()) is None:
            continue
        listed, number = _listed(text, blocks, number, passage)
        if len(listed) >= _FEWEST_ENTRIES:
            found += listed
    return found


def _listed(text: str, blocks: Sequence[Span], number: int, passage: int) -> tuple[list[Entry], int]:
    """The entries from a block on, and the first block behind the list."""
    found: list[Entry] = []
    while number < len(blocks):
        place = len(found)
        start, end = blocks[number]
        piece = " ".join(text[start:end].split())
        line = _IN_ONE_LINE.match(piece)
        if line is not None and _is_term(line["term"]):
            found.append(_entry(line["term"], line["said"], (start, end), passage, place))
            number += 1
        elif number + 1 < len(blocks) and _is_term(piece):
            follows, end = blocks[number + 1]
            said = " ".join(text[follows:end].split())
            if len(said.split()) > _LONG or _TITLE.match(said):
                return found, number
            found.append(_entry(piece, said, (start, end), passage, place))
            number += 2
        else:
            return found, number
    return found, number


def _is_term(piece: str) -> bool:
    words = piece.split()
    return (
        0 < len(words) <= _MOST_TERM_WORDS
        and piece[-1] not in ".!?:;,"
        and any(c.isalpha() for c in piece)
        and _TITLE.match(piece) is None
    )


def _entry(term: str, said: str, span: Span, passage: int, place: int) -> Entry:
    return Entry(term, said, core_of_definition(said), passage, span, place)


def echoes(term: str, said: str) -> bool:
    """Whether words of a term and of what is said of it have a root in common: "bipennate", "pennate"."""
    return bool(echoed(term, said))


def echoed(term: str, said: str) -> frozenset[str]:
    """The words of ``said``, lower case, that have a root in common with a word of the term.

    "bipennate" echoes "pennate", "humeroulnar joint" echoes "ulna" and "joint".
    """
    low, stems = term.lower(), content_stems(term)
    roots = [w[:_ROOT] for w in _WORD.findall(low) if len(w) >= _ROOT]
    return frozenset(
        word
        for word in _WORD.findall(said.lower())
        if word not in _FUNCTION
        and (not stems.isdisjoint(content_stems(word)) or _rooted(word, low) or any(r in word for r in roots))
    )


def _rooted(word: str, term: str) -> bool:
    """Whether a term has the root of a word; a short one only where a part of a word begins."""
    if len(word) < _SHORT_ROOT:
        return re.search(rf"\b{word}\b", term) is not None
    if len(word) > _ROOT:
        return word[:_ROOT] in term
    return re.search(rf"(?:\b|o){word[: max(_SHORT_ROOT, len(word) - 2)]}", term) is not None


def tells_apart(said: str) -> bool:
    """Whether what is said of a thing is true of hardly any other: "part of the skull" is of many."""
    if not _RESTRICTS.search(said) or _QUOTES.search(said):
        return False
    return len(_CONTENT.findall(said.lower())) >= (_FEW if _DOES.search(said) else _ENOUGH)


def bare(core: str) -> str:
    """Words without the article in front: some definitions of a list have one, others not."""
    article, _, rest = core.partition(" ")
    return rest if article.lower() in {"a", "an", "the"} else core


def core_of_definition(said: str) -> str:
    """The first clause, where it tells by itself what the term means; else ""."""
    begun = _IN_FRONT.match(said)
    text = said[begun.end() :] if begun else said
    cut = _CUT.search(text)
    core = without_other_names(text[: cut.start()] if cut else text).rstrip(" ,.:")
    words = core.split()
    sound = (
        _FEWEST_SAID <= len(words) <= _MOST_SAID
        and words[0].lower() not in _ACTS
        and not _POINTS.search(core)
        and words[0].lower() not in _PRONOUNS
        and core.count("(") == core.count(")")
        and not _QUOTES.search(core)
    )
    return core if sound else ""
