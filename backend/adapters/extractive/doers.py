"""Questions for the subject of a sentence: who did it, what does it."""

from __future__ import annotations

from collections.abc import Iterator

from backend.utils.stems import content_stems

from . import lexicon as lx
from .asking import Draft, opening, quantified, sentence_case
from .casing import Casing
from .clauses import Clause
from .drafting import drafted, is_past, progressive
from .gazetteer import BODY_HEADS, GIVEN_NAMES, PARTICLES, PEOPLE, PLACE_HEADS, PLACES
from .lexicon import words
from .predicates import predicate_end, says_much
from .reading import Reading
from .tagging import Token, is_plural

_MOST_WORDS = 6
_FEW = 3
_LEAST, _MORE = 4, 2
_SURE, _LESS = 0.68, 0.54
_WEAK = words(
    "be have become remain seem appear include mean involve contain come go occur say call know stand need"
)
_OF_PEOPLE = words(
    """
    won defeated announced argued founded wrote invented discovered married died said published signed
    proposed led commanded conquered ordered refused claimed appointed elected sailed travelled traveled
    invaded attacked fled emigrated built designed painted composed coined hired sold bought acquired
    agreed decided declared believed studied taught described developed introduced established created
    adopted rejected suggested captured surrendered surveyed sought threatened heard said told
    """
)
"""What only people and bodies of people do."""


def doer(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Rollo founded the duchy of Normandy": "Who founded ...?"."""
    span = clause.subject
    if (
        clause.negated
        or progressive(clause)
        or clause.verb_low in _WEAK
        or (clause.verb_low in lx.SAYING and reading.tokens[clause.verb + 1].low != "that")
        or clause.copular
        or (clause.passive and any(t.low == "by" for t in reading.tokens[clause.verb :]))
        or not 0 < reading.words(span) <= _MOST_WORDS
        or not reading.stands_alone(span)
        or quantified(reading, span)
    ):
        return
    word = _asked_with(reading, clause)
    end = predicate_end(reading, clause)
    lead = opening(reading, clause)
    if not word or end is None or lead is None:
        return
    begin = clause.aux[0] if clause.aux else clause.verb
    told = (begin, end)
    if word.startswith("Which ") and reading.tokens[span[1] - 1].low != word[6:]:
        first = next(i for i in range(*span) if reading.tokens[i].low == word[6:])
        span = (first + 1, span[1])
    named = content_stems(reading.text(span)) & content_stems(reading.text(told) + lead)
    least = _LEAST + clause.passive + _MORE * (word == "What")
    if named or not says_much(reading, (clause.verb, end), least):
        return
    stem = sentence_case(f"{lead}{word.lower() if lead else word} {reading.plain(told)}")
    yield from drafted(reading, clause, stem, reading.text(span), "agent", _SURE if word == "Who" else _LESS)


def first_of_all(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "Jacksonville is the largest city in Florida", asked for the name."""
    becomes = clause.verb_low in {"became", "becomes"}
    if (
        not (clause.copular or becomes)
        or clause.aux
        or clause.negated
        or reading.tokens[clause.head].tag != "NP"
    ):
        return
    start = clause.verb + 1
    words = reading.tokens[start : start + 4]
    if not words or words[0].low != "the" or not any(_is_superlative(t) for t in words[1:3]):
        return
    span = clause.subject
    end = predicate_end(reading, clause)
    lead = opening(reading, clause)
    if (
        end is None
        or lead is None
        or not says_much(reading, (start, end), _FEW)
        or not reading.stands_alone(span)
    ):
        return
    if content_stems(reading.text(span)) & content_stems(reading.text((start, end))) or clause.plural:
        return
    person = any(t.low in lx.PERSON_NOUNS | PEOPLE for t in reading.tokens[start : start + 8])
    word = (
        "Who"
        if person or (words[1].low == "first" and reading.tokens[clause.subject[0]].low in GIVEN_NAMES)
        else "What"
    )
    stem = sentence_case(f"{lead}{word.lower() if lead else word} {reading.plain((clause.verb, end))}")
    yield from drafted(reading, clause, stem, reading.text(span), "name", 0.84)


def _is_superlative(token: Token) -> bool:
    return token.low in {"most", "first", "only", "oldest", "last"} or (
        token.low.endswith("est")
        and token.low not in {"west", "forest", "interest", "test", "rest", "best-known"}
    )


def _asked_with(reading: Reading, clause: Clause) -> str:
    """Who, What or "Which city"; "" where nothing tells."""
    start, end = clause.subject
    while start < end and (
        reading.tokens[start].tag in {"DT", "CD"} or reading.tokens[start].low == "hundred"
    ):
        start += 1
    bare = reading.tokens[start:end]
    if (
        not bare
        or bare[0].tag == "PR"
        or any(t.tag in {",", "CC", "IN", "WH", "CD", "PS"} for t in bare[:-1])
    ):
        return ""
    if bare[0].tag == "NP" and all(t.tag == "NP" or t.low in PARTICLES for t in bare):
        return _of_name(bare, clause, reading.casing)
    titled = _title(bare)
    if titled:
        return f"Which {bare[titled - 1].low}"
    if any(t.tag == "NP" for t in bare) or bare[-1].low in lx.COMMON_NOUNS:
        return ""
    if any(t.tag == "PO" for t in bare) or bare[-1].low in BODY_HEADS or clause.verb_low in _OF_PEOPLE:
        return ""
    telling = len(bare) > 1 or reading.tokens[clause.subject[0]].tag != "DT"
    if clause.plural and not is_past(clause) and not clause.aux:
        return ""
    return "What" if telling and bare[-1].low not in PEOPLE | lx.PERSON_NOUNS and not clause.plural else ""


def _title(bare: tuple[Token, ...]) -> int:
    """Where the name begins in "Scottish chemist James Dewar"; 0 where there is no such title."""
    for i in range(len(bare) - 1):
        if bare[i].low in lx.PERSON_NOUNS and all(t.tag == "NP" for t in bare[i + 1 :]):
            return i + 1
    return 0


def _of_name(bare: tuple[Token, ...], clause: Clause, casing: Casing) -> str:
    head = bare[-1].low
    if head in PLACE_HEADS | BODY_HEADS:
        return f"Which {head}"
    if clause.plural and not is_past(clause):
        return ""
    if any(t.low in GIVEN_NAMES | lx.PERSON_NOUNS for t in bare) or clause.verb_low in _OF_PEOPLE | lx.SAYING:
        return "" if head in PLACES else "Who"
    if clause.plural and len(bare) == 1 and is_plural(head) and not clause.passive:
        return "Who"
    return "What" if casing.lower[head] and not clause.plural else ""
