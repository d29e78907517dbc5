"""Questions for the terms that a document's own list says one should know.

One question for each term and mode: what a term means, or which term means what its definition says. The
latter is cited from the text rather than from the list where a sentence of the text says the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, combinations

from backend.utils.stems import content_stems

from . import kin, wordnet
from .aliases import of_one_thing
from .asking import Draft
from .clauses import noun_phrase
from .gazetteer import are_people
from .genus import genus_of, genus_with_whole
from .glossary import NAMES, Entry, bare, echoed, echoes, tells_apart
from .reading import Document
from .sentences import Sentence
from .sorts import of_one_sort
from .tagging import NOUN, is_plural, tag
from .verbs import THIRD

_NAME, _MEANING = 1.12, 1.05
_UNUSED = 0.1
"""What a term is worth less that the text itself never uses."""
_SHORT, _LEAST_SAID = 0.3, 5
"""What a question is worth less whose definition is of fewer words of content: "joint of the body"."""
_TOLD = 0.34
"""Share of a definition's words from which a sentence of the text is taken to say the same."""
_FEWEST_TOLD = 3
_SAME = 0.75
"""Share of the words of two definitions that both have, from which they say the same."""
_ROOT = 7
"""First letters that the forms of a word share."""
_SPARE = 14
_WRONG = 3
_LENGTHS = (0.55, 1.7)
_KINDS_OF_IT = 3
"""Terms of a list from which the one that they are kinds of is no option beside them."""
_FAR = 40
"""Entries further apart than this are of other parts of the text."""
_OFTEN = 0.5
_SURE = 0.75
"""Nearness from which an entry may be one: the definition says what kind of thing its term is."""
_AKIN = 0.5
"""Nearness in kind from which an entry may be an option."""
_FROM_LIST = 0.02
"""What the same question is worth less with the list as its source rather than the text."""
_ECHOED = 0.2
"""What an open question is worth less whose term and definition share a root."""
_AGAIN = 0.4
"""What the second question for one term is worth less: it only fills a place that is left."""
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
        self._entries = [
            e for e in document.terms if e.core and self._is_thing(e.core) and not NAMES.match(e.core)
        ]
        self._begun = list(accumulate((len(p.text) for p in document.passages), initial=0))

    def open_questions(self) -> Iterator[Draft]:
        """One question without options for each entry."""
        for number, entry in enumerate(self._entries):
            told = self._told(entry)
            asks_name = (told is not None or number % 2) and not entry.named_in_core
            draft = self._name(entry, told) if asks_name else self._meaning(entry, entry.said)
            yield _lowered_by(draft, _ECHOED * echoes(entry.term, entry.core))

    def quiz_questions(self) -> Iterator[Asked]:
        """A question with options for each entry that has three, and one the other way round as a spare one.

        Terms are options only beside terms of their own kind: a reader sees at once which of four is no
        valve. Whether a description is that of a valve one must know, so that those of other things will do.
        """
        for entry in self._entries:
            named, terms = self._name(entry, self._told(entry)), self._other_terms(entry)
            sure = [e for e in terms if self._degree(entry, e) >= _SURE]
            mixed = len(sure) < _WRONG or _stands_out(entry, sure[:_WRONG])
            others = [] if mixed else [self._written(e) for e in sure]
            name = Asked(named, _as_written(named.answer, others))
            meanings = tuple(dict.fromkeys(bare(e.core) for e in self._other_meanings(entry)[:_SPARE]))
            meaning = Asked(self._meaning(entry, bare(entry.core)), meanings)
            possible = [a for a in (name, meaning) if len(a.options) >= _WRONG]
            possible.sort(key=lambda a: -a.draft.score)
            yield from possible[:1]
            if possible and possible[0] is name and named.sentence.block >= 0:
                listed = _lowered_by(self._name(entry, None), _FROM_LIST)
                yield Asked(listed, _as_written(listed.answer, others))
            for again in possible[1:]:
                yield Asked(_lowered_by(again.draft, _AGAIN), again.options)

    def descriptions(self) -> Iterator[tuple[Draft, bool]]:
        """What each term means, to stand beside other descriptions, and whether that speaks of several."""
        for entry in self._entries:
            number = self._number(entry)
            if number == _plural(entry.low) and tells_apart(entry.core):
                yield self._meaning(entry, bare(entry.core)), number

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
        if self._uses(f"{entry.low}s"):
            return f"What is {'an' if term[0].lower() in 'aeiou' else 'a'} {term}?"
        the = sum(u == "the" for u in uses)
        return f"What is {'the ' if the > _OFTEN * len(uses) else ''}{term}?"

    def _written(self, entry: Entry) -> str:
        """The term with a capital only where the text gives it one inside a sentence."""
        first = entry.term.split()[0]
        lettered = len(first) == 1 and first != "A"  # "T wave"
        capital = any(c.isupper() for c in entry.term[1:]) or first[1:2] in {"-", "."}
        return entry.term if lettered or capital or self.document.casing.is_name(first) else entry.low

    def _is_thing(self, core: str) -> bool:
        """Whether a definition names what it files the term under rather than what it does."""
        tokens = tuple(tag(_definition(core), self.document.casing))
        acts = tokens[0].low in THIRD and len(tokens) > 1 and tokens[1].tag in NOUN | {"DT", "PS"}
        return not acts and tokens[0].tag not in _VERBAL and noun_phrase(tokens, 0, len(tokens)) is not None

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
        word = re.compile(rf"\b({re.escape(entry.term)})(?:e?s)?\b", re.IGNORECASE)
        best: tuple[float, Sentence, str] | None = None
        for reading, stems in zip(self.document.readings, self._stems, strict=True):
            shared = len(said & stems)
            if shared < max(_FEWEST_TOLD, _TOLD * len(said)):
                continue
            found = word.search(reading.sentence.text)
            if found and (best is None or shared > best[0]):
                best = (shared, reading.sentence, found.group(1))
        return best[1:] if best else None

    def _other_terms(self, entry: Entry) -> list[Entry]:
        core, genus = entry.core.lower(), {self._genera[entry.low]}
        leaked = echoed(entry.term, entry.core) - genus
        plural = _plural(entry.low)
        found = [
            e
            for e in self._apart(entry)
            if _plural(e.low) == plural
            and (plural or self._number(e) == self._number(entry))  # "group of muscles" is no muscle
            and e.low not in core
            and self._akin(entry, e)
            and not self._is_broad(e)
            and echoed(e.term, entry.core) - genus == leaked
        ]
        found.sort(key=lambda e: self._distance(entry, e))
        return _none_within_another(found)

    def _other_meanings(self, entry: Entry) -> list[Entry]:
        """Entries whose definitions could be this one's as far as form tells, those of its kind first."""
        number = self._number(entry)
        alike = number == _plural(entry.low) and _definition(entry.core) == entry.core
        if not alike or echoes(entry.term, entry.core):
            return []
        people = are_people(self._genera[entry.low])
        asked = content_stems(entry.term)
        least, most = (share * len(entry.core) for share in _LENGTHS)
        found = [
            e
            for e in self._apart(entry)
            if least <= len(e.core) <= most
            and _definition(e.core) == e.core
            and tells_apart(e.core)
            and self._number(e) == number
            and are_people(self._genera[e.low]) == people
            and self._may_be_said_too(entry, e)
            and not kin.interchangeable(entry.low, e.low)
            and not content_stems(e.core) & asked
        ]
        found.sort(
            key=lambda e: (
                self._degree(entry, e) < _AKIN,
                self._distance(entry, e) + abs(len(e.core) - len(entry.core)) / 40,
            )
        )
        upper = bare(entry.core)[0].isupper()
        return [e for e in found if bare(e.core)[0].isupper() == upper]

    def _may_be_said_too(self, entry: Entry, other: Entry) -> bool:
        """Whether what is said of the other could be said of the entry: both are of one sort."""
        return of_one_sort(self._genera[entry.low], self._genera[other.low])

    def _akin(self, entry: Entry, other: Entry) -> bool:
        """Whether both terms are known to name things of one kind."""
        degree = self._degree(entry, other)
        near = degree >= _AKIN and self._may_be_said_too(entry, other)
        return (near or degree == 1.0) and not kin.interchangeable(entry.low, other.low)

    def _degree(self, entry: Entry, other: Entry) -> float:
        genera = (self._filed[entry.low], self._filed[other.low])
        return kin.degree(entry.low, other.low, genera) or 0.0

    @cached_property
    def _genera(self) -> dict[str, str]:
        """What the list files each of its terms under: "tuft" for one that is a tuft of capillaries."""
        return {e.low: genus_of(_definition(e.core), self.document.casing) for e in self._entries}

    @cached_property
    def _filed(self) -> dict[str, str]:
        """The same with its whole where the noun alone files nothing: "region of cortex"."""
        return {e.low: genus_with_whole(_definition(e.core), self.document.casing) for e in self._entries}

    def _is_broad(self, entry: Entry) -> bool:
        """Whether others of the list are kinds of the entry: "joint", among joints."""
        category = self._genera[entry.low] == "category"
        return category or self._kinds[entry.low.removesuffix("s")] >= _KINDS_OF_IT

    @cached_property
    def _kinds(self) -> Counter[str]:
        """How many terms of the list end with a word or are filed under it."""
        filed = [{e.low.rpartition(" ")[-1], self._genera[e.low]} - {""} for e in self._entries]
        return Counter(word.removesuffix("s") for both in filed for word in both)

    def _number(self, entry: Entry) -> bool:
        """Whether a definition speaks of several."""
        return _plural(self._genera[entry.low])

    def _apart(self, entry: Entry) -> Iterator[Entry]:
        """Entries that are neither names of the same nor kinds of each other."""
        words, said = set(entry.low.split()), content_stems(entry.core)
        for other in self._entries:
            others = set(other.low.split())
            if (
                other is not entry
                and not words <= others
                and not others <= words
                and not _same_root(entry.low, other.low)
                and not _says_the_same(said, content_stems(other.core))
                and entry.low not in other.said.lower()
                and other.low not in entry.said.lower()
                and frozenset({entry.low, other.low}) not in self._aliases
            ):
                yield other

    @cached_property
    def _aliases(self) -> frozenset[frozenset[str]]:
        """Pairs of terms that a sentence gives as two names of one thing: "A, also called B"."""
        lows = {e.low for e in self._entries}
        found: set[frozenset[str]] = set()
        for reading in self.document.readings:
            text = reading.sentence.text.lower()
            there = [low for low in lows if low in text]
            found |= {frozenset({a, b}) for a, b in combinations(there, 2) if of_one_thing(text, a, b)}
        return frozenset(found)

    def _distance(self, entry: Entry, other: Entry) -> float:
        """Small for entries of one part of the text and one kind, whose terms end alike."""
        one, two = entry.low.split(), other.low.split()
        away = min(1.0, abs(entry.place - other.place) / _FAR)
        ends = 1.0 * (one[-1] == two[-1]) + 0.5 * (one[-1][-3:] == two[-1][-3:])
        return away - ends - self._degree(entry, other) + 0.4 * abs(len(one) - len(two))


