"""The document's terms: what they are, where they stand and what kind of word each is."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from backend.utils.stems import content_stems

from . import gazetteer, wordnet
from . import lexicon as lx
from .clauses import Span, noun_phrase
from .genus import genus_at, genus_of
from .lexicon import words
from .reading import Document, Reading
from .tagging import NOUN, Token, is_plural
from .verbs import GERUND, NOUN_TOO, PARTICIPLE, PAST, THIRD, VERBS, base_of_third

_LIFE_DATES = re.compile(r"^\s*\((?:c\. |ca\. )?\d{3,4}\s*[–-]\s*(?:c\. |ca\. )?\d{2,4}")
_MOST_WORDS = 4
_ORDINAL = re.compile(r"[ivx]+")
"""The number of a ruler or a war, in lower case."""
_NO_TERMS = words("priori posteriori numerous")
_KINDS_OF_A_GENUS = 3
_PAIR = 2
_PLAIN = words(
    """
    initial entire whole thorough influential traditional prior ruling impartial alternative current former
    early late recent modern contemporary significant important major minor main broad wide large small strong
    weak new old original specific certain general common particular similar different various possible
    relevant valuable useful reliable successful standard typical proper full complete partial additional
    extra multiple single individual widespread extensive excessive increased decreased past future final
    key core basic essential necessary sufficient better best good bad insufficient theoretical reasonable
    privileged regular normal rare oldest earliest right wrong true false careful serious actual ideal
    """
)
"""Adjectives that could stand in each other's place: what they describe is no kind of its own."""
_LIVED = words("born murdered executed crowned elected assassinated appointed educated married buried raised")
_PEOPLES = ("ans", "ists", "ites", "nots", "lims", "ants", "ards", "goths", "urks", "dals", "xons")
_IDEAS = ("ism", "ology", "physics", "ness", "hood")
_PLACE_OPENINGS = words("mount lake fort port san santa new north south east west")
Kind = tuple[bool, bool, bool, bool]
_LOOSE = words("many several different various other certain important same own such more most less few")

_SAYS_LITTLE = lx.GENERIC_ADJECTIVES | _LOOSE | _PLAIN


@dataclass(slots=True)
class Term:
    """A noun phrase without determiner; options of one question are of one kind."""

    low: str
    text: str
    head: str
    plural: bool
    name: bool
    sentences: set[int] = field(default_factory=set)
    blocks: set[int] = field(default_factory=set)
    passages: set[int] = field(default_factory=set)
    slots: Counter[str] = field(default_factory=Counter)
    """The words on its left and right: what it does and what is done to it."""
    count: int = 0
    determined: int = 0
    nounlike: int = 0
    """Times it stood where only a noun stands."""
    definite: int = 0
    genus: str = ""
    """The noun that a definition files it under: "tube" for an esophagus that "is a muscular tube"."""

    @property
    def size(self) -> int:
        """Number of words."""
        return len(self.low.split())

    @property
    def ends_in_name(self) -> bool:
        """Whether a common word opens what is else a name ("title De Veneris"): words that met by chance."""
        first, *others = self.text.split()
        return first[0].islower() and any(w[0].isupper() and not w.isupper() for w in others)

    @property
    def loose(self) -> bool:
        """Whether its adjectives say nothing ("common disorder"): no kind of thing of its own."""
        return self.size > 1 and all(w in _SAYS_LITTLE for w in self.low.split()[:-1])

    @property
    def animate(self) -> bool:
        """Whether it speaks of people, as far as its last word tells."""
        return gazetteer.are_people(self.head, name=self.name)

    @property
    def kind(self) -> Kind:
        """Plural, a name, an abbreviation, written with a capital: what four options must share."""
        return self.plural, self.name, self.text.isupper(), self.text[0].isupper()


