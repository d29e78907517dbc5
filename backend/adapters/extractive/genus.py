"""What a definition files its subject under."""

from __future__ import annotations

from . import lexicon as lx
from .casing import Casing
from .clauses import noun_phrase
from .reading import Reading
from .tagging import tag

_KINDS = frozenset({"type", "kind", "form", "class", "group", "part", "branch", "one", "set"})


def genus_at(reading: Reading, start: int) -> str:
    """The noun that the phrase from ``start`` files a subject under; "" where it says too little."""
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None:
        return ""
    head = reading.tokens[phrase[1]].low
    following = reading.tokens[phrase[0]].low if phrase[0] < len(reading.tokens) else ""
    if head in _KINDS and following == "of":
        inner = noun_phrase(reading.tokens, phrase[0] + 1, len(reading.tokens))
        head = reading.tokens[inner[1]].low if inner else head
    return "" if head in lx.VAGUE_HEADS else head


def genus_of(said: str, casing: Casing) -> str:
    """The noun under which a definition's words file their term: "tuft" for a tuft of capillaries."""
    tokens = tuple(tag(said, casing))
    phrase = noun_phrase(tokens, 0, len(tokens))
    if phrase is None:
        return ""
    head = tokens[phrase[1]].low
    if head in _KINDS and phrase[0] < len(tokens) and tokens[phrase[0]].low == "of":
        inner = noun_phrase(tokens, phrase[0] + 1, len(tokens))
        head = tokens[inner[1]].low if inner else head
    return head
