"""What a definition files its subject under."""

from __future__ import annotations

from . import kin
from . import lexicon as lx
from .casing import Casing
from .clauses import noun_phrase
from .reading import Reading
from .tagging import Token, tag

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
    # "bend of a river" is no verb.
    return _headed(tuple(tag(said, casing)))[0] or _headed(tuple(tag(f"the {said}", casing)))[0]


def genus_with_whole(said: str, casing: Casing) -> str:
    """The same with what it is a region, layer or part of: "region of cortex"."""
    tokens = tuple(tag(said, casing))
    genus, stop = _headed(tokens)
    if not kin.is_loose(genus) or stop >= len(tokens) or tokens[stop].low != "of":
        return genus
    whole = noun_phrase(tokens, stop + 1, len(tokens))
    return f"{genus} of {tokens[whole[1]].low}" if whole else genus


def _headed(tokens: tuple[Token, ...]) -> tuple[str, int]:
    """The noun that a definition files its term under, "" for none, and where its phrase ends."""
    phrase = noun_phrase(tokens, 0, len(tokens))
    if phrase is None:
        return "", 0
    if tokens[phrase[1]].low in _KINDS and phrase[0] < len(tokens) and tokens[phrase[0]].low == "of":
        phrase = noun_phrase(tokens, phrase[0] + 1, len(tokens)) or phrase
    if (
        phrase[0] + 1 < len(tokens) and tokens[phrase[0]].low == "to" and phrase[1] == 0
    ):  # "side to side movement"
        phrase = noun_phrase(tokens, phrase[0] + 1, len(tokens)) or phrase
    return tokens[phrase[1]].low, phrase[0]
