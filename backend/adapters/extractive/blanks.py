"""Sentences with a name, number or term left out: items where the grammar gives no better question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import lexicon as lx
from .asking import Draft
from .clauses import Span, after_connective, noun_phrase
from .lexicon import words
from .quantities import is_year
from .reading import Document, Reading
from .terms import Term, Vocabulary, content_stems, core_of, display, is_noun

_FEWEST_WORDS, _MOST_WORDS = 8, 30
_MOST_PER_SENTENCE = 3
_TO_READER = words("i we you us me my our your ours yours myself yourself ourselves")
_ODD_MARKS = frozenset("?!—…*/[]")
_MONTHS = words(
    """
    january february march april may june july august september october november december
    """,
)


@dataclass(frozen=True, slots=True)
class Blank:
    """A sentence with a gap. ``form`` and ``term`` say what wrong options need, as in ``Gap``."""

    before: str
    after: str
    answer: str
    what: str
    """What is missing, for a reader: year, number, name, term."""
    term: str
    score: float
    reading: Reading

    @property
    def to_complete(self) -> Draft:
        """With options beside it."""
        return self._draft(f"Complete the sentence: {self.before}_____{self.after}")

    @property
    def to_recall(self) -> Draft:
        """Without options: the question says what kind of thing is missing."""
        sentence = f"{self.before}_____{self.after}".rstrip(" .").replace("“", "‘").replace("”", "’")
        return self._draft(f"Which {self.what} is missing: “{sentence}”?")

    def _draft(self, stem: str) -> Draft:
        kind = "number" if self.what == "number" else "date" if self.what == "year" else "cloze"
        topic = self.term or self.reading.sentence.text[:30].lower()
        return Draft(stem, self.answer, kind, self.score, topic, self.reading.sentence)


def blanks(document: Document, vocabulary: Vocabulary, reading: Reading) -> list[Blank]:
    """The best gaps of a sentence that says something by itself, the best one first."""
    start = _told_from(reading)
    if start is None:
        return []
    found = [*_terms(document, vocabulary, reading, start), *_numbers(reading, start)]
    found.sort(key=lambda b: -b.score)
    return found[:_MOST_PER_SENTENCE]


def _told_from(reading: Reading) -> int | None:
    """The token after "However," where the rest of the sentence stands alone."""
    tokens = reading.tokens
    start = after_connective(tokens, 0, len(tokens))
    whole = (start, len(tokens))
    if not _FEWEST_WORDS <= reading.words(whole) <= _MOST_WORDS or tokens[start].tag in {
        "WH",
        "RB",
        "CC",
        "VB",
    }:
        return None
    if any(t.low in _TO_READER or t.text in _ODD_MARKS for t in tokens[start:]):
        return None
    if reading.clause is None and tokens[start].tag not in {"DT", "NP", "NN", "NS", "JJ", "CD"}:
        return None
    return start if reading.tells(start) else None


def _terms(document: Document, vocabulary: Vocabulary, reading: Reading, start: int) -> Iterator[Blank]:
    i = start
    while i < len(reading.tokens):
        phrase = noun_phrase(reading.tokens, i, len(reading.tokens))
        if phrase is None:
            i += 1
            continue
        core = core_of(reading, (i, phrase[0]))
        term = vocabulary.terms.get(display(reading, core).lower()) if core else None
        if core is not None and term is not None:
            worth = _worth(document, vocabulary, term)
            if worth:
                yield from _blank(reading, start, core, "name" if term.name else "term", term.low, worth)
        i = phrase[0]


def _worth(document: Document, vocabulary: Vocabulary, term: Term) -> float:
    """How well a term serves as a key; 0 where a reader could not know that it is meant."""
    if term.low in lx.NEVER_OPTIONS or vocabulary.general(term):
        return 0.0
    if term.name:
        return 0.6 if term.size > 1 else 0.56
    topical = any(w in document.heading_words for w in term.low.split())
    if not is_noun(term) or not (
        term.genus or term.count >= 3 or (term.size > 1 and (topical or term.count >= 2))
    ):
        return 0.46 if term.size > 1 and is_noun(term) else 0.0
    return 0.5 + 0.04 * bool(term.genus) + 0.03 * (term.size > 1) + 0.01 * min(term.count, 5)


def _numbers(reading: Reading, start: int) -> Iterator[Blank]:
    tokens = reading.tokens
    for i in range(max(start, 1), len(tokens) - 1):
        if tokens[i].tag != "CD" or not tokens[i].text[0].isdigit():
            continue
        before, after = tokens[i - 1], tokens[i + 1]
        if is_year(reading, i):
            yield from _blank(reading, start, (i, i + 1), "year", "", 0.62)
        elif before.tag not in {"NP", "NN", "CD"} and before.text.isalpha() and _counts(after.tag, after.low):
            yield from _blank(reading, start, (i, i + 1), "number", "", 0.58)


def _counts(tag: str, low: str) -> bool:
    """Whether a number with this word after it counts or measures something."""
    return (tag in {"NN", "NS", "JJ"} and low not in _MONTHS) or low in {
        "percent",
        "million",
        "billion",
        "bc",
    }


def _blank(reading: Reading, start: int, span: Span, what: str, term: str, score: float) -> Iterator[Blank]:
    text = reading.sentence.text
    answer = reading.text(span)
    before = text[reading.tokens[start].start : reading.tokens[span[0]].start]
    after = text[reading.tokens[span[1] - 1].end :]
    before = re.sub(r"\b([Aa])n? $", r"\1(n) ", before)
    rest = f"{before} {after}"
    if answer.lower() in rest.lower() or content_stems(answer) & content_stems(rest):
        return
    if before:
        before = before[0].upper() + before[1:]
    penalty = 0.004 * max(0, reading.words((start, len(reading.tokens))) - 18)
    yield Blank(before, after, answer, what, term, score - penalty, reading)