class Vocabulary:
    """Terms of one document, found once and asked often."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.terms: dict[str, Term] = {}
        self.persons: set[str] = set()
        self._sorts: dict[str, str] = {}
        for index, reading in enumerate(document.readings):
            self._collect(index, reading)
        self._find_genera()

    def _collect(self, index: int, reading: Reading) -> None:
        i = 0
        while i < len(reading.tokens):
            phrase = noun_phrase(reading.tokens, i, len(reading.tokens))
            if phrase is None:
                i += 1
                continue
            self._add(index, reading, (i, phrase[0]))
            i = phrase[0]

    def _add(self, index: int, reading: Reading, span: Span) -> None:
        core = core_of(reading, span)
        if core is None:
            return
        text = display(reading, core)
        term = self.terms.get(text.lower())
        head = reading.tokens[core[1] - 1]
        if term is None:
            plural = head.tag == "NS" or (head.tag == "NN" and is_plural(head.low))
            plural = plural or (head.tag == "NP" and self._plural_name(head.low))
            plural = plural and not wordnet.is_singular(head.low)  # "pancreas"
            term = Term(text.lower(), text, head.low, plural, _is_name(reading, core))
            self.terms[term.low] = term
        term.count += 1
        term.sentences.add(index)
        term.blocks.add(reading.sentence.block)
        term.passages.add(reading.sentence.passage)
        term.determined += reading.tokens[span[0]].tag in {"DT", "PS", "CD"} and span[0] < core[0]
        term.nounlike += span[0] > 0 and reading.tokens[span[0] - 1].tag in {
            "IN",
            "VZ",
            "VP",
            "VD",
            "VB",
            "VG",
            "CC",
            ",",
        }
        term.slots.update(_slots(reading, span, core))
        term.definite += reading.tokens[span[0]].low == "the"
        if term.name and self._person(reading, span, core):
            self.persons.add(term.low)

    def _plural_name(self, low: str) -> bool:
        """Whether a name is that of a people or a common plural with a capital."""
        common = is_plural(low) and self.document.casing.lower[low] > 0
        return common or low.endswith(_PEOPLES)

    def _person(self, reading: Reading, span: Span, core: Span) -> bool:
        after = reading.tokens[core[1]].low if core[1] < len(reading.tokens) else ""
        dated = _LIFE_DATES.match(reading.sentence.text[reading.tokens[core[1] - 1].end :]) is not None
        before = reading.tokens[core[0] - 1].low if core[0] else ""
        lived = [t.low for t in reading.tokens[core[1] : core[1] + 2]]
        if lived[:1] == ["was"] and lived[1:] and lived[1] in _LIVED:
            return True
        return reading.tokens[span[0]].low != "the" and (
            after in lx.DEEDS or dated or before in lx.PERSON_NOUNS
        )

    def _find_genera(self) -> None:
        for entry in self.document.terms:
            listed = self.terms.get(entry.low)
            if listed is not None and entry.core:
                listed.genus = genus_of(entry.core, self.document.casing)
        for reading in self.document.readings:
            clause = reading.clause
            if clause is None or not clause.copular or clause.aux or clause.negated:
                continue
            core = core_of(reading, clause.subject)
            term = self.terms.get(display(reading, core).lower()) if core else None
            if term is not None and not term.genus:
                term.genus = genus_at(reading, clause.verb + 1)

    @cached_property
    def _narrower(self) -> Counter[str]:
        """How many longer terms end with a word: "hormone" for "growth hormone"."""
        return Counter(t.head for t in self.terms.values() if t.size > 1 and not t.name)

    def general(self, term: Term) -> bool:
        """Whether the document has many kinds of the thing, so that these words say too little.

        "Hormone" where there are growth hormone, thyroid hormone ...; "strong ligaments" no less.
        """
        return term.low in self._general

    @cached_property
    def _general(self) -> frozenset[str]:
        plain = lx.GENERIC_ADJECTIVES | lx.ADJECTIVES | _LOOSE
        many = [t for t in self.terms.values() if self._narrower[t.head] >= _KINDS_OF_A_GENUS and not t.name]
        return frozenset(t.low for t in many if set(t.low.split()[:-1]) <= plain)

    def sort_of(self, term: Term) -> str:
        """What a name is the name of: person, place, body or "" where nothing tells."""
        if term.low not in self._sorts:
            self._sorts[term.low] = self._sort(term)
        return self._sorts[term.low]

    def _sort(self, term: Term) -> str:
        if term.low in gazetteer.LANGUAGES:
            return "tongue"
        if term.low in gazetteer.PLACES and self._is_family_name(term.low):
            return "person"
        if wordnet.is_person(term.text) or wordnet.is_place(term.text):
            return "person" if wordnet.is_person(term.text) else "place"
        words = [w for w in term.low.split() if not _ORDINAL.fullmatch(w)] or [term.low]
        if words[-1] in gazetteer.BODY_HEADS:
            return "body"
        if words[-1].endswith(_IDEAS):
            return "idea"
        if words[-1] in gazetteer.PLACE_HEADS or words[-1] in gazetteer.PLACES or words[0] in _PLACE_OPENINGS:
            return "place"
        titled = words[0] in lx.PERSON_NOUNS or any(w in gazetteer.GIVEN_NAMES for w in words)
        if titled or not self.persons.isdisjoint({term.low, words[-1]}) or words[-1] in self._surnames:
            return "person"
        inside = sum(term.slots[f"{w}<"] for w in ("in", "at", "near", "into", "across"))
        return "place" if 2 * inside >= term.count and not term.definite else ""

    def _is_family_name(self, low: str) -> bool:
        """Whether a place's name ends a person's: "Isaiah Berlin"."""
        full = [t.low.split() for t in self.terms.values() if t.name and t.size == _PAIR and not t.definite]
        known = _PLACE_OPENINGS | gazetteer.PLACES | gazetteer.LANGUAGES
        return any(last == low and first not in known for first, last in full)

    @cached_property
    def _surnames(self) -> frozenset[str]:
        """Last words of full names: after a given name, or used alone too ("Peyton Manning", "Manning")."""
        full = [t for t in self.terms.values() if t.name and t.size > 1 and not t.definite]
        known = {
            t.low.split()[-1] for t in full if t.low.split()[0] in gazetteer.GIVEN_NAMES or self._alone(t)
        }
        return (
            frozenset(w for w in known if not _ORDINAL.fullmatch(w))
            - gazetteer.BODY_HEADS
            - gazetteer.PLACE_HEADS
            - gazetteer.PLACES
        )

    def _alone(self, full: Term) -> bool:
        first, *_, last = full.low.split()
        alone = self.terms.get(last)
        return alone is not None and alone.name and not alone.definite and first not in _PLACE_OPENINGS

    @cached_property
    def possible(self) -> dict[Kind, list[Term]]:
        """All terms that could be options where better ones are too few: names and nouns used but once."""
        groups: dict[Kind, list[Term]] = defaultdict(list)
        for term in self.terms.values():
            if term.ends_in_name or term.loose:
                continue
            if is_noun(term) or (term.name and term.low not in lx.NEVER_OPTIONS and term.size > 1):
                groups[term.kind].append(term)
        return groups

    @cached_property
    def by_kind(self) -> dict[Kind, list[Term]]:
        """Terms that may be options, by what four options must share; in order of first appearance."""
        groups: dict[Kind, list[Term]] = defaultdict(list)
        for term in self.terms.values():
            if (term.count >= 2 or term.size > 1 or term.genus) and is_noun(term):
                groups[term.kind].append(term)
        return groups

    @cached_property
    def slot_weight(self) -> dict[str, float]:
        """Rare neighbours tell more than common ones."""
        spread = Counter(slot for term in self.terms.values() for slot in term.slots)
        return {slot: math.log(len(self.terms) / n) for slot, n in spread.items()}

    def alike(self, one: Term, two: Term) -> float:
        """How much two terms stand beside the same words, 0..1."""
        shared = one.slots.keys() & two.slots.keys()
        if not shared:
            return 0.0
        weight = self.slot_weight
        common = sum(weight[s] ** 2 for s in shared)
        return common / math.sqrt(self._norm(one) * self._norm(two))

    def _norm(self, term: Term) -> float:
        return sum(self.slot_weight[s] ** 2 for s in term.slots) or 1.0

    @cached_property
    def stems_of_sentences(self) -> list[frozenset[str]]:
        """Content stems of every sentence."""
        return [content_stems(r.sentence.text) for r in self.document.readings]


def is_noun(term: Term) -> bool:
    """Whether the tags can be believed: words that are verbs too need a determiner to prove it."""
    words = term.low.split()
    verbal = term.head in VERBS or term.head in THIRD or term.head in PARTICIPLE
    if term.low in lx.NEVER_OPTIONS or (
        term.name and len(words) == 1 and term.low.endswith(("ian", "ish", "ese"))
    ):
        return False
    if len(words) == 1 and not term.determined and not term.genus and term.nounlike < 2:
        return False
    if len(words) == 1 and verbal and term.determined < 2 and not term.genus:
        return False
    first = words[0]
    participle = len(words) > 1 and (
        first in GERUND
        or first in PAST
        or first in PARTICIPLE
        or (first in VERBS and not term.determined and first not in lx.ADJECTIVES)
    )
    if any(
        w in GERUND or w in PAST or w in PARTICIPLE or _is_verb_form(w) or is_plural(w)
        for w in words[1 if participle else 0 : -1]
    ):
        return False
    return (not participle or term.count >= 2) and not (len(words) > 1 and _is_verb_form(words[-1]))


def _is_verb_form(low: str) -> bool:
    base = base_of_third(low) if low in THIRD else low
    return base in VERBS and base not in NOUN_TOO and low not in lx.ADJECTIVES


def _slots(reading: Reading, span: Span, core: Span) -> Iterator[str]:
    before = reading.tokens[span[0] - 1] if span[0] else None
    after = reading.tokens[core[1]] if core[1] < len(reading.tokens) else None
    if before is not None and before.text[0].isalpha():
        yield f"{before.low}<"
    if after is not None and after.text[0].isalpha():
        yield f">{after.low}"
    for word in reading.tokens[core[0] : core[1] - 1]:
        yield f"{word.low}-"


def core_of(reading: Reading, span: Span) -> Span | None:
    """A noun phrase without determiner and general adjectives; None where it is no term."""
    start, end = span
    while start < end and (
        reading.tokens[start].tag in {"DT", "PS", "CD", "RB"}
        or reading.tokens[start].low in _LOOSE
        or (reading.tokens[start].low in {"term", "word", "name"} and start + 1 < end)
    ):
        start += 1
    first, last = reading.tokens[start], reading.tokens[end - 1]
    if end - start > 1 and first.tag == last.tag == "NN" and wordnet.is_kind_of(last.low, first.low):
        start += 1  # "the enzyme lingual lipase"
    if not 1 <= end - start <= _MOST_WORDS or reading.tokens[end - 1].tag not in NOUN:
        return None
    words = reading.tokens[start:end]
    if any(t.tag not in NOUN | {"JJ", "VN", "VG"} or len(t.text) < 2 or t.low == "percent" for t in words):
        return None
    head = words[-1].low
    if any(t.low in _NO_TERMS for t in words) or _acts(words):
        return None
    if len(words) == 1 and (head in lx.COMMON_NOUNS or len(head) < 3):
        return None
    if head in lx.VAGUE_HEADS and not any(
        t.tag in {"NN", "NP"}
        or (t.tag == "JJ" and t.low not in lx.ADJECTIVES and t.low.endswith(lx.ADJECTIVE_ENDINGS))
        for t in words[:-1]
    ):
        return None
    return start, end


def _acts(words: tuple[Token, ...]) -> bool:
    """Whether a name and its verb were taken for a noun with its modifier: "Henry looks"."""
    named = len(words) == _PAIR and words[0].tag == "NP" and words[1].tag == "NS"
    if not named or words[0].low.endswith(("an", "ese", "ish", "ic")):
        return False
    base = base_of_third(words[1].low)
    return words[1].low in THIRD or (words[0].low in gazetteer.GIVEN_NAMES and base in NOUN_TOO)


def display(reading: Reading, core: Span) -> str:
    """A term as an option shows it: a capital only where a name has one."""
    return reading.plain(core)


def _is_name(reading: Reading, core: Span) -> bool:
    return (
        all(
            t.tag == "NP" or t.text[0].isupper() or t.low in gazetteer.PARTICLES
            for t in reading.tokens[core[0] : core[1]]
        )
        and reading.tokens[core[0]].tag == "NP"
    )
