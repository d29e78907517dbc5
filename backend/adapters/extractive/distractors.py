"""Wrong options: terms of the document that are of the key's kind and are not right."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.utils.stems import content_stems, stem

from . import kin, wordnet
from . import lexicon as lx
from .aliases import of_one_thing
from .glossary import echoed
from .terms import Term, Vocabulary

WRONG = 3
_SAYS_NOTHING = (
    lx.COMMON_NOUNS | lx.GENERIC_ADJECTIVES | lx.words("living digestive systemic primary specialized")
)
"""What may stand before any noun without naming a kind: "living cells" beside "nerve cells"."""
_PLACES = lx.words("inner outer upper lower middle innermost outermost top bottom")
"""What tells which part of a thing is meant: an "inner medulla" is the medulla."""
_DIRECTIONS = frozenset(
    "anterior posterior lateral medial superior inferior distal proximal dorsal ventral left right".split()
)
"""Adjectives of place that a text uses without their noun."""
_CONSIDERED = 48
_SPARE = 15
_ALIKE = 0.04
_NEAR, _NEAR_WEIGHT = 80, 1.5
"""Names that stand within so many sentences are of the same matter: a text may go from one to another."""
_KIN_WEIGHT = 2.5
_FROM_OUTSIDE = 40
_CLOSE = 15
"""Sentences within which names are of one matter."""
_SAME_KIND = 0.8
"""Share of the ways up that names of one kind have in common: two philosophers, two cities."""
_LISTED_KIND = 0.75
"""The same of terms of the text's own list."""
_NEAR_KIND, _USED = 0.65, 3
"""The same of persons of callings that are near each other: a philosopher, a mathematician."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What the options of one item must keep."""

    near: bool = False
    """Terms of the same paragraph and rare ones count too, as a short text needs."""
    named: bool = False
    """The stem describes the thing in a few words, which fit a term with the same last word too."""
    any_kind: bool = False
    """Terms of which nothing tells whether they are of the key's kind count too: the last resort."""
    sure: bool = False
    """Only terms of which the document says what they are, and that are of the key's kind for sure."""


