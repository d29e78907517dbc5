"""Questions for the terms that a document's own list says one should know.

One question for each term and mode: what a term means, or which term means what its definition says. The
latter is cited from the text rather than from the list where a sentence of the text says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from statistics import fmean

from backend.utils.stems import content_stems

from . import kin, wordnet
from .asking import Draft
from .clauses import noun_phrase
from .genus import genus_of
from .glossary import Entry
from .reading import Document
from .sentences import Sentence
from .tagging import is_plural, tag

_NAME, _MEANING = 1.12, 1.05
_UNUSED = 0.1
"""What a term is worth less that the text itself never uses."""
_SHORT, _LEAST_SAID = 0.3, 5
"""What a question is worth less whose definition is of fewer words of content: "joint of the body"."""
_TOLD = 0.4
"""Share of a definition's words from which a sentence of the text is taken to say the same."""
_FEWEST_TOLD = 3
_SAME = 0.5
_SPARE = 9
_WRONG = 3
_LENGTHS = (0.55, 1.7)
_FAR = 40
"""Entries further apart than this are of other parts of the text."""
_OFTEN = 0.5
_AKIN, _OF_A_KIND = 0.5, 0.7
"""Nearness in kind from which an entry may be an option, and mean from which the options are of one kind."""
_MIXED = 0.6
"""What an item is worth less whose options are of one kind by a hair."""
_VERBAL = frozenset({"VB", "VZ", "VP", "VD", "BE", "HV", "MD", "TO", "IN", "RB"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one entry, with wrong options for a quiz; these may be too few."""

    draft: Draft
    options: tuple[str, ...]


class KeyTerms:
    """Asks for the entries of one document's lists."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._entries = [e for e in document.terms if e.core and self._is_thing(e.core)]
        self._begun = list(accumulate((len(p.text) for p in document.passages), initial=0))

    def open_questions(self) -> Iterator[Draft]:
        """One question without options for each entry."""
        for number, entry in enumerate(self._entries):
            told = self._told(entry)
            asks_name = (told is not None or number % 2) and not entry.named_in_core
            yield self._name(entry, told) if asks_name else self._meaning(entry, entry.said)

    def quiz_questions(self) -> Iterator[Asked]:
        """One question with options for each entry that has three.

        What a definition says leads a search to it; the bare term leads to all that is said of it.
        """
        for entry in self._entries:
            told = self._told(entry)
            named, terms = self._name(entry, told), self._other_terms(entry)
            meant, meanings = self._meaning(entry, entry.core), self._other_meanings(entry)
            name = Asked(
                _lowered_by(named, self._less(entry, terms)),
                _as_written(named.answer, [self._written(e) for e in terms]),
            )
            meaning = Asked(
                _lowered_by(meant, self._less(entry, meanings)), tuple(e.core for e in meanings[:_SPARE])
            )
            possible = [a for a in (name, meaning) if len(a.options) >= _WRONG]
            if possible:
                yield max(possible, key=lambda a: a.draft.score)

    def _name(self, entry: Entry, told: tuple[Sentence, str] | None) -> Draft:
        sentence, answer = told or (self._sentence(entry), entry.term)
        score = _NAME - _UNUSED * (not self._uses(entry.low)) - _SHORT * self._says_little(entry)
        return Draft(
            f"Which term means “{_lowered(entry.core)}”?", answer, "name", score, entry.low, sentence
        )

    @staticmethod
    def _says_little(entry: Entry) -> bool:
        return len(content_stems(entry.core)) < _LEAST_SAID

    def _meaning(self, entry: Entry, said: str) -> Draft:
        score = _MEANING - _UNUSED * (not self._uses(entry.low))
        answer = said.rstrip(" .")
        return Draft(self._what_is(entry), answer, "definition", score, entry.low, self._sentence(entry))

    def _sentence(self, entry: Entry) -> Sentence:
        start = entry.span[0]
        position = self._begun[entry.passage] + start
        return Sentence(entry.quote, entry.passage, start, -1 - entry.place, position)

    def _what_is(self, entry: Entry) -> str:
        """The question with the article that the text gives the term."""
        term = self._written(entry)
        if "(" in term:
            return f"What does the term “{term}” mean?"
        if _plural(entry.low):
            return f"What are {term}?"
        uses = self._uses(entry.low)
        if not uses:
            return f"What does the term “{term}” mean?"
        counted = sum(u in {"a", "an"} for u in uses)
        if counted:
            return f"What is {'an' if term[0].lower() in 'aeiou' else 'a'} {term}?"
        the = sum(u == "the" for u in uses)
        return f"What is {'the ' if the > _OFTEN * len(uses) else ''}{term}?"

    def _written(self, entry: Entry) -> str:
        """The term with a capital only where the text gives it one."""
        text = self._text
        used = entry.term in text and not re.search(rf"\b{re.escape(entry.low)}\b", text)
        kept = used or any(c.isupper() for c in entry.term[1:]) or entry.term[1:2] in {" ", "-", "."}
        return entry.term if kept else entry.low

    def _is_thing(self, core: str) -> bool:
        """Whether a definition names what it files the term under rather than what it does."""
        said = core.partition(", ")[2] if core.startswith("in ") else core  # "in Marxism, the ..."
        tokens = tuple(tag(said or core, self.document.casing))
        return tokens[0].tag not in _VERBAL and noun_phrase(tokens, 0, len(tokens)) is not None

    @cached_property
    def _text(self) -> str:
        return " ".join(r.sentence.text for r in self.document.readings)

    @cached_property
    def _low_text(self) -> str:
        return self._text.lower()

    def _uses(self, low: str) -> list[str]:
        """The word before the term wherever the text uses it."""
        found = re.findall(rf"([\w’']*)[ (“]+{re.escape(low)}\b", self._low_text)
        return [str(word) for word in found]

    @cached_property
    def _stems(self) -> list[frozenset[str]]:
        return [content_stems(r.sentence.text) for r in self.document.readings]

    def _told(self, entry: Entry) -> tuple[Sentence, str] | None:
        """The sentence that says of the term what the list says, and the term as it stands there."""
        said = content_stems(entry.core)
        word = re.compile(rf"\b{re.escape(entry.term)}\b", re.IGNORECASE)
        best: tuple[float, Sentence, str] | None = None
        for reading, stems in zip(self.document.readings, self._stems, strict=True):
            shared = len(said & stems)
            if shared < max(_FEWEST_TOLD, _TOLD * len(said)):
                continue
            found = word.search(reading.sentence.text)
            if found and (best is None or shared > best[0]):
                best = (shared, reading.sentence, found.group())
        return best[1:] if best else None

    def _other_terms(self, entry: Entry) -> list[Entry]:
        leaked = entry.named_in_core
        core = entry.core.lower()
        asked = content_stems(entry.core) - leaked - content_stems(self._genera[entry.low])
        plural = _plural(entry.low)
        found = [
            e
            for e in self._apart(entry)
            if _plural(e.low) == plural
            and leaked <= content_stems(e.term)
            and not content_stems(e.term) & asked
            and e.low not in core
            and self._akin(entry, e)
        ]
        found.sort(key=lambda e: self._distance(entry, e))
        return found

    def _less(self, entry: Entry, others: Sequence[Entry]) -> float:
        """What an item loses where its best options are of the entry's kind only by a hair."""
        degrees = [self._degree(entry, e) for e in others[:_WRONG]]
        return _MIXED * (len(degrees) < _WRONG or fmean(degrees) < _OF_A_KIND)

    def _other_meanings(self, entry: Entry) -> list[Entry]:
        if entry.named_in_core:
            return []
        said = content_stems(entry.core)
        asked = content_stems(entry.term)
        least, most = (share * len(entry.core) for share in _LENGTHS)
        found = [
            e
            for e in self._apart(entry)
            if least <= len(e.core) <= most
            and self._akin(entry, e)
            and not content_stems(e.core) & asked
            and len(content_stems(e.core) & said) < max(2, _SAME * len(said))
        ]
        found.sort(key=lambda e: self._distance(entry, e) + abs(len(e.core) - len(entry.core)) / 40)
        return [e for e in found if e.core[0].isupper() == entry.core[0].isupper()]

    def _akin(self, entry: Entry, other: Entry) -> bool:
        """Whether both terms are known to name things of one kind."""
        return self._degree(entry, other) >= _AKIN and not kin.interchangeable(entry.low, other.low)

    def _degree(self, entry: Entry, other: Entry) -> float:
        genera = (self._genera[entry.low], self._genera[other.low])
        return kin.degree(entry.low, other.low, genera) or 0.0

    @cached_property
    def _genera(self) -> dict[str, str]:
        """What the list files each of its terms under: "tuft" for one that is a tuft of capillaries."""
        return {e.low: self._genus(e.core) for e in self._entries}

    def _genus(self, core: str) -> str:
        said = core.partition(", ")[2] if core.lower().startswith("in ") else core
        return genus_of(said or core, self.document.casing)

    def _apart(self, entry: Entry) -> Iterator[Entry]:
        """Entries that are neither names of the same nor kinds of each other."""
        words, said = set(entry.low.split()), content_stems(entry.core)
        for other in self._entries:
            others = set(other.low.split())
            alike = len(said & content_stems(other.core)) > _SAME * len(said)
            if (
                other is not entry
                and not words <= others
                and not others <= words
                and not alike
                and entry.low not in other.said.lower()
                and other.low not in entry.said.lower()
            ):
                yield other

    def _distance(self, entry: Entry, other: Entry) -> float:
        """Small for entries of one part of the text and one kind, whose terms end alike."""
        one, two = entry.low.split(), other.low.split()
        away = min(1.0, abs(entry.place - other.place) / _FAR)
        ends = 1.0 * (one[-1] == two[-1]) + 0.5 * (one[-1][-3:] == two[-1][-3:])
        return away - ends - self._degree(entry, other) + 0.4 * abs(len(one) - len(two))


def _plural(low: str) -> bool:
    """Whether a term names several: "nails", not "pancreas"."""
    last = low.rsplit(maxsplit=1)[-1]
    return is_plural(last) and not wordnet.is_singular(last)


def _lowered_by(draft: Draft, less: float) -> Draft:
    return replace(draft, score=draft.score - less)


def _as_written(key: str, options: Sequence[str]) -> tuple[str, ...]:
    """The options with the key's capital, the best first."""
    if key[0].isupper():
        options = [o[0].upper() + o[1:] for o in options]
    return tuple(o for o in options if o[0].isupper() or not key[0].isupper())[:_SPARE]


def _lowered(core: str) -> str:
    """The definition as part of a sentence: "A system of rule" loses its capital."""
    first, _, _ = core.partition(" ")
    return core[0].lower() + core[1:] if first in {"A", "An", "The"} else core
