"""Single queries that arrive together are searched as one batch; one that comes alone does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import numpy as np

from backend.errors import QuaestioError
from backend.models.vector_index import Neighbours, Rows

Search = Callable[[Rows, int], Awaitable[Neighbours]]

MOST_TOGETHER = 64


@dataclass(slots=True)
class _Waiting:
    query: Rows
    k: int
    found: asyncio.Future[Neighbours]


@dataclass(slots=True)
class _Line:
    search: Search
    waiting: list[_Waiting] = field(default_factory=list)


class JointSearch:
    """One batch at a time for each key: while it runs, queries gather for the next. For one event loop."""

    def __init__(self, batched: Callable[[int], None] = lambda _: None) -> None:
        self._lines: dict[object, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._batched = batched

    async def search(self, key: object, query: Rows, k: int, search: Search) -> Neighbours:
        """What ``search`` finds for one row; ``key`` names all that it depends on but query and ``k``."""
        if (line := self._lines.get(key)) is not None:
            waiting = _Waiting(query, k, asyncio.get_running_loop().create_future())
            line.waiting.append(waiting)
            return await waiting.found
        line = self._lines[key] = _Line(search)
        try:
            found = await search(query, k)
            self._batched(1)
        finally:
            self._go_on(key, line)
        return found

    def _go_on(self, key: object, line: _Line) -> None:
        """With those who have come meanwhile."""
        if not line.waiting:
            del self._lines[key]
            return
        task = asyncio.create_task(self._run(key, line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: object, line: _Line) -> None:
        try:
            while line.waiting:
                batch, line.waiting = line.waiting[:MOST_TOGETHER], line.waiting[MOST_TOGETHER:]
                batch = [one for one in batch if not one.found.done()]  # its caller may have left
                if batch:
                    await _answer(batch, line.search)
                    self._batched(len(batch))
        finally:
            del self._lines[key]
            for one in line.waiting:
                one.found.cancel()


async def _answer(batch: list[_Waiting], search: Search) -> None:
    try:
        found = await search(np.concatenate([one.query for one in batch]), max(one.k for one in batch))
    except QuaestioError as error:
        await _answer_alone(batch, search, error)
        return
    except Exception as error:  # noqa: BLE001 - belongs to the callers
        _fail(batch, error)
        return
    for row, one in enumerate(batch):
        if not one.found.done():
            one.found.set_result(_row(found, row, one.k))


async def _answer_alone(batch: list[_Waiting], search: Search, error: QuaestioError) -> None:
    """One bad query must not cost the others their answer."""
    if len(batch) == 1:
        _fail(batch, error)
        return
    for one in batch:
        await _answer([one], search)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for one in batch:
        if not one.found.done():
            one.found.set_exception(error)


def _row(found: Neighbours, row: int, k: int) -> Neighbours:
    return Neighbours(
        found.scores[row : row + 1, :k], found.numbers[row : row + 1, :k], [found.metadata[row][:k]]
    )
