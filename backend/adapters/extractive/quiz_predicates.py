"""The predicate of a clause, where it says enough to be true of one thing."""

from __future__ import annotations

from . import lexicon as lx
from .asking import complete
from .clauses import Clause, Span
from .reading import Reading
from .tagging import NOUN

_LEAST_SAID = 4
"""Words of content from which what a thing is tells it from others."""
HEDGES = frozenset({"seems", "seem", "appears", "appear", "tends", "tend", "wants", "want", "tries", "try"})


def predicate_of(reading: Reading, clause: Clause, begin: int) -> Span | None:
    """Verb group and what belongs to it, where it says enough to have one answer."""
    start = clause.verb + 1
    stop = reading.object(start)[1] if start < len(reading.tokens) else start
    if stop <= start:
        return None
    if reading.tokens[start].tag == ",":
        return None
    span = (begin, stop)
    content = sum(
        t.tag in NOUN | {"JJ", "VN", "VG", "CD"} and t.low not in lx.COMMON_NOUNS
        for t in reading.tokens[start:stop]
    )
    vague = (clause.copular and _says_little(reading, (start, stop))) or _has_only(reading, span)
    if (
        content < (_LEAST_SAID if clause.copular else 3)
        or vague
        or not reading.stands_alone((start, stop), own=not clause.copular)
        or reading.words(span) > 26
    ):
        return None
    return span if complete(reading, (start, stop)) else None


def _says_little(reading: Reading, span: Span) -> bool:
    words = {t.low for t in reading.tokens[span[0] : span[1]]}
    if reading.tokens[span[0]].low == "one":
        return True
    return bool(
        words
        & {
            "example",
            "examples",
            "factor",
            "factors",
            "normative",
            "essential",
            "necessary",
            "valuable",
            "good",
            "bad",
            "wrong",
            "important",
            "different",
            "similar",
            "same",
            "part",
            "able",
            "likely",
            "common",
        }
    )


def _has_only(reading: Reading, span: Span) -> bool:
    return any(t.low in {"only", "then"} for t in reading.tokens[span[0] : span[1]])