class Distractors:
    """Chooses wrong options from one document's vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.used: Counter[str] = Counter()
        self._meanings = {e.low: content_stems(e.said) for e in vocabulary.document.terms}

    def for_term(self, key: Term, sentence: int, stem_text: str, fit: Fit) -> list[Term] | None:
        """Wrong terms for a key that stands in the given sentence, the best three first, then spare ones.

        None where there are not three.
        """
        found = self._candidates(key, sentence, fit)
        ranked = sorted(found, key=lambda c: (-self._likeness(key, c) - _nearness(c, sentence), c.low))
        chosen: list[Term] = []
        asked = content_stems(stem_text)
        for candidate in ranked[:_CONSIDERED]:
            alike = candidate.head == key.head
            if (
                (alike and fit.named)
                or candidate.low in stem_text.lower()
                or _same_opening(key, candidate)
                or self._alias(key, candidate)
                or not echoed(candidate.low, stem_text) <= echoed(key.low, stem_text)
                or self._also_right(candidate, asked, alike=alike)
                or any(_overlap(candidate, other) for other in chosen)
            ):
                continue
            chosen.append(candidate)
            if len(chosen) == WRONG + _SPARE:
                break
        if key.name:
            chosen = self._of_the_keys_kind(key, chosen, sentence)
            placed = self.vocabulary.sort_of(key) == "place"
            chosen += self._namesakes(key, sentence) if fit.near and (fit.any_kind or not placed) else []
        picked = _with_a_longer_one(key, chosen)
        if picked is not None and (_stands_out(key, picked) or not self._kindred(key, picked)):
            return None
        if picked is None:
            return None
        self.used.update(t.low for t in picked)
        # A spare one may take any place, so it must be as long as the key by itself.
        return picked + [t for t in chosen if t not in picked and min(t.size, 2) == min(key.size, 2)]

    def _candidates(self, key: Term, sentence: int, fit: Fit) -> Iterator[Term]:
        reading = self.vocabulary.document.readings[sentence]
        text = reading.sentence.text.lower()
        stems = content_stems(reading.sentence.text)
        sort = self.vocabulary.sort_of(key) if key.name else ""
        pool = self.vocabulary.possible if fit.near else self.vocabulary.by_kind
        for term in pool[key.kind]:
            if key.name and not (_same_sort(sort, self.vocabulary.sort_of(term)) and _used_alike(key, term)):
                continue
            if key.name and not kin.same_sort_of_place(key.text, term.text):
                continue
            if not key.name and (_of_another_kind(key, term, fit) or not self._sure(key, term, fit)):
                continue
            if term.low in _DIRECTIONS or term.ends_in_name or self._is_no_term(term):
                continue
            if key.animate != term.animate or term.loose or self.vocabulary.general(term):
                continue
            if not fit.near and reading.sentence.block in term.blocks:
                continue
            if _overlap(term, key) or _one_is_kind_of_other(term, key) or not _similar_length(term, key):
                continue
            if term.low in text or (term.size == 1 and stem(term.low) in stems):
                continue
            yield term

    def _is_no_term(self, term: Term) -> bool:
        """Whether a phrase that nothing defines names a part by its looks: "wrinkled portion"."""
        return (
            kin.is_loose(term.head)
            and not (term.genus or term.name)
            and term.low not in self.vocabulary.document.key_terms
        )

    @staticmethod
    def _of_the_keys_kind(key: Term, names: Sequence[Term], sentence: int) -> list[Term]:
        """Names known to be of the key's kind; where nobody knows that, those that are used close by."""
        known = [t for t in names if _known_beside(key, t)]
        if wordnet.namesakes(key.text):
            near = [t for t in names if t not in known and _near_beside(key, t) and _met(key, t)]
            return known + near
        close = [t for t in names if t not in known and _away(t, sentence) <= _CLOSE]
        close.sort(key=lambda t: _away(t, sentence))
        return known + [t for t in close if kin.akin(key.text, t.text) is not False]

    def _namesakes(self, key: Term, sentence: int) -> list[Term]:
        """Names of the key's kind that the document does not use: other chemists beside a chemist."""
        text = self.vocabulary.document.readings[sentence].sentence.text.lower()
        used = {w for t in self.vocabulary.terms.values() if t.name for w in t.low.split()}
        others = [
            Term(name.lower(), name, name.lower().rsplit(maxsplit=1)[-1], key.plural, name=True)
            for name in wordnet.namesakes(key.text)
            if name.lower() not in text and used.isdisjoint(name.lower().split())
        ]
        listed = {"person": wordnet.is_person, "place": wordnet.is_place}.get(self.vocabulary.sort_of(key))
        fitting = [
            t
            for t in others
            if t.size == key.size and _similar_length(t, key) and (listed is None or listed(t.text))
        ]
        return sorted(fitting, key=lambda t: zlib.crc32(f"{key.low}|{t.low}".encode()))[:_FROM_OUTSIDE]

    def _alias(self, key: Term, other: Term) -> bool:
        """Whether a sentence says that both are names of one thing, or that one is the other."""
        for index in self._told_in(key) & self._told_in(other):
            text = self.vocabulary.document.readings[index].sentence.text.lower()
            if of_one_thing(text, key.low.removesuffix("s"), other.low.removesuffix("s")):
                return True
        return False

    def _told_in(self, term: Term) -> set[int]:
        """The sentences that name a thing or several of it."""
        single = term.low.removesuffix("s")
        forms = [self.vocabulary.terms.get(low) for low in (single, f"{single}s")]
        return set().union(*(t.sentences for t in forms if t is not None))

    def _likeness(self, key: Term, other: Term) -> float:
        score = 3.0 * (key.head == other.head) + 2.5 * (bool(key.genus) and key.genus == other.genus)
        score += 0.7 * (bool(key.genus) and bool(other.genus))
        score += 1.2 * (key.size == other.size) + 0.8 * _same_ending(key.head, other.head)
        score += 1.0 - abs(key.definite / key.count - other.definite / other.count)
        score += 4.0 * self.vocabulary.alike(key, other)
        if not key.name:
            score += _KIN_WEIGHT * (kin.degree(key.low, other.low, (key.genus, other.genus)) or 0.0)
        score += 0.5 * bool(other.genus) + 0.25 * min(other.count, 4)
        score -= 0.06 * abs(len(key.text) - len(other.text)) + 0.5 * self.used[other.low]
        score -= 1.0 * (other.count == 1 and other.size > 1 and not other.name and other.head != key.head)
        score += 1.5 * bool(key.passages & other.passages)
        nearest = min(abs(a - b) for a in _some(key.blocks) for b in _some(other.blocks))
        return score + 1.0 / (1.0 + nearest / 6)

    def _kindred(self, key: Term, picked: Sequence[Term]) -> bool:
        """Whether most options are seen to be of the key's kind where the key is but a plain word."""
        if key.name or key.genus or key.size > 1:
            return True
        near = [t for t in picked if _same_ending(key.head, t.head) or self.vocabulary.alike(key, t) > _ALIKE]
        return len(near) >= WRONG - 1 or key.animate

    def _also_right(self, candidate: Term, asked: frozenset[str], *, alike: bool) -> bool:
        """Whether some sentence says of the candidate most of what the stem says.

        ``alike``: it has the key's last word, so that less is enough to make it right.
        """
        stems = self.vocabulary.stems_of_sentences
        need = max(2, math.ceil((0.4 if alike else 0.6) * len(asked)))
        meant = self._meanings.get(candidate.low, frozenset())
        return len(asked & meant) >= need or any(len(asked & stems[i]) >= need for i in candidate.sentences)

    def _sure(self, key: Term, term: Term, fit: Fit) -> bool:
        """Whether a term is of the key's kind for sure, where it must be.

        It must stand in the text's list of key terms, or the text say what it is where it has no list, or be
        another one of the same name, or known, as the key is, to whoever knows words.
        """
        if not fit.sure:
            return True
        near = kin.degree(key.low, term.low, (key.genus, term.genus)) or 0.0
        document = self.vocabulary.document
        opening, *_ = term.low.split()
        if {*key.low.split()[:-1], *term.low.split()[:-1]} & _SAYS_NOTHING or opening in _PLACES:
            return False
        if term.low in document.key_terms:
            return near >= _LISTED_KIND
        if wordnet.known(key.low) and wordnet.known(term.low):
            return near >= _SAME_KIND
        if term.head == key.head:
            return near >= _SAME_KIND and term.count > 1
        return bool(term.genus) and not document.terms and near >= kin.SURE


