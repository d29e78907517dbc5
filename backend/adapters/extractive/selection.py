"""Which items to keep: the best ones, spread over the text, none twice."""

from __future__ import annotations

import heapq
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backend.models.questions import Order
from backend.utils.stems import content_stems
from backend.utils.wording import Wording, overlap

from .asking import Draft
from .finishing import difficulty_of

Item = TypeVar("Item")
_SAME_FACT = 0.7
_CHANCE = 0.3
"""How far a seed may move a score."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for, and the length of the text in characters."""

    order: Order
    total: int

    @property
    def width(self) -> float:
        """Characters of the text for each item."""
        return max(1.0, self.total / max(1, self.order.count))

    def allows(self, draft: Draft) -> bool:
        """Whether the order names the draft's kind and difficulty, or none."""
        order = self.order
        hard_enough = order.difficulty is None or difficulty_of(draft.kind) == order.difficulty
        return hard_enough and (not order.kinds or draft.kind in order.kinds)

    def worth(self, draft: Draft) -> float:
        """The draft's score, moved a little by the order's seed."""
        if not self.order.seed:
            return draft.score
        chance = zlib.crc32(f"{self.order.seed}|{draft.stem}".encode()) / 2**32
        return draft.score + _CHANCE * (chance - 0.5)


class _Chosen:
    """What was taken so far and what it costs to take more of the same."""

    def __init__(self, wish: Wish) -> None:
        self.width = wish.width
        self.avoided = [Wording.of(stem) for stem in wish.order.avoid]
        self.places: Counter[int] = Counter()
        self.passages: Counter[int] = Counter()
        self.kinds: Counter[str] = Counter()
        self.topics: Counter[str] = Counter()
        self.sentences: set[int] = set()
        self.stems: list[Wording] = []
        self.facts: list[frozenset[str]] = []

    def cost(self, draft: Draft) -> float:
        """How much less the draft is worth for what was taken already."""
        place = int(draft.sentence.position / self.width)
        crowd = 0.3 * self.places[place] + 0.08 * (self.places[place - 1] + self.places[place + 1])
        taken = max(1, len(self.stems))
        monotony = 0.3 * max(0.0, self.kinds[draft.kind] / taken - 0.25) if taken > 4 else 0.0
        return (
            crowd
            + monotony
            + 0.3 * self.topics[draft.topic]
            + (0.1 if self.passages[draft.sentence.passage] else 0.0)
        )

    def repeats(self, draft: Draft) -> bool:
        """Whether the same is asked already, in the same or other words."""
        if draft.sentence.position in self.sentences:
            return True
        stem, fact = Wording.of(draft.stem), content_stems(draft.sentence.text)
        return any(stem.like(other) for other in (*self.stems, *self.avoided)) or any(
            overlap(fact, f) >= _SAME_FACT for f in self.facts
        )

    def take(self, draft: Draft) -> None:
        """Counts the draft as taken."""
        self.places[int(draft.sentence.position / self.width)] += 1
        self.passages[draft.sentence.passage] += 1
        self.kinds[draft.kind] += 1
        self.topics[draft.topic] += 1
        self.sentences.add(draft.sentence.position)
        self.stems.append(Wording.of(draft.stem))
        self.facts.append(content_stems(draft.sentence.text))


def choose(
    candidates: Sequence[Item],
    draft_of: Callable[[Item], Draft],
    accept: Callable[[Item], bool],
    wish: Wish,
    *,
    least: float,
    before: Sequence[Item] = (),
) -> list[Item]:
    """As many items as wished for in the order taken; ``accept`` has the last word on each.

    ``least`` is the score below which an item is not worth a reader's time, ``before`` what an earlier
    round took: it counts and comes first in the list.
    Costs only grow, so a lazily updated heap finds the best item at each step.
    """
    chosen = _Chosen(wish)
    count = wish.order.count
    for item in before:
        chosen.take(draft_of(item))
    heap = [
        (-wish.worth(draft_of(item)), index, 0)
        for index, item in enumerate(candidates)
        if draft_of(item).score >= least and wish.allows(draft_of(item))
    ]
    heapq.heapify(heap)
    taken = list(before)
    while heap and len(taken) < count:
        _, index, seen = heapq.heappop(heap)
        item = candidates[index]
        draft = draft_of(item)
        if seen != len(taken) + 1:
            heapq.heappush(heap, (chosen.cost(draft) - wish.worth(draft), index, len(taken) + 1))
        elif not chosen.repeats(draft) and accept(item):
            chosen.take(draft)
            taken.append(item)
    return taken
