"""What a sentence says of its subject: how much of it stands alone, and who or what it is said of."""

from __future__ import annotations

from . import lexicon as lx
from .asking import complete
from .clauses import Clause, Span
from .extents import starts_clause
from .reading import Reading
from .tagging import NOUN, Token

_LEFT_OUT = frozenset({"because", "although", "though", "whereas", "while", "since", "so"})
_LEAST = 4


def predicate_end(reading: Reading, clause: Clause) -> int | None:
    """Where the longest predicate ends that points at nothing outside the sentence's main clause."""
    tokens = reading.tokens
    end = len(tokens)
    while (
        end > clause.verb
        and tokens[end - 1].text in {".", "”", '"', "’", "'"}
        and not _quoted(reading, end - 1)
    ):
        end -= 1
    end = next((i for i in range(clause.verb + 2, end) if _next_clause(tokens, i, end)), end)
    for stop in (end, *_cuts(tokens, clause, end)):
        span = (clause.verb + 1, stop)
        if span[0] < span[1] and _sound(reading, span):
            return stop
    return None


def _quoted(reading: Reading, index: int) -> bool:
    """Whether the mark closes a quotation that the predicate opens."""
    mark = reading.tokens[index].text
    return mark in {"”", '"'} and any(t.text in {"“", '"'} for t in reading.tokens[:index])


def _sound(reading: Reading, span: Span) -> bool:
    text = reading.text(span)
    return (
        reading.stands_alone(span, own=True)
        and complete(reading, span)
        and text.count("(") == text.count(")")
        and text.count("“") == text.count("”")
        and text.count('"') % 2 == 0
        and not text.endswith((",", ";", ":"))
    )


def _cuts(tokens: tuple[Token, ...], clause: Clause, end: int) -> list[int]:
    """Where a clause after the main one begins, the last first."""
    return [i for i in range(end - 1, clause.verb + 2, -1) if _hung_on(tokens, i, end)]


def _next_clause(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    """Whether another main clause begins here."""
    if tokens[i].tag == ";":
        return True
    return tokens[i].tag == "," and tokens[i + 1].tag == "CC" and starts_clause(tokens, i + 2, end)


def _hung_on(tokens: tuple[Token, ...], i: int, end: int) -> bool:
    token = tokens[i]
    if token.tag in {";", ":", "—", "–"}:
        return True
    if token.tag == "SB" and token.low in _LEFT_OUT:
        return True
    if token.tag == "CC":
        return i + 1 < end and (
            tokens[i + 1].tag in {"VZ", "VD", "MD", "HV", "BE"} or starts_clause(tokens, i + 1, end)
        )
    if token.tag != "," or i + 1 >= end:
        return False
    follows = tokens[i + 1]
    if follows.tag in {"WH", "SB", "VG"} or follows.low in {"but", "with", "including", "such"}:
        return True
    if follows.tag == "CD" or (follows.low == "by" and tokens[i + 2].tag == "VG"):
        return True
    return (
        follows.tag == "CC"
        and i + 2 < end
        and (
            tokens[i + 2].tag in {"VZ", "VD", "MD", "HV", "BE", "VN", "VG"}
            or starts_clause(tokens, i + 2, end)
        )
    )


def whole_tail(reading: Reading, clause: Clause) -> Span | None:
    """All that follows the verb in the main clause; None where it points elsewhere; may be empty."""
    if clause.verb + 1 >= len(reading.tokens) - 1:
        return clause.verb + 1, clause.verb + 1
    end = predicate_end(reading, clause)
    return None if end is None else (clause.verb + 1, end)


def says_much(reading: Reading, span: Span, least: int = _LEAST) -> bool:
    """Whether a predicate has enough words of its own to fit one subject only."""
    told = [
        t
        for t in reading.tokens[span[0] : span[1]]
        if t.tag in NOUN | {"JJ", "VN", "VG", "VB", "CD", "VD", "VZ"}
        and t.low not in lx.COMMON_NOUNS | lx.GENERIC_ADJECTIVES
    ]
    named = sum(t.tag in {"NP", "CD"} for t in told)
    return len(told) + named >= least