def _stands_out(key: Term, picked: Sequence[Term]) -> bool:
    """Whether the key is the only one of several words, the only one of one word."""
    sizes = {min(t.size, 2) for t in picked}
    return sizes != {1, 2} and sizes != {min(key.size, 2)}


def _known_beside(key: Term, other: Term) -> bool:
    """Whether a name of the document is known to be one of the key's kind."""
    return bool(wordnet.namesakes(key.text)) and (wordnet.kinship(key.text, other.text) or 0.0) >= _SAME_KIND


def _near_beside(key: Term, other: Term) -> bool:
    """Whether a name that the document uses often is that of a person whose calling is near the key's."""
    return (
        other.count >= _USED
        and wordnet.is_person(other.text)
        and (wordnet.kinship(key.text, other.text) or 0.0) >= _NEAR_KIND
    )


def _met(one: Term, two: Term) -> bool:
    """Whether a paragraph, or two that stand near each other, speak of both."""
    return any(abs(a - b) <= 1 for a in one.blocks for b in two.blocks)


def _of_another_kind(key: Term, other: Term, fit: Fit) -> bool:
    """Whether nothing tells that both are things of one kind, or they are two words for one.

    Where options may come from near, it is enough that a short text defines both.
    """
    akin = kin.akin(key.low, other.low, (key.genus, other.genus))
    if not akin and fit.near and key.genus and other.genus:
        akin = True
    if akin is None:
        akin = fit.any_kind
    return not akin or kin.interchangeable(key.low, other.low)


def _same_opening(key: Term, other: Term) -> bool:
    """Whether both open alike but name things of different kinds: "human survival" beside "human cell"."""
    alike = key.low.split()[0] == other.low.split()[0] and key.head != other.head
    return alike and not key.name and key.size > 1 and (not key.genus or key.genus != other.genus)


def _some(blocks: set[int]) -> list[int]:
    return sorted(blocks)[:4]


def _overlap(one: Term, two: Term) -> bool:
    """Whether one stands inside the other or is a form of it."""
    first = {stem(w) for w in one.low.replace("-", " ").split()}
    second = {stem(w) for w in two.low.replace("-", " ").split()}
    if first & second and _only_general(one, two) and _only_general(two, one):
        return True
    return first <= second or second <= first or one.low in two.low or two.low in one.low


def _only_general(one: Term, two: Term) -> bool:
    """Whether all that one has over the other is a word like "system" or "mechanism"."""
    return set(one.low.split()) - set(two.low.split()) <= lx.COMMON_NOUNS


def _one_is_kind_of_other(one: Term, two: Term) -> bool:
    """Whether one is what a definition says the other is: "hormone" beside "insulin" would be right too."""
    return one.low == two.genus or two.low == one.genus


def _same_sort(one: str, two: str) -> bool:
    """Whether two names may name things of one sort: persons beside persons, places beside places."""
    return one == two or {one, two} == {"", "body"}


def _used_alike(one: Term, two: Term) -> bool:
    """Whether both names are used with "the" or both without: a gap after "the" tells them apart."""
    return (2 * one.definite > one.count) == (2 * two.definite > two.count)


def _similar_length(one: Term, two: Term) -> bool:
    shorter, longer = sorted((len(one.text), len(two.text)))
    return longer <= 2.2 * shorter + 4 and abs(one.size - two.size) <= 1


def _same_ending(one: str, two: str) -> bool:
    return len(one) > 5 and len(two) > 5 and one[-3:] == two[-3:]


def _with_a_longer_one(key: Term, ranked: Sequence[Term]) -> list[Term] | None:
    """The best three, one of them at least as long as the key where there is one."""
    if len(ranked) < WRONG:
        return None
    chosen = list(ranked[:WRONG])
    if all(len(t.text) < len(key.text) for t in chosen):
        longer = next((t for t in ranked[WRONG:] if len(t.text) >= len(key.text)), None)
        if longer is not None:
            chosen[-1] = longer
    return chosen


def _nearness(term: Term, sentence: int) -> float:
    """What a name gains that is used near the sentence; 0 for other terms."""
    if not term.name:
        return 0.0
    return _NEAR_WEIGHT * max(0.0, 1 - _away(term, sentence) / _NEAR)


def _away(term: Term, sentence: int) -> int:
    """How many sentences away the term is used."""
    return min(abs(s - sentence) for s in term.sentences)
