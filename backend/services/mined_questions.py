"""Questions chosen from those that were made ahead: a request is selection."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from backend.models.documents import POSITION_BITS, Document, Passage
from backend.models.questions import Candidate, Mode, Order, Question
from backend.ports.candidate_store import CandidateStore
from backend.utils.places import even_places
from backend.utils.stems import content_stems
from backend.utils.wording import Wording

_TURNS = (3, 12, 1_000_000)
"""How many candidates of each section are looked at: few at first, more where too few were right."""
_ENOUGH = 3
"""Candidates for each question asked that make a good choice."""
_GOOD, _FAIR = 0.43, 0.21
"""Score from which a question is taken before others, and from which it stands for a section that has no
good one; weaker ones only fill what is left."""
_ROUNDS = ((_GOOD, 1), (_FAIR, 1), (_GOOD, math.inf), (-math.inf, math.inf))
"""What is taken in turn: the score from which, and how many of each section."""
_SPREAD, _MANY_SECTIONS = 0.8, 12
"""Share of a set's questions that come each from a section of its own, where so many sections have any: the
others, most of them from a list at the end, would be a quiz on that list."""
_CHANCE = 0.3
_MONOTONY, _SAME_ANSWER = 0.3, 0.25
_KIND_SHARE = 0.25
_MOST_TIMES = 3
_WHAT_IS = re.compile(
    r"^What (?:(?:is|are) (?:an? |the )?(?P<told>.+)|does the term “(?P<quoted>.+)” mean)\?$"
)


class MinedQuestions:
    """Chooses among stored candidates; says None where a document is not mined yet."""

    def __init__(self, store: CandidateStore) -> None:
        self._store = store

    async def spread(self, tenant: str, documents: Sequence[Document], order: Order) -> list[Question] | None:
        """Questions over all sections of all documents."""
        if not documents or await self._store.unmined(tenant, documents):
            return None
        chosen: list[Candidate] = []
        before = -1
        for turns in _TURNS:
            found = await self._store.best(tenant, order.mode, documents, turns)
            if len(found) == before:
                break
            before = len(found)
            chosen = chosen_from(found, order)
            fitting = sum(order.allows(c.question) for c in found)
            if len(chosen) >= order.count and fitting >= min(_ENOUGH, turns) * order.count:
                break
        return shown(chosen, order.mode)

    async def about(
        self,
        tenant: str,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        order: Order,
        topic: str,
    ) -> list[Question] | None:
        """Questions that come from the passages, those that name the topic and of better passages first."""
        named = {p.document_id for p in passages}
        if not passages or await self._store.unmined(tenant, [d for d in documents if d.id in named]):
            return None
        relevance = {c.key: p.score for p in passages for c in p.chunks}
        found = await self._store.of_chunks(tenant, order.mode, sorted(relevance))
        asked = content_stems(topic)
        weighed = [
            replace(c, score=c.score + relevance[c.chunk] + _named(c, asked), section=c.chunk) for c in found
        ]
        return shown(chosen_from(weighed, order, even=False), order.mode)


def _named(candidate: Candidate, asked: frozenset[str]) -> float:
    """Share of a topic's words that a question or its answer has."""
    question = candidate.question
    return len(asked & content_stems(f"{question.stem} {question.answer}")) / max(1, len(asked))


