"""What marks are worth: answers of known quality to the free-response questions of a textbook.

Each model answer is marked as it is, in other words and order, cut in half, against itself, and in the place
of another question's. Usage: python -m benchmarks.marking [--show NAME]
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median

import numpy as np

from backend.adapters.onnx_embedder.embedder import OnnxEmbedder
from backend.models.marking import Level, Reference
from backend.ports.embedder import Vectors
from backend.services.marking_rules import mark_open
from benchmarks.common import DATA, Figure, write

_QUESTIONS = DATA / "textbook" / "anatomy-and-physiology" / "questions.jsonl"
_LEAST_WORDS = 12
_DROPPED = 0.2
_TURNING = frozenset("not no never nor neither cannot without yes".split())
_VERB = re.compile(r"\b(is|are|was|were|can|will|would|does|do|may|has|have)\b(?! not)")

Change = Callable[[int, Sequence["Asked"], random.Random], str]


class Remembering:
    """An embedder that embeds each text once: every answer is marked at three levels."""

    def __init__(self, inner: OnnxEmbedder) -> None:
        self._inner = inner
        self._known: dict[str, Vectors] = {}
        self.fingerprint = inner.fingerprint
        self.dimension = inner.dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        self._known |= dict(zip(new, await self._inner.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass(frozen=True)
class Asked:
    """A question and its model answer."""

    section: str
    question: str
    answer: str


def asked() -> list[Asked]:
    """The free-response questions whose model answers are long enough to be cut."""
    rows = [json.loads(line) for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [
        Asked(r["section"], r["question"], r["answer"])
        for r in rows
        if r["kind"] == "free_response" and len(r["answer"].split()) >= _LEAST_WORDS
    ]


def _itself(n: int, items: Sequence[Asked], _: random.Random) -> str:
    return items[n].answer


def _reworded(n: int, items: Sequence[Asked], chance: random.Random) -> str:
    """A fifth of the words dropped, but for those that turn the meaning round; sentences in another order."""
    sentences = re.split(r"(?<=[.!?])\s+", items[n].answer)
    chance.shuffle(sentences)
    return " ".join(
        w
        for w in " ".join(sentences).split()
        if chance.random() >= _DROPPED or w.lower().strip(".,;:") in _TURNING
    )


def _half(n: int, items: Sequence[Asked], _: random.Random) -> str:
    words = items[n].answer.split()
    return " ".join(words[: len(words) // 2])


def _foreign(n: int, items: Sequence[Asked], chance: random.Random) -> str:
    others = [i for i in items if i.section != items[n].section]
    return chance.choice(others).answer


def _neighbour(n: int, items: Sequence[Asked], chance: random.Random) -> str:
    """Another question's answer, of the same section where it has one: the same words, another matter."""
    others = [i for i in items if i.section == items[n].section and i is not items[n]]
    return chance.choice(others).answer if others else _foreign(n, items, chance)


def _negated(n: int, items: Sequence[Asked], _: random.Random) -> str:
    return _VERB.sub(r"\1 not", items[n].answer)


def _question(n: int, items: Sequence[Asked], _: random.Random) -> str:
    return items[n].question


CHANGES: dict[str, Change] = {
    "itself": _itself,
    "reworded": _reworded,
    "half": _half,
    "another section's": _foreign,
    "same section's": _neighbour,
    "negated": _negated,
    "question": _question,
}

Scores = dict[str, dict[Level, list[int]]]


async def measure(show: str) -> tuple[Scores, list[float]]:
    """Scores by change and level, and the times in ms of marks whose texts had to be embedded."""
    inner = OnnxEmbedder(threads=1)
    embedder = Remembering(inner)
    items = asked()
    scores: Scores = {name: {level: [] for level in Level} for name in CHANGES}
    times: list[float] = []
    try:
        for name, change in CHANGES.items():
            chance = random.Random(7)  # noqa: S311 - the same answers in every run
            for number, item in enumerate(items):
                answer = change(number, items, chance)
                for level in Level:
                    began = time.perf_counter()
                    found = await mark_open(embedder, item.question, answer, Reference(item.answer), level)
                    if level is Level.EASY:  # the others find their texts embedded
                        times.append(1000 * (time.perf_counter() - began))
                    scores[name][level].append(found.score)
                    if show == name and level is Level.MEDIUM:
                        print(f"{found}\nQ {item.question}\nA {answer}\nM {item.answer}\n")
    finally:
        await inner.close()
    return scores, times


def figures(scores: Scores, times: Sequence[float]) -> list[Figure]:
    """What must hold at every level, and what is seen."""
    made = []
    for level in Level:
        at = {name: by_level[level] for name, by_level in scores.items()}
        for name, bar, holds in (
            ("itself", "100 % >= 9", lambda s: s >= 9),
            ("reworded", ">= 95 % >= 6", lambda s: s >= 6),
            ("half", ">= 80 % in 3..8", lambda s: 3 <= s <= 8),
            ("another section's", ">= 98 % <= 2", lambda s: s <= 2),
            ("same section's", ">= 80 % <= 3", lambda s: s <= 3),
            ("negated", ">= 60 % <= 4", lambda s: s <= 4),
            ("question", ">= 95 % <= 2", lambda s: s <= 2),
        ):
            share = round(100 * mean(map(holds, at[name])), 1)
            least = float(re.search(r"\d+", bar).group())  # type: ignore[union-attr]  # each has one
            made.append(Figure(f"{level}: {name}, {bar.split(' % ')[1]}", share, "%", bar, share >= least))
            made.append(
                Figure(f"{level}: {name}, mean score", round(mean(at[name]), 2), "", "-", reached=True)
            )
    rising = [
        easy >= medium >= strict
        for by_level in scores.values()
        for easy, medium, strict in zip(*(by_level[level] for level in Level), strict=True)
    ]
    made.append(Figure("easy >= medium >= strict", 100 * mean(rising), "%", "100", all(rising)))
    made.append(Figure("one mark, p50", round(median(times), 1), "ms", "-", reached=True))
    return made


def main() -> int:
    """Mark everything and write the results."""
    if not _QUESTIONS.exists():
        print("The textbook is not here; set QUAESTIO_SHARED_DATA.")
        return 1
    show = sys.argv[2] if sys.argv[1:2] == ["--show"] else ""
    scores, times = asyncio.run(measure(show))
    return write("marking", figures(scores, times))


if __name__ == "__main__":
    sys.exit(main())
