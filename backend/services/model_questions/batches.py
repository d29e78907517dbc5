"""Passages shared out over parallel calls, each part of the text its fair share of the questions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from backend.models.documents import Passage

SPARE = 0.4
"""Asked for beyond what is missing, so that items which fail their check seldom cost a second round."""

_LEAST, _MOST = 700, 2500
"""Characters of a part: a paragraph or two, enough for a question to be of more than one sentence."""
_PER_BATCH = 4
"""Questions that one call must bring: few, so that a call is short and many run at a time."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one part of the text is asked for."""

    part: int
    """Index among the parts."""
    wanted: int
    """Questions that count at once."""
    spare: int
    """Questions more, kept in case others fall short."""


Batch = tuple[Share, ...]


def parts(passages: Sequence[Passage], count: int) -> list[Passage]:
    """The passages cut at their chunks into parts, small enough that each need not carry many questions."""
    total = sum(len(passage.text) for passage in passages)
    length = min(_MOST, max(_LEAST, total // max(1, count)))
    return [part for passage in passages for part in _cut(passage, length)]


def _cut(passage: Passage, length: int) -> Iterator[Passage]:
    size, begun = 0, 0
    sizes = [len(chunk.text) for chunk in passage.chunks]
    for position, chunk_size in enumerate(sizes):
        # A short rest is not left over: it would carry no question.
        if size and size + chunk_size > length and sum(sizes[position:]) >= length / 2:
            yield replace(passage, chunks=passage.chunks[begun:position], hit=0)
            size, begun = 0, position
        size += chunk_size
    yield replace(passage, chunks=passage.chunks[begun:], hit=0)


def round_of(parts_: Sequence[Passage], asked: Counter[int], missing: int) -> list[Batch]:
    """One round of calls for ``missing`` questions; parts that were asked less come first.

    ``asked`` counts questions asked of each part so far and is brought up to date.
    """
    chosen = _chosen(parts_, asked, missing)
    spares = max(2, math.ceil(SPARE * missing))
    shares = [
        Share(part, _slice(missing, i, len(chosen)), _slice(spares, i, len(chosen)))
        for i, part in enumerate(chosen)
    ]
    for share in shares:
        asked[share.part] += share.wanted + share.spare
    calls = max(1, math.ceil(missing / _PER_BATCH))
    edges = [round(i * len(shares) / calls) for i in range(calls + 1)]
    groups = [tuple(shares[a:b]) for a, b in pairwise(edges) if b > a]
    return [piece for group in groups for piece in _split(group)]


def _split(group: Batch) -> list[Batch]:
    """One part that is asked for many questions is asked in several calls."""
    if len(group) > 1 or group[0].wanted <= 2 * _PER_BATCH:
        return [group]
    share, calls = group[0], math.ceil(group[0].wanted / _PER_BATCH)
    return [
        (Share(share.part, _slice(share.wanted, i, calls), _slice(share.spare, i, calls)),)
        for i in range(calls)
    ]


def _chosen(parts_: Sequence[Passage], asked: Counter[int], missing: int) -> list[int]:
    """At most ``missing`` parts in reading order: the best found, or spread evenly where none was."""
    fewest = min(asked[i] for i in range(len(parts_)))
    fresh = [i for i in range(len(parts_)) if asked[i] == fewest]
    count = min(len(fresh), missing)
    if any(parts_[i].score for i in fresh):
        return sorted(sorted(fresh, key=lambda i: -parts_[i].score)[:count])
    return [fresh[int((i + 0.5) * len(fresh) / count)] for i in range(count)]


def _slice(total: int, index: int, of: int) -> int:
    """The ``index``-th of ``of`` shares of a whole number, the larger ones spread evenly."""
    return (index + 1) * total // of - index * total // of
