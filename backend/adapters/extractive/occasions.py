"""Questions for when things happened, how many there were and what share of a whole they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .asking import Draft, answer_of, ask, askable, inverted, opening, sentence_case
from .clauses import Clause, Span, finite_at, noun_phrase, parse
from .drafting import drafted, has_clause, is_past, progressive
from .lexicon import words
from .predicates import predicate_end, whole_tail
from .quantities import counts
from .reading import Reading

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_YEAR = r"(?:\d{3,4} (?:BCE?|CE|AD)|1[0-9]{3}|20[0-4][0-9])"
_PART = r"(?:early |late |mid-?|middle |beginning of the |end of the |middle of the )?"
_CENTURY = rf"the {_PART}(?:\w+|\d+\w\w)(?: (?:and|or) \w+)? centur(?:y|ies)(?: (?:BCE?|CE|AD))?"
_DATE = (
    rf"(?:{_MONTH} \d{{1,2}}, {_YEAR}|\d{{1,2}} {_MONTH} {_YEAR}|{_MONTH},? {_YEAR}|"
    rf"the (?:spring|summer|autumn|fall|winter) of {_YEAR}|the {_PART}1\d\d0s|{_CENTURY}|{_YEAR})"
)
_WHEN = re.compile(
    rf"(?:(?:in|on|during) (?P<one>{_DATE})|"
    rf"(?P<two>(?:between|from) {_DATE} (?:and|to|until) {_DATE}))(?![\w–-])",
    re.IGNORECASE,
)
_ANY_YEAR = re.compile(r"\b(?:1[0-9]{3}|20[0-4][0-9])\b|\bcentur(?:y|ies)\b")
_WORTH = 0.52
_TELLING = 4
_AROUND = words("about around approximately roughly nearly almost over some perhaps only just exactly")
_PLAIN = re.compile(r"\d{1,3}(?:,\d{3})*(?:\.\d+)?|[a-z]+(?:-[a-z]+)?")


def when(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences in the past with one date, at the front or behind the verb: "... ravaged Oslo in 1654"."""
    text = reading.sentence.text
    found = _WHEN.search(text)
    if (
        found is None
        or not is_past(clause)
        or progressive(clause)
        or clause.copular
        or not askable(reading, clause)
        or reading.tokens[clause.subject[0]].low in _AROUND
    ):
        return
    start, end = reading.index_at(found.start()), reading.index_at(found.end())
    if start >= clause.verb:
        tail: Span | None = (clause.verb + 1, start)
        if _ANY_YEAR.search(text[: found.start()]) or not _ends(reading, end):
            return
    elif clause.lead == (start, end):
        tail = whole_tail(reading, clause)
        if tail is not None and _ANY_YEAR.search(reading.text(tail)):
            return
    else:
        return
    if tail is None or (tail[0] < tail[1] and not _told(reading, tail)):
        return
    middle = inverted(reading, clause)
    lead = opening(reading, clause) if start >= clause.verb else ""
    if middle is None or lead != "" or (tail[0] >= tail[1] and not clause.passive):
        return
    word = "In what year" if re.fullmatch(_YEAR, found["one"] or "") else "When"
    stem = sentence_case(f"{word} {middle} {reading.plain(tail)}")
    yield from drafted(reading, clause, stem, found["one"] or found["two"], "date", _WORTH)


def without_date(reading: Reading, span: Span) -> tuple[Span, str]:
    """A span without the date that ends it, and the date's words with their preposition."""
    start, _ = span
    text = reading.text(span)
    for found in _WHEN.finditer(text):
        if found.end() == len(text):
            stop = reading.index_at(reading.tokens[start].start + found.start())
            if stop > start:
                return (start, stop), found.group()
    return span, ""


def _ends(reading: Reading, index: int) -> bool:
    """Whether a date ends its part of the sentence, and no other date is listed with it."""
    follows = reading.tokens[index : index + 2]
    closed = not follows or follows[0].tag in {",", ".", ";", "CC"} or follows[0].tag == "SB"
    near = reading.tokens[index : index + 5] if follows and follows[0].tag in {"CC", ","} else follows
    return closed and not any(t.tag == "CD" or t.text[0].isdigit() for t in near)


def _told(reading: Reading, tail: Span) -> bool:
    return (
        reading.stands_alone(tail, own=True)
        and not has_clause(reading, tail)
        and reading.tokens[tail[1] - 1].tag not in {"IN", "DT", "CC", ",", "TO", "WH"}
    )


