"""Questions for a name that a relative clause tells more of, and for the examples that a text gives."""

from __future__ import annotations

from collections.abc import Iterator

from backend.utils.stems import content_stems

from . import lexicon as lx
from .asking import LISTS_EXAMPLES, Draft, answer_of, sentence_case
from .clauses import Span, noun_phrase
from .drafting import is_list
from .predicates import says_much
from .reading import Reading
from .tagging import FINITE, NOUN
from .verbs import THIRD

_ENDS = frozenset({",", ";", ":", "—", "–", "(", ")"})
_AFTER_AND = FINITE | {"BE", "HV"}
_LEAST = 3


def relative(reading: Reading) -> Iterator[Draft]:
    """A name and "who ...": "John Elway, who led the Broncos to victory": "Who led ...?"."""
    tokens = reading.tokens
    for i in range(1, len(tokens) - _LEAST):
        if tokens[i].low != "who" or tokens[i - 1].tag != ",":
            continue
        name = _name_before(reading, i - 1)
        if name is None or tokens[i + 1].tag not in FINITE | {"BE", "HV", "RB"}:
            continue
        told = (i + 1, _end(reading, i + 1))
        words = reading.text(told)
        leaks = content_stems(reading.text(name)) & content_stems(words)
        if leaks or "½" in words or not says_much(reading, told) or not reading.stands_alone(told, own=True):
            continue
        stem = sentence_case(f"Who {reading.plain(told)}")
        yield Draft(stem, reading.text(name), "agent", 0.8, words[:30].lower(), reading.sentence)


def _name_before(reading: Reading, end: int) -> Span | None:
    """The name that ends at a comma, where it is the name of one person."""
    start = end
    while start > 0 and reading.tokens[start - 1].tag == "NP":
        start -= 1
    joined = start > 0 and reading.tokens[start - 1].tag in {"CC", "PO", ","}
    return (start, end) if 1 <= end - start <= _LEAST + 1 and not joined else None


def _end(reading: Reading, start: int) -> int:
    """Where the relative clause ends."""
    tokens = reading.tokens
    for i in range(start + 1, len(tokens)):
        if tokens[i].tag in _ENDS or tokens[i].text == ".":
            return i
        if tokens[i].tag == "CC" and i + 1 < len(tokens) and tokens[i + 1].tag in _AFTER_AND:
            return i
    return len(tokens)


def examples(reading: Reading) -> Iterator[Draft]:
    """Sentences with "X, such as A, B, and C": "What are examples of X?"."""
    tokens = reading.tokens
    at = next((i for i in range(2, len(tokens) - _LEAST) if _such_as(reading, i)), None)
    if at is None:
        return
    end = at - (tokens[at - 1].tag == ",")
    start = end
    while start > 0 and tokens[start - 1].tag in NOUN | {"JJ"}:
        start -= 1
    start += tokens[start].low in THIRD and end - start > 1  # "uses new characters"
    phrase = noun_phrase(tokens, start, end)
    if phrase is None or phrase[0] != end or tokens[end - 1].tag != "NS":
        return
    if end - start == 1 and tokens[start].low in lx.COMMON_NOUNS:
        return
    described = any(t.tag != "JJ" or t.low not in lx.GENERIC_ADJECTIVES for t in tokens[start : end - 1])
    span = _list_after(reading, at + 2)
    if span is None or not (described or tokens[end - 1].low not in lx.COMMON_NOUNS):
        return
    answer = answer_of(reading, span)
    if answer is None or not reading.stands_alone(span):
        return
    stem = sentence_case(f"{LISTS_EXAMPLES}{reading.plain((start, end))}")
    yield Draft(stem, answer, "list", 0.72, reading.plain((start, end)).lower(), reading.sentence)


def _such_as(reading: Reading, i: int) -> bool:
    return reading.tokens[i].low == "such" and reading.tokens[i + 1].low == "as"


def _list_after(reading: Reading, start: int) -> Span | None:
    """The two or more nouns that begin here, with nothing of the sentence behind them."""
    tokens = reading.tokens
    stop = start
    while True:
        phrase = noun_phrase(tokens, stop, len(tokens))
        if phrase is None:
            return None
        stop = phrase[0]
        follows = tokens[stop] if stop < len(tokens) else None
        if follows is None or follows.text in {".", ";", ")"}:
            break
        if follows.tag == "CC":
            last = noun_phrase(tokens, stop + 1, len(tokens))
            if last is None:
                return None
            stop = last[0]
            break
        if follows.tag != ",":
            return None
        stop += 1 + (tokens[stop + 1].tag == "CC")
    span = (start, stop)
    closed = stop >= len(tokens) or tokens[stop].text in {".", ",", ";", ")"}
    joined = sum(t.tag in {",", "CC"} for t in tokens[start:stop])
    return span if closed and (is_list(reading, span) or joined) else None