class _Taken:
    """What was taken so far, and what more of the same is worth less."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.most = order.count
        self.headings: set[str | None] = set()
        self.candidates: list[Candidate] = []
        self.stems = [Wording.of(stem) for stem in order.avoid]
        self.kinds: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.quotes: set[str] = set()
        self.topics: set[str] = set()
        """Terms that are asked for by their meaning's question: no other question has them as its answer."""

    def worth(self, candidate: Candidate) -> float:
        question = candidate.question
        share = self.kinds[question.kind] / max(1, len(self.candidates))
        monotony = _MONOTONY * max(0.0, share - _KIND_SHARE)
        same = _SAME_ANSWER * self.answers[question.answer.lower()]
        return candidate.score + self._chance(question.stem) - monotony - same

    def _chance(self, stem: str) -> float:
        if not self.order.seed:
            return 0.0
        return _CHANCE * zlib.crc32(f"{self.order.seed}|{stem}".encode()) / 2**32

    def _tells_another(self, question: Question) -> bool:
        """Whether a term's meaning is asked for here and the term by its meaning there."""
        return question.answer.lower() in self.topics or _asked_for(question.stem) in self.answers

    def take_best(self, candidates: Iterable[Candidate]) -> bool:
        """Takes the most worthy candidate that asks for something new; False where there is none."""
        for candidate in sorted(candidates, key=self.worth, reverse=True):
            question = candidate.question
            stem = Wording.of(question.stem)
            if question.source.quote in self.quotes or any(stem.like(other) for other in self.stems):
                continue
            if self.answers[question.answer.lower()] >= _most_times(question.answer):
                continue
            if self._tells_another(question):
                continue
            self.candidates.append(candidate)
            self.stems.append(stem)
            self.kinds[question.kind] += 1
            self.answers[question.answer.lower()] += 1
            self.topics.add(_asked_for(question.stem))
            self.headings.add(question.source.heading)
            self.quotes.add(question.source.quote)
            return True
        return False


def _asked_for(stem: str) -> str:
    """The term of a question for what it means, in lower case; "" for other questions."""
    found = _WHAT_IS.match(stem)
    return (found["told"] or found["quoted"]).lower() if found else ""


def _most_times(answer: str) -> int:
    """How often an answer may be asked for: a term once, a name or a number more often."""
    return 1 if answer[:1].islower() else _MOST_TIMES


def chosen_from(found: Sequence[Candidate], order: Order, *, even: bool = True) -> list[Candidate]:
    """At most ``order.count`` candidates, none like another; ``even`` takes each section in its turn."""
    fitting = [c for c in found if order.allows(c.question)]
    taken = _Taken(order)
    if not even:
        while len(taken.candidates) < order.count and taken.take_best(fitting):
            pass
        return taken.candidates
    for least, turns in _ROUNDS:
        if turns > 1 and len(taken.headings) >= _MANY_SECTIONS:
            taken.most = min(taken.most, round(len(taken.headings) / _SPREAD))
        groups: dict[int, list[Candidate]] = defaultdict(list)
        for candidate in fitting:
            if candidate.score >= least:
                groups[candidate.section].append(candidate)
        _take_in_turns(groups, taken, turns)
    return taken.candidates


def _take_in_turns(groups: dict[int, list[Candidate]], taken: _Taken, turns: float) -> None:
    """A question from each document, then from each section, and so on until each has had its turns."""
    order = taken.order
    touched = Counter(c.section for c in taken.candidates)
    documents: dict[int, list[int]] = defaultdict(list)
    for section in groups:
        documents[section >> POSITION_BITS].append(section)
    if 1 < len(documents) <= order.count and not taken.candidates:
        for sections in documents.values():
            best = max(sections, key=lambda s: max(c.score for c in groups[s]))
            touched[best] += taken.take_best(groups[best])
    left = set(groups)
    while left and len(taken.candidates) < taken.most:
        least = min(touched[s] for s in left)
        if least >= turns:
            return
        waiting = sorted(s for s in left if touched[s] == least)
        for near in _neighbourhoods(waiting, taken.most - len(taken.candidates)):
            for section in sorted(near, key=lambda s: -max(map(taken.worth, groups[s]))):
                if taken.take_best(groups[section]):
                    touched[section] += 1
                    break
                left.discard(section)


def _neighbourhoods(sections: Sequence[int], count: int) -> Iterator[Sequence[int]]:
    """The sections in at most ``count`` runs of the same size: of each, the best one has its turn."""
    runs = min(count, len(sections))
    for i in range(runs):
        yield sections[i * len(sections) // runs : (i + 1) * len(sections) // runs]


def shown(chosen: Sequence[Candidate], mode: Mode) -> list[Question]:
    """The questions, in a quiz with even places of the keys in every set."""
    if mode is Mode.PRACTICE:
        return [c.question for c in chosen]
    places = even_places(zlib.crc32("|".join(c.question.stem for c in chosen).encode()))
    return [_with_key_at(c.question, next(places)) for c in chosen]


def _with_key_at(question: Question, place: int) -> Question:
    others = [o for o in question.options if o != question.answer]
    return replace(question, options=(*others[:place], question.answer, *others[place:]))
