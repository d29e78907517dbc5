"""Wrong options: terms of the document that are of the key's kind and are not right."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.utils.stems import content_stems, stem

from . import kin, wordnet
from . import lexicon as lx
from .terms import Term, Vocabulary

WRONG = 3
_DIRECTIONS = frozenset(
    "anterior posterior lateral medial superior inferior distal proximal dorsal ventral left right".split()
)
"""Adjectives of place that a text uses without their noun."""
_CONSIDERED = 48
_SPARE = 15
_ALIKE = 0.04
_BETWEEN = 60
_ALSO = re.compile(
    r".*?[,(]? ?(?:or|also|is also|is)? ?(?:called|known as|termed|referred to as|or) (?:the |a |an )?\W*"
)
_IS = re.compile(r"\b(?:is|are|was|were|as|(?:type|kind|form|example)s? of) (?:an? |the )?(?:[\w-]+ )?$")
"""What stands between a thing and what it is."""
_NEAR, _NEAR_WEIGHT = 80, 1.5
"""Names that stand within so many sentences are of the same matter: a text may go from one to another."""
_KIN_WEIGHT = 2.5
_FROM_OUTSIDE = 40
_CLOSE = 15
"""Sentences within which names are of one matter."""
_SAME_KIND = 0.8
"""Share of the ways up that names of one kind have in common: two philosophers, two cities."""
_NEAR_KIND, _USED = 0.65, 3
"""The same of persons of callings that are near each other: a philosopher, a mathematician."""
_EXACT_FROM = 1700
"""Years before are given in round numbers as often as not."""
_LATEST_YEAR = 2025
"""No wrong option lies after it, unless the key does: nobody would take it for a fact."""
_NUMBER_NAMES = {value: word for word, value in lx.NUMBER_WORDS.items() if value <= 20 and word != "dozen"}


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
            if term.low in _DIRECTIONS or term.ends_in_name:
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

    @staticmethod
    def _of_the_keys_kind(key: Term, names: Sequence[Term], sentence: int) -> list[Term]:
        """Names known to be of the key's kind; where nobody knows that, those that are used close by."""
        known = [t for t in names if _known_beside(key, t)]
        if wordnet.namesakes(key.text):
            near = [t for t in names if t not in known and _near_beside(key, t)]
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
        """Whether a sentence says that both are names of one thing, or that one is the other.

        "The cell (or plasma) membrane", "plane joints are classified as multiaxial joints".
        """
        for index in self._told_in(key) & self._told_in(other):
            text = self.vocabulary.document.readings[index].sentence.text.lower()
            one, two = sorted((text.find(key.low.removesuffix("s")), text.find(other.low.removesuffix("s"))))
            between = text[one:two].split(" ", 1)[-1][-_BETWEEN:]
            if one >= 0 and (_ALSO.fullmatch(between) or _IS.search(between)):
                return True
        return False

    def _told_in(self, term: Term) -> set[int]:
        """The sentences that name a thing or several of it."""
        single = term.low.removesuffix("s")
        forms = [self.vocabulary.terms.get(low) for low in (single, f"{single}s")]
        return set().union(*(t.sentences for t in forms if t is not None))

    def _likeness(self, key: Term, other: Term) -> float:
        score = 3.0 * (key.head == other.head) + 2.5 * (bool(key.genus) and key.genus == other.genus)
        score += 2.0 * (bool(key.genus) and bool(other.genus))
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
        """Whether a term is listed or defined and of the key's kind for sure, where it must be."""
        if not fit.sure:
            return True
        near = kin.degree(key.low, term.low, (key.genus, term.genus)) or 0.0
        document = self.vocabulary.document
        known = term.low in document.key_terms if document.terms else bool(term.genus)
        return known and near >= kin.SURE


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


def numbers_beside(number: str) -> list[str] | None:
    """Three other numbers written as this one is; which side they lie on varies with the number."""
    low = number.lower()
    if low in lx.NUMBER_WORDS:
        return _names_beside(lx.NUMBER_WORDS[low], capital=number[0].isupper())
    plain = number.replace(",", "")
    if not plain.isdigit():
        return _decimals_beside(plain)
    value = int(plain)
    year = 1000 <= value <= 2100 and "," not in number
    step = _step(value, year=year)
    latest = _LATEST_YEAR if year and value <= _LATEST_YEAR else None
    least = 1000 if "," in number else 1
    return [_written(v, number) for v in _around(value, step, f"{number}|{step}", latest, least)]


def _names_beside(value: int, *, capital: bool) -> list[str] | None:
    if value > 15 or value < 2:
        return None
    names = [_NUMBER_NAMES[v] for v in _around(value, 1, f"name{value}") if v in _NUMBER_NAMES]
    return [n.capitalize() if capital else n for n in names] if len(names) == WRONG else None


def _decimals_beside(plain: str) -> list[str] | None:
    whole, dot, part = plain.partition(".")
    if not dot or not (whole + part).isdigit():
        return None
    value = int(whole + part)
    around = _around(value, max(1, value // 5), plain)
    return [f"{v / 10 ** len(part):.{len(part)}f}" for v in around]


def _step(value: int, *, year: bool) -> int:
    """The distance between neighbours; a round number has round neighbours."""
    if year and value >= _EXACT_FROM:
        return 7
    if year:
        return next((round_ for round_ in (100, 50, 10) if value % round_ == 0), 7)
    if value < 20:
        return 1
    digits = str(value).rstrip("0")
    unit = int(10 ** (len(str(value)) - len(digits)))
    if unit == 1:
        return max(2, value // 6)
    if digits == "1":
        return value // 2
    return unit * max(1, round(value / 5 / unit))


def _around(value: int, step: int, seed: str, latest: int | None = None, least: int = 1) -> list[int]:
    """Three distinct numbers from ``least`` on around ``value``, how many below chosen by the seed."""
    below = zlib.crc32(seed.encode()) % (WRONG + 1)
    while latest is not None and value + step * (WRONG - below) > latest:
        below += 1
    lower = [value - step * k for k in range(below, 0, -1)]
    lower = [v for v in lower if v >= least]
    upper = [value + step * k for k in range(1, WRONG + 1 - len(lower))]
    return lower + upper


def _written(value: int, like: str) -> str:
    return f"{value:,}" if "," in like else str(value)
