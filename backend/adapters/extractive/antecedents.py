"""Whom "it", "he" and "they" at the start of a sentence mean: the subject of the sentence before."""

from __future__ import annotations

from dataclasses import replace

from . import lexicon as lx
from .asking import quantified
from .clauses import Clause, Span
from .gazetteer import BODY_HEADS, GIVEN_NAMES, PEOPLE, PLACE_HEADS, PLACES
from .reading import Document, Reading

_MOST_WORDS = 8
_GAP = 3
_HE, _IT, _THEY = frozenset({"he", "she"}), frozenset({"it"}), frozenset({"they"})
_NOT_IT = frozenset({"seems", "appears", "follows", "takes", "means", "turns"})
"""Verbs before which "it" often means nothing."""


def with_antecedents(document: Document) -> Document:
    """The document, its sentences that begin with a pronoun with what it means where that is plain."""
    found: list[Reading] = []
    for reading in document.readings:
        before = found[-1] if found else None
        meant = _meant(reading, before) if before is not None else ""
        found.append(replace(reading, antecedent=meant) if meant else reading)
    return replace(document, readings=tuple(found))


def _meant(reading: Reading, before: Reading) -> str:
    clause, other = reading.clause, before.clause
    if clause is None or other is None or not _follows(reading, before):
        return ""
    low = reading.tokens[clause.head].low
    if (
        reading.tokens[clause.head].tag != "PR"
        or low not in _HE | _IT | _THEY
        or clause.lead[0] < clause.lead[1]
    ):
        return ""
    if low == "it" and (_empty_it(reading, clause) or clause.passive):
        return ""
    if before.tokens[other.head].tag == "PR":
        return before.antecedent if before.tokens[other.head].low == low else ""
    return before.plain(other.subject) if _fits(before, other, low) else ""


def _follows(reading: Reading, before: Reading) -> bool:
    one, two = before.sentence, reading.sentence
    return one.block == two.block and two.position - one.position - len(one.text) <= _GAP


def _empty_it(reading: Reading, clause: Clause) -> bool:
    """Whether "it" may stand for a clause: "It is known that ..."."""
    rest = reading.tokens[clause.verb + 1 :]
    clausal = any(t.low in {"that", "to", "whether", "if", "how", "unclear", "clear"} for t in rest[:8])
    return clause.verb_low in _NOT_IT or (clause.copular and clausal)


def _fits(before: Reading, clause: Clause, low: str) -> bool:
    span = clause.subject
    if not _names(before, span) or quantified(before, span) or before.words(span) > _MOST_WORDS:
        return False
    person = _is_person(before, span)
    if low in _HE:
        return person and not clause.plural
    if low in _THEY:
        return clause.plural
    return not person and not clause.plural and clause.lead[0] == clause.lead[1]


def _names(reading: Reading, span: Span) -> bool:
    """Whether the subject can be said again by itself."""
    return reading.stands_alone(span) and reading.tokens[span[0]].tag not in {"PR", "PS", "CD"}


def _is_person(reading: Reading, span: Span) -> bool:
    words = reading.tokens[span[0] : span[1]]
    lows = {t.low for t in words}
    if any(t.low in lx.PERSON_NOUNS | PEOPLE for t in words):
        return True
    named = all(t.tag == "NP" for t in words)
    return named and not lows & (BODY_HEADS | PLACE_HEADS | PLACES) and bool(lows & GIVEN_NAMES)