def _none_within_another(found: Sequence[Entry]) -> list[Entry]:
    """Terms in order without those that are kinds of one before, or it of them: "ligament"."""
    kept: list[Entry] = []
    for entry in found:
        words = set(entry.low.split())
        if not any(words <= (other := set(e.low.split())) or other <= words for e in kept):
            kept.append(entry)
    return kept


def _stands_out(entry: Entry, others: Sequence[Entry]) -> bool:
    """Whether the term is an English word and few of the others are, or the other way round."""
    known, *heads = [kin.placed(e.low) for e in (entry, *others)]
    return heads.count(known) < _WRONG - 1


def _same_root(one: str, two: str) -> bool:
    """Whether one is a single word that the other has in another form: "retinacula", "flexor retinaculum"."""
    short, long = sorted((one, two), key=len)
    root = short[:_ROOT]
    return " " not in short and len(root) == _ROOT and any(w.startswith(root) for w in long.split()[1:])


def _says_the_same(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether two definitions have nearly all of their words in common, or one says less than the other."""
    return one <= two or two <= one or len(one & two) > _SAME * len(one | two)


def _definition(core: str) -> str:
    """A definition without the field that it is of: "in Marxism, the ..."."""
    said = core.partition(", ")[2] if core.lower().startswith("in ") else core
    return said or core


def _plural(low: str) -> bool:
    """Whether a term names several: "nails", not "pancreas"."""
    last = low.rpartition(" ")[-1]
    return is_plural(last) and not wordnet.is_singular(last)


def _lowered_by(draft: Draft, less: float) -> Draft:
    return replace(draft, score=draft.score - less)


def _as_written(key: str, options: Sequence[str]) -> tuple[str, ...]:
    """The options with the key's capital, the best first."""
    if key[0].isupper():
        options = [o[0].upper() + o[1:] for o in options]
    apart = {o.lower(): o for o in reversed(options) if o.lower() != key.lower()}
    alike = [o for o in options if o[0].isupper() or not key[0].isupper()]
    return tuple(o for o in alike if apart.get(o.lower()) == o)[:_SPARE]


def _lowered(core: str) -> str:
    """The definition as part of a sentence: "A system of rule" loses its capital."""
    first, _, _ = core.partition(" ")
    return core[0].lower() + core[1:] if first in {"A", "An", "The"} else core
