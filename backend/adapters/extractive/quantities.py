"""Questions for numbers, years and counted lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .asking import Draft, answer_of, askable, inverted, opening, sentence_case
from .clauses import Clause, noun_phrase
from .drafting import after_adverbs, drafted, has_clause, is_list, token_at
from .lexicon import words
from .reading import Reading
from .tagging import Token

_YEAR = re.compile(r"1[0-9]{3}|20[0-4][0-9]")
_MONTHS = words(
    """
    january february march april may june july august september october november december
    """,
)


def date(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences in the past with one year: "In 1777, ...", "... in 1777"."""
    past = reading.tokens[clause.aux[0] if clause.aux else clause.verb]
    if not (past.tag == "VD" or past.low in {"was", "were"}) or not askable(reading, clause):
        return
    year = _year(reading)
    if year is None:
        return
    start, end = clause.lead
    in_front = start <= year < end
    if in_front and end - start > 2:
        return
    tail = reading.object(clause.verb + 1) if in_front else (clause.verb + 1, year - 1)
    if (tail[0] < tail[1] and not reading.stands_alone(tail, own=True)) or has_clause(reading, tail):
        return
    if year < clause.verb and not in_front:
        return
    middle = inverted(reading, clause)
    if middle and (tail[1] > tail[0] or clause.passive):
        stem = sentence_case(f"In what year {middle} {reading.plain(tail)}")
        yield from drafted(reading, clause, stem, reading.tokens[year].text, "date", 0.8)


def _year(reading: Reading) -> int | None:
    """Index of the only year, where "in" stands before it."""
    years = [i for i, t in enumerate(reading.tokens) if _YEAR.fullmatch(t.text)]
    if len(years) != 1 or years[0] == 0 or reading.tokens[years[0] - 1].low != "in":
        return None
    follows = token_at(reading, years[0] + 1)
    return years[0] if follows is None or follows.tag not in {"NN", "NS", "–", "-", "NP", "CC"} else None


def is_year(reading: Reading, index: int) -> bool:
    """Whether the number is a year rather than a count: four digits, and nothing is counted with it."""
    tokens = reading.tokens
    if not _YEAR.fullmatch(tokens[index].text) or not tokens[index - 1].text[0].isalpha():
        return False
    following = token_at(reading, index + 1)
    return following is None or following.tag not in {"NN", "NS", "NP", "CD", "–", "-", "%"}


def in_range(tokens: tuple[Token, ...], i: int) -> bool:
    """Whether the number ends a range: "7 to 10 percent", "between 7 and 10"."""
    return tokens[i - 1].low in {"to", "and", "or"} and i > 1 and tokens[i - 2].tag == "CD"


def named_in_passing(tokens: tuple[Token, ...], i: int) -> bool:
    """Whether the year is one of several in the sentence, or stands beside a name or "late"."""
    others = any(j != i and _YEAR.fullmatch(t.text) for j, t in enumerate(tokens))
    before = tokens[i - 1]
    return others or not (before.tag == "IN" or before.low in _MONTHS or before.tag == "CD")


_POWER = re.compile(r"10\d{1,2}")
"""Ten to a power whose exponent lost its place: 10¹² read as 1012."""


def counts(tag: str, low: str) -> bool:
    """Whether a number with this word after it counts or measures something."""
    return (tag in {"NN", "NS", "JJ"} and low not in _MONTHS) or low in {
        "percent",
        "million",
        "billion",
        "bc",
    }


def count(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The heart has four chambers"."""
    start = after_adverbs(reading, clause.verb + 1)
    verb = reading.tokens[clause.verb]
    if reading.tokens[start].low == "of" and verb.low.startswith("consist"):
        start += 1
    elif verb.low not in {
        "has",
        "have",
        "had",
        "contains",
        "contain",
        "includes",
        "include",
        "produces",
        "comprises",
        "comprise",
    }:
        return
    number = token_at(reading, start)
    if number is not None and _POWER.fullmatch(number.text):
        return
    if number is None or number.tag != "CD" or number.low == "one" or not askable(reading, clause):
        return
    phrase = noun_phrase(reading.tokens, start, len(reading.tokens))
    follows = token_at(reading, phrase[0]) if phrase else None
    if (
        phrase is None
        or reading.tokens[phrase[1]].tag != "NS"
        or follows is None
        or reading.tokens[start + 1].tag in {"CC", "TO", "CD"}
    ):
        return
    middle = inverted(reading, clause)
    lead = opening(reading, clause)
    if middle and lead is not None:
        ending = " of" if verb.low.startswith("consist") else ""
        stem = sentence_case(f"{lead}How many {reading.plain((start + 1, phrase[0]))} {middle}{ending}")
        stem = stem.replace(", How many", ", how many")
        yield from drafted(reading, clause, stem, number.text, "number", 0.78)


def numbered_list(reading: Reading, clause: Clause) -> Iterator[Draft]:
    """Sentences like "The wall has three layers: ..."."""
    colon = next((i for i, t in enumerate(reading.tokens) if t.tag in {":", "—"}), None)
    start = after_adverbs(reading, clause.verb + 1)
    if (
        colon is None
        or colon < start + 2
        or not askable(reading, clause)
        or clause.verb_low not in {"has", "have", "had"}
    ):
        return
    phrase = noun_phrase(reading.tokens, start, colon)
    listed = (colon + 1, len(reading.tokens) - 1)
    if (
        phrase is None
        or phrase[0] != colon
        or reading.tokens[start].tag != "CD"
        or not is_list(reading, listed)
    ):
        return
    stem = sentence_case(f"What are the {reading.plain((start, colon))} of {reading.plain(clause.subject)}")
    yield from drafted(reading, clause, stem, answer_of(reading, listed, most=40), "list", 0.97)


def existence(reading: Reading) -> Iterator[Draft]:
    """Sentences like "There are three types of muscle: ..."."""
    tokens = reading.tokens
    if len(tokens) < 8 or tokens[0].tag != "EX" or tokens[1].low != "are" or tokens[2].tag != "CD":
        return
    colon = next((i for i, t in enumerate(tokens) if t.tag in {":", "—"}), None)
    if colon is None or colon < 5 or not reading.stands_alone((3, colon)) or has_clause(reading, (3, colon)):
        return
    listed = (colon + 1, len(tokens) - 1)
    answer = answer_of(reading, listed, most=40)
    if answer and is_list(reading, listed) and "of" in {t.low for t in tokens[3:colon]}:
        topic = reading.plain((3, colon)).lower()
        yield Draft(
            sentence_case(f"What are the {reading.plain((2, colon))}"),
            answer,
            "list",
            1.0,
            topic,
            reading.sentence,
        )
