"""Options of one item made alike: same capital, same kind of phrase, similar length."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence

from backend.utils.stems import content_stems, stem

from . import kin
from .asking import Draft
from .gazetteer import are_people
from .genus import genus_of
from .quiz_questions import DESCRIBED, Gap
from .sorts import of_one_sort
from .terms import Term, Vocabulary

_WRONG = 3
_MOST_SHARED = 0.5
_OFFERED = 12
"""How many wrong descriptions are offered, for a choice by meaning."""
_CONSIDERED = 150
"""How many on each side are looked at: a book has thousands, and most are of other matters."""
_A_FIELD = 12
_AS_LONG, _FEW_AS_LONG = 0.9, 0.7
"""Share of the key's length that the longest option must have, in a text of many descriptions and of few."""
_OF_THINGS = frozenset(DESCRIBED.values())
_WORD = re.compile(r"\w+")


def term_options(key: str, wrong: Sequence[Term] | None) -> tuple[str, ...] | None:
    """The wrong terms written as the key is: with a capital where the sentence gave the key one."""
    if wrong is None:
        return None
    texts = [t.text for t in wrong]
    if key[0].isupper() and not all(t[0].isupper() for t in texts):
        texts = [t[0].upper() + t[1:] for t in texts]
    # No letters without capitals among words with them.
    return _distinct(key, [t for t in texts if t[0].isupper() == key[0].isupper()])


def number_options(key: str, wrong: Sequence[str] | None, sentence: str) -> tuple[str, ...] | None:
    """Other numbers, if they are three, differ from the key and do not stand in the sentence."""
    if wrong is None or any(re.search(rf"\b{re.escape(w)}\b", sentence) for w in wrong):
        return None
    return _distinct(key, list(wrong))


def _distinct(key: str, texts: list[str]) -> tuple[str, ...] | None:
    """The options that are neither the key nor each other, if they are three or more."""
    apart = {t.lower(): t for t in reversed(texts) if t.lower() != key.lower()}
    kept = tuple(t for t in texts if apart.get(t.lower()) == t)
    return kept if len(kept) >= _WRONG else None


