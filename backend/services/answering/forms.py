"""What a quoted answer looks like: how many sentences, and which of them fit the kind of question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backend.services.answering.kinds import Kind, topic_of
from backend.utils.words import query_terms, terms_held


@dataclass(frozen=True, slots=True)
class Size:
    """How much is quoted."""

    sentences: int
    margin: float
    """A sentence is left out that is this much worse than the best one."""
    compared: int
    """Sentences compared by meaning, those with the best words. Each costs 1.5 ms and little is gained by
    more; so small a call also passes the batches of an ingestion that wait."""
    of_a_passage: int


_SIZES = {
    Kind.FACT: Size(3, 0.5, 4, 3),
    Kind.COMPARISON: Size(4, 0.7, 8, 3),
    Kind.LIST: Size(5, 0.5, 8, 4),
    Kind.SUMMARY: Size(5, 0.8, 10, 2),
    Kind.HOW_TO: Size(5, 0.5, 8, 5),
}

_DEFINED = re.compile(
    r"^\W*(?:and |so )?(?:(?:what is )?the (?:meaning|definition) of"
    r"|(?:what|who)(?:['\u2019]s| is| are| was| were)|define)"
    r" (?:meant by |the term |a |an |the )?(?P<it>[^,?]+?)(?: mean)?\W*$|"
    r"^\W*what do(?:es)? (?:the term |an? |the )?(?P<meant>[^,?]+?) (?:mean|stand for|refer to)\W*$",
    re.IGNORECASE,
)
_SIDES = re.compile(
    r"\bbetween (?P<a1>.+?) and (?P<b1>.+)|\bcompare (?P<a2>.+?) (?:and|with|to|against) (?P<b2>.+)"
    r"|(?:^|\b(?:do|does|did|is|are|was|were|how) )(?P<a3>[^,]+?)"
    r" (?:differs?|different|distinguished) from (?P<b3>.+)"
    r"|^(?P<a4>.+?) (?:vs\.?|versus) (?P<b4>.+)",
    re.IGNORECASE,
)
_COPULA = re.compile(
    r" (?:is|are|was|were|means?|refers? to|consists? of|denotes?|describes?)\b"
    r"(?P<kind> (?:an?|the|any|one|when)\b)?"
)
_CONTRAST = re.compile(
    r"\b(?:whereas|while|unlike|in contrast|by contrast|on the other hand|differ\w*|however|both|than)\b",
    re.IGNORECASE,
)
_ENUMERATES = re.compile(
    r"\b(?:includ\w+|such as|consists? of|are(?: the)?:|namely|:)|,[^,.]+,[^.]*\b(?:and|or)\b"
)
_TO_THE_READER = re.compile(
    r"^(?:view|watch|visit|see|click|look at|refer to|read|go to|listen to)"
    r" (?:this|the|these|figure|table)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\b(?:how (?:many|much|long|old|far|tall|big|large|often)|what (?:year|date|percent\w*)|when)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred"
    r"|thousand|million|billion|once|twice|half|none)\b",
    re.IGNORECASE,
)
_HEAD, _OPENING = 90, 60
"""Characters in which a sentence names what it defines, and what it is about."""
_MORE_WORDS = 4
_DEFINES, _SAYS_WHAT, _NAMES_A_SIDE, _FITS, _POINTS = 0.35, 0.15, 0.3, 0.15, 0.5


@dataclass(frozen=True, slots=True)
class Form:
    """What the sentences of an answer should do, told by the words of the question."""

    kind: Kind
    asked: str
    """The words that sentences are chosen by."""
    defined: tuple[str, ...] = ()
    """Terms of what a definition is asked of."""
    sides: tuple[tuple[str, ...], ...] = ()
    """Terms of each thing that is compared."""
    counts: bool = False
    """Whether a number is asked for."""
    everything: bool = False
    """Whether a summary of all that is shown is asked for: then every document has its say."""

    @classmethod
    def of(cls, question: str, kind: Kind) -> Form:
        """The form for a question of a kind."""
        if kind is Kind.COMPARISON:
            return cls(kind, question, sides=_sides(question))
        if kind is Kind.SUMMARY:
            topic = topic_of(question)
            return cls(kind, topic or question, everything=not topic)
        found = _DEFINED.search(question)
        subject = found and (found["it"] or found["meant"])
        counts = _COUNTED.search(question) is not None
        return cls(kind, question, defined=tuple(query_terms(subject)) if subject else (), counts=counts)

    @property
    def size(self) -> Size:
        """How much is quoted."""
        return _SIZES[self.kind]

    def of_each_side(self, sentences: Sequence[str]) -> list[str]:
        """Of what is compared, the first sentence that speaks of each side alone, else of both."""
        found = []
        for side in self.sides:
            telling = [s for s in sentences if all(terms_held(side, s))]
            others = [other for other in self.sides if other != side]
            alone = (s for s in telling if not any(all(terms_held(other, s)) for other in others))
            found += [next(alone, telling[0])] if telling else []
        return found

    def bonus(self, sentence: str) -> float:
        """What a sentence is worth more or, below 0, less for its form."""
        if _TO_THE_READER.search(sentence):
            return -_POINTS
        worth = _defines(sentence, self.defined) if self.defined else 0.0
        if self.sides:
            worth += _NAMES_A_SIDE * any(all(terms_held(side, sentence[:_OPENING])) for side in self.sides)
            worth += _FITS * bool(_CONTRAST.search(sentence))
        if self.counts:
            worth += _FITS * bool(_NUMBER.search(sentence))
        if self.kind is Kind.LIST:
            worth += _FITS * bool(_ENUMERATES.search(sentence))
        return worth


def _defines(sentence: str, terms: tuple[str, ...]) -> float:
    """Whether the terms stand, with few other words, before the verb that says what they are."""
    verb = _COPULA.search(sentence, 0, _HEAD)
    if verb is None:
        return 0.0
    head = sentence[: verb.start()]
    if len(head.split()) > len(terms) + _MORE_WORDS or not all(terms_held(terms, head)):
        return 0.0
    return _DEFINES + _SAYS_WHAT * (verb["kind"] is not None)


def _sides(question: str) -> tuple[tuple[str, ...], ...]:
    found = _SIDES.search(question)
    if found is None:
        return ()
    sides = (tuple(query_terms(text)) for text in found.groups() if text)
    return tuple(side for side in sides if side)