def how_many(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """A counted subject: "Thirty-seven epidemics were recorded in Constantinople"."""
    start, stop = clause.subject
    while start < stop and reading.tokens[start].low in _AROUND:
        start += 1
    number = reading.tokens[start]
    if (
        number.tag != "CD"
        or number.low == "one"
        or clause.negated
        or clause.copular
        or not _PLAIN.fullmatch(number.low)
    ):
        return
    phrase = noun_phrase(reading.tokens, start, stop)
    if (
        phrase is None
        or phrase[0] != stop
        or not counts(reading.tokens[start + 1].tag, reading.tokens[start + 1].low)
    ):
        return
    end = predicate_end(reading, clause)
    lead = opening(reading, clause)
    inner = (start + 1, stop)
    if (
        end is None
        or lead is None
        or reading.tokens[clause.head].tag != "NS"
        or not reading.stands_alone(inner)
        or not any(t.tag in {"NP", "NN"} for t in reading.tokens[stop:end])
    ):
        return
    stem = sentence_case(
        f"{lead}{'how' if lead else 'How'} many {reading.plain(inner)} {reading.plain((stop, end))}"
    )
    yield from drafted(reading, clause, stem, number.text, "number", 0.7)


def _past_about(reading: Reading, start: int) -> int:
    """Where a number begins behind words like "about" and "nearly"."""
    while start < len(reading.tokens) and reading.tokens[start].low in _AROUND:
        start += 1
    return start


def how_much(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """A counted object: "The plague killed 50,000 people in Venice"."""
    start = _past_about(reading, clause.verb + 1)
    number = reading.tokens[start] if start + 1 < len(reading.tokens) else None
    if number is None or number.tag != "CD" or number.low == "one" or not _PLAIN.fullmatch(number.low):
        return
    if clause.passive or clause.copular or progressive(clause) or not askable(reading, clause):
        return
    end = predicate_end(reading, clause)
    phrase = noun_phrase(reading.tokens, start, end) if end is not None else None
    if (
        end is None
        or phrase is None
        or reading.tokens[phrase[1]].tag != "NS"
        or any(t.tag in {"CD", "CC", "%"} for t in reading.tokens[start + 1 : end])
    ):
        return
    inner, tail = (start + 1, phrase[0]), (phrase[0], end)
    middle, lead = inverted(reading, clause), opening(reading, clause)
    if middle is None or lead is None or not reading.stands_alone(inner):
        return
    stem = sentence_case(
        f"{lead}{'how' if lead else 'How'} many {reading.plain(inner)} {middle} {reading.plain(tail)}"
    )
    yield from drafted(reading, clause, stem, number.text, "number", 0.68)


def amount(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The average household size in Fresno was 3.07 people"."""
    start = _past_about(reading, clause.verb + 1)
    number = reading.tokens[start] if start < len(reading.tokens) else None
    if (
        number is None
        or number.tag != "CD"
        or not clause.copular
        or clause.aux
        or not askable(reading, clause)
    ):
        return
    span = reading.tokens[clause.subject[0] : clause.subject[1]]
    exact = number.text[0].isdigit() and _PLAIN.fullmatch(number.low)
    if clause.plural or not exact or not any(t.tag == "NP" for t in span) or len(span) < _TELLING:
        return
    answer = answer_of(reading, reading.object(start), most=5)
    yield from drafted(reading, clause, ask(reading, clause, "What"), answer, "number", 0.66)


def share(reading: Reading) -> Iterator[Draft]:
    """Sentences like "... over 60 percent of the forest lies in Brazil"."""
    tokens = reading.tokens
    for i in range(len(tokens) - 4):
        if tokens[i].tag != "CD" or tokens[i + 1].low not in {"percent", "%"} or tokens[i + 2].low != "of":
            continue
        if i > 1 or any(t.low not in _AROUND for t in tokens[:i]):
            return
        phrase = noun_phrase(tokens, i + 3, len(tokens))
        clause = parse(reading.tokens, i + 3)
        if phrase is None or clause is None or not finite_at(tokens, clause.subject[1], len(tokens)):
            return
        end = predicate_end(reading, clause)
        if end is None or not reading.stands_alone(clause.subject):
            return
        stem = sentence_case(f"What percentage of {reading.plain((i + 3, end))}")
        yield Draft(stem, reading.text((i, i + 2)), "number", 0.7, stem.lower(), reading.sentence)
        return