class Descriptions:
    """What the document says its terms are: each is a wrong answer to what another one is."""

    def __init__(self, vocabulary: Vocabulary, gaps: Sequence[Gap]) -> None:
        document = vocabulary.document
        self.vocabulary = vocabulary
        # What a text repeats is offered once.
        apart = {(g.draft.topic, g.draft.answer): g for g in reversed(gaps)}.values()
        self._pools: dict[str, list[Gap]] = defaultdict(list)
        for gap in sorted(apart, key=_position):
            self._pools[gap.pool].append(gap)
        self.used: Counter[str] = Counter()
        self._genera: dict[str, str] = {}
        self._sentences = [
            (r.sentence.text.lower(), content_stems(r.sentence.text)) for r in document.readings
        ]
        self._with_word: dict[str, list[int]] = defaultdict(list)
        for number, (text, _) in enumerate(self._sentences):
            for word in {stem(w) for w in _WORD.findall(text)}:
                self._with_word[word].append(number)

    def beside(self, gap: Gap, *, near: bool = False, any_kind: bool = False) -> tuple[str, ...] | None:
        """Three or more descriptions of other things, of the key's number and about its length.

        ``near``: descriptions of the same paragraph count too; ``any_kind``: those of things of other kinds.
        """
        key = gap.draft.answer
        asked = content_stems(gap.draft.topic)
        ranked = sorted(
            (
                g
                for g in self._around(gap)
                if self._fits(gap, g, asked, near=near) and self._of_one_sort(gap, g)
            ),
            key=lambda g: (self._distance(gap, g) + self.used[g.draft.answer], g.draft.stem),
        )
        chosen: list[str] = []
        told = self._told_of(gap.draft.topic)
        mixed = any_kind or (near and self._of_one_field(gap))
        akin = [g for g in ranked if self._akin(gap, g)]
        others = [g for g in ranked if g not in akin] if mixed else []
        for other in [*akin, *others]:
            if _told_too(other.draft, told):
                continue
            stems = content_stems(other.draft.answer)
            if all(len(stems & content_stems(c)) < 3 for c in [*chosen, key]):
                chosen.append(other.draft.answer)
            if len(chosen) == _OFFERED:
                break
        self.used.update(chosen[:_WRONG])
        few = len(self._pools[gap.pool]) < _A_FIELD
        return self._with_a_longer_one(_FEW_AS_LONG if few else _AS_LONG, key, chosen)

    def _around(self, gap: Gap) -> Sequence[Gap]:
        """Those of the gap's pool that stand nearest to it in the text."""
        pool = self._pools[gap.pool]
        at = bisect_left(pool, _position(gap), key=_position)
        return pool[max(0, at - _CONSIDERED) : at + _CONSIDERED]

    def _told_of(self, topic: str) -> list[frozenset[str]]:
        """Stems of the sentences that name a thing."""
        words = [stem(w) for w in _WORD.findall(topic)]
        there = min((self._with_word[w] for w in words), key=len) if words else []
        return [self._sentences[i][1] for i in there if topic in self._sentences[i][0]]

    def _of_one_field(self, gap: Gap) -> bool:
        """Whether the text says of so many things what they are that one must know which is which."""
        return gap.pool in _OF_THINGS and len(self._pools[gap.pool]) >= _A_FIELD

    def _akin(self, gap: Gap, other: Gap) -> bool:
        """Whether what is said of another thing could be said of the one asked for: they are of one kind."""
        described = gap.pool in _OF_THINGS
        if not (described or gap.pool.startswith("ending")):
            return True
        genera = (self._genus(gap), self._genus(other))
        return kin.akin(gap.draft.topic, other.draft.topic, genera) is True

    def _of_one_sort(self, gap: Gap, other: Gap) -> bool:
        """Whether two descriptions begin with nouns of one sort, so that either could be said of a thing."""
        return gap.pool not in _OF_THINGS or of_one_sort(self._genus(gap), self._genus(other))

    def _nearness(self, gap: Gap, other: Gap) -> float:
        """How near in kind two things are that are described."""
        if gap.pool not in DESCRIBED.values():
            return 0.0
        return kin.degree(gap.draft.topic, other.draft.topic, (self._genus(gap), self._genus(other))) or 0.0

    def _genus(self, gap: Gap) -> str:
        if gap.pool in _OF_THINGS:
            answer = gap.draft.answer
            if answer not in self._genera:
                self._genera[answer] = genus_of(answer, self.vocabulary.document.casing)
            return self._genera[answer]
        term = self.vocabulary.terms.get(gap.draft.topic)
        return term.genus if term else ""

    @staticmethod
    def _with_a_longer_one(least: float, key: str, chosen: list[str]) -> tuple[str, ...] | None:
        enough = len(chosen) >= _WRONG and max(map(len, chosen[:_WRONG])) >= least * len(key)
        return tuple(chosen) if enough else None

    @staticmethod
    def _fits(gap: Gap, other: Gap, asked: frozenset[str], *, near: bool) -> bool:
        one, two = gap.draft, other.draft
        if one.topic == two.topic or one.sentence == two.sentence:
            return False
        if one.sentence.block == two.sentence.block and not near:
            return False
        if asked & (content_stems(two.answer) | content_stems(two.topic)):
            return False
        if _of_people(one) != _of_people(two):
            return False
        least, most = (0.5, 2.2) if near else (0.6, 1.6)
        return least * len(one.answer) <= len(two.answer) <= most * len(one.answer)

    def _distance(self, gap: Gap, other: Gap) -> float:
        near = abs(gap.draft.sentence.position - other.draft.sentence.position) / 8000
        unlike = abs(len(gap.draft.answer) - len(other.draft.answer)) / 25
        return near + unlike - self._nearness(gap, other)


def _of_people(draft: Draft) -> bool:
    """Whether a description is of people."""
    head = draft.topic.rpartition(" ")[-1]
    return are_people(head) or any(are_people(w) for w in draft.answer.split()[:2])


def _position(gap: Gap) -> int:
    return gap.draft.sentence.position


def _told_too(other: Draft, told: Sequence[frozenset[str]]) -> bool:
    """Whether sentences about the thing asked for say most of what a wrong option says."""
    said = content_stems(other.answer)
    return any(len(said & stems) >= max(2, _MOST_SHARED * len(said)) for stems in told)
