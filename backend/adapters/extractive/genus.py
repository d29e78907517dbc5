"""What a definition files its subject under."""

from __future__ import annotations

from . import lexicon as lx
from .clauses import noun_phrase
from .reading import Reading


def genus_at(reading: Reading, start: int) -> str:
    """The noun that the phrase from ``start`` files a subject under; "" where it says too little."""
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None:
        return ""
    head = reading.tokens[phrase[1]].low
    following = reading.tokens[phrase[0]].low if phrase[0] < len(reading.tokens) else ""
    if (
        head in {"type", "kind", "form", "class", "group", "part", "branch", "one", "set"}
        and following == "of"
    ):
        inner = noun_phrase(reading.tokens, phrase[0] + 1, len(reading.tokens))
        head = reading.tokens[inner[1]].low if inner else head
    return "" if head in lx.VAGUE_HEADS else head
