"""What a text says in passing of a name or term: "Martin Luther, a professor of theology, ..."."""

from __future__ import annotations

from collections.abc import Iterator

from . import lexicon as lx
from .asking import Draft, answer_of, sentence_case
from .clauses import Span, noun_phrase
from .definitions import PRAISE
from .drafting import is_past
from .gazetteer import GIVEN_NAMES, PEOPLE
from .reading import Reading
from .tagging import NOUN, is_plural

_FEWEST, _MOST = 3, 22
_OWNED = frozenset({"his", "her"})
_PERSONS = lx.PERSON_NOUNS | PEOPLE


def apposition(reading: Reading) -> Iterator[Draft]:
    """A name or term with what it is between commas: "Who was Martin Luther?"."""
    for topic, said in _found(reading):
        answer = answer_of(reading, said)
        head = noun_phrase(reading.tokens, said[0], said[1])
        if (
            answer is None
            or head is None
            or any(t.low in _OWNED for t in reading.tokens[slice(*said)])
            or not reading.stands_alone(said, own=True)
        ):
            continue
        if reading.tokens[head[1]].low in lx.VAGUE_HEADS and reading.words(said) < _FEWEST + 3:
            continue
        if (
            _is_another(reading, said, head)
            or reading.tokens[head[1]].tag == "NS"
            or reading.tokens[said[0] + 1].low in PRAISE
        ):
            continue
        named = reading.tokens[topic[1] - 1].tag == "NP"
        person = named and any(t.low in _PERSONS for t in reading.tokens[said[0] : head[0]])
        given = reading.tokens[topic[0]].low in GIVEN_NAMES
        if given and not person:
            continue
        past = person and reading.clause is not None and is_past(reading.clause)
        stem = sentence_case(
            f"{'Who' if person else 'What'} {'was' if past else 'is'} {reading.plain(topic)}"
        )
        topic_text = reading.plain(topic).lower()
        yield Draft(stem, answer, "definition", 0.86, topic_text, reading.sentence)


def _is_another(reading: Reading, said: Span, head: Span) -> bool:
    """Whether a name with its article follows, or a clause: "Ireland, the Netherlands", "the law failed"."""
    tokens = reading.tokens
    clause = reading.clause
    leads = clause is not None and clause.lead[1] == said[0] - 1 and clause.lead[0] < clause.lead[1]
    named = tokens[said[0]].low == "the" and tokens[head[1]].tag == "NP"
    return named or leads or tokens[said[1] - 1].tag in {"VN", "VD"}


def _found(reading: Reading) -> Iterator[tuple[Span, Span]]:
    """(name, what is said of it), for what begins with an article and ends with a comma or the sentence."""
    tokens = reading.tokens
    for comma in range(1, len(tokens) - _FEWEST):
        if tokens[comma].tag != "," or tokens[comma + 1].low not in {"a", "an", "the"}:
            continue
        topic = _topic(reading, comma)
        end = _end(reading, comma + 1)
        if topic is not None and end is not None and _FEWEST < reading.words((comma + 1, end)) <= _MOST:
            yield topic, (comma + 1, end)


def _topic(reading: Reading, comma: int) -> Span | None:
    """The name, or the term of two words, that ends at the comma and is no part of a list."""
    tokens = reading.tokens
    start = comma
    while start > 0 and tokens[start - 1].tag in NOUN | {"JJ"}:
        start -= 1
    if start == comma or comma - start > 4:
        return None
    names = all(t.tag == "NP" for t in tokens[start:comma])
    if not names and (comma - start == 1 or (start > 0 and tokens[start - 1].tag not in {"DT", ","})):
        return None
    if is_plural(tokens[comma - 1].low) or tokens[comma - 1].tag == "NS":
        return None
    before = tokens[start - 1] if start else None
    if before is not None and (before.tag in {",", "CC", "PO"} or (before.low == "in" and names)):
        return None
    return (start - (before is not None and before.low == "the"), comma)


def _end(reading: Reading, start: int) -> int | None:
    """Where the words from the article on end: before the closing comma or the full stop."""
    tokens = reading.tokens
    phrase = noun_phrase(tokens, start, len(tokens))
    if phrase is None:
        return None
    end = phrase[0]
    while end < len(tokens) and tokens[end].tag not in {",", ".", ";", ":", "—", "–"}:
        if tokens[end].tag in {"VZ", "VD", "VP", "MD", "BE", "HV"} and not any(
            t.tag == "WH" for t in tokens[start:end]
        ):
            return None
        end += 1
    closes = end < len(tokens) and tokens[end].tag in {",", ".", ";"}
    follows = tokens[end + 1] if end + 1 < len(tokens) else None
    listed = follows is not None and tokens[end].tag == "," and follows.tag in {"CC", "DT", "NP"}
    return end if closes and not listed else None
