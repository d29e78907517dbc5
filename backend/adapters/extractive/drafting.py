"""What the question patterns share: drafts from a clause, objects, lists, and what spoils a stem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

from . import lexicon as lx
from .asking import Draft, complete, do_support
from .clauses import Clause, Span, noun_phrase
from .extents import starts_clause
from .lexicon import words
from .reading import Reading
from .tagging import Token

Pattern = Callable[[Reading, Clause], Iterator[Draft]]


NAMING = words(
    """
    called termed named known referred dubbed labeled labelled
    """,
)


def drafted(
    reading: Reading, clause: Clause, stem: str | None, answer: str | None, kind: str, score: float
) -> Iterator[Draft]:
    """One draft where both stem and answer were found."""
    if stem and answer:
        yield Draft(stem, answer, kind, score, reading.plain(clause.subject).lower(), reading.sentence)


def token_at(reading: Reading, index: int) -> Token | None:
    """The token, or None past the end."""
    return reading.tokens[index] if index < len(reading.tokens) else None


def after_adverbs(reading: Reading, index: int) -> int:
    """The first index that holds no adverb."""
    while index < len(reading.tokens) and reading.tokens[index].tag == "RB":
        index += 1
    return index


def noun_object(reading: Reading, start: int) -> Span | None:
    """The object from ``start`` where it is a noun phrase that says something."""
    first = token_at(reading, start)
    if (
        first is not None
        and first.low in {"how", "what", "why", "whether"}
        and starts_clause(reading.tokens, start + 1, len(reading.tokens))
    ):
        return reading.object(start)
    if first is None or first.tag not in {"DT", "JJ", "NN", "NS", "NP", "VN", "VG", "PS", "PO", "“"}:
        return None
    span = reading.object(start)
    phrase = noun_phrase(reading.tokens, start, span[1])
    if phrase is None or (reading.tokens[phrase[1]].low in lx.VAGUE_HEADS and reading.words(span) < 4):
        return None
    return span


def is_list(reading: Reading, span: Span) -> bool:
    """Whether the span joins three things or more."""
    return sum(t.tag in {",", "CC"} for t in reading.tokens[span[0] : span[1]]) >= 2


def has_clause(reading: Reading, span: Span) -> bool:
    """Whether the span holds more than one simple phrase."""
    return second_verb(reading, span) or any(
        t.tag in {"WH", "SB", ":", ";", ","} for t in reading.tokens[span[0] : span[1]]
    )


def second_verb(reading: Reading, span: Span) -> bool:
    """Whether another finite verb is joined to the first: "rise to power and established"."""
    words = reading.tokens[span[0] : span[1]]
    joined = any(a.tag == "CC" and b.tag in {"BE", "HV", "MD"} for a, b in pairwise(words))
    return joined or (any(t.tag == "CC" for t in words) and any(t.tag in {"VD", "VZ"} for t in words))


def is_past(clause: Clause) -> bool:
    """Whether the clause tells what was or would be rather than what is."""
    first = clause.tokens[clause.aux[0] if clause.aux else clause.verb]
    return first.tag == "VD" or first.low in {"was", "were", "had", "did", "would"}


def progressive(clause: Clause) -> bool:
    """Whether the verb is one of a story ("is driving") or supposes ("would drive")."""
    return clause.tokens[clause.verb].tag == "VG" or any(clause.tokens[a].low == "would" for a in clause.aux)


def verb_base(token: Token) -> str | None:
    """Base form of a verb as tagged."""
    middle = {"VB": token.low, "VP": token.low}.get(token.tag)
    if middle:
        return middle
    support = do_support(token.low, token.tag)
    return support[1] if support else None


def name_at(reading: Reading, start: int) -> Span | None:
    """A noun phrase of at most five words that ends its part of the sentence."""
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    if phrase is None or phrase[0] - start > 6:
        return None
    follows = token_at(reading, phrase[0])
    if follows is not None and (follows.text in {"'", "’"} or follows.tag in {"NP", "PO"}):
        return None
    if follows is not None and follows.tag in {"IN", "WH"} and follows.low in {"of", "that"}:
        return None
    return start, phrase[0]


def clausal(words: tuple[Token, ...]) -> bool:
    """Whether a description is a clause of its own or a list."""
    relative = any(t.tag == "WH" for t in words)
    return any(
        t.tag in {",", "SB"} or (not relative and t.tag in {"VZ", "VP", "VD", "BE", "HV", "MD"})
        for t in words
    )


def answer_of_clause(reading: Reading, span: Span) -> str | None:
    """A whole clause as the answer; its subject may be a pronoun that the stem binds."""
    first = reading.tokens[span[0]]
    if (
        first.low in {"this", "these", "that", "those", "we", "you", "i", "one", "he", "she"}
        or reading.words(span) < 4
    ):
        return None
    if any(t.low == "things" for t in reading.tokens[span[0] : span[1]]) or not complete(reading, span):
        return None
    return reading.text(span).strip(" ,;:")
