"""FAISS off the event loop: a few threads, which share the processor's cores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import faiss

from backend.adapters.faiss_engine.cores import cores_for

T = TypeVar("T")

_SMALL_WORK = 10_000_000
"""Components compared, rows of the query times vectors: about half a millisecond of one thread."""
_ROWS_FOR_PRODUCTS = 4
"""From so many queries on, FAISS finds distances faster by one product of matrices than one by one."""


class FaissThreads:
    """Runs searches on at most ``threads`` threads; more wait. Alone, one uses every core."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="index-search")
        self._running = 0

    async def run(
        self, work: Callable[[], T], dimension: int = 0, pairs: int = 1 << 62, *, shared: bool = False
    ) -> T:
        """The result of ``work``.

        ``dimension``: of the vectors that it searches, where it does; ``pairs``: queries times vectors;
        ``shared``: by many callers, whose next requests are read meanwhile on the cores left to them.
        """
        self._running += 1
        try:
            cores = max(1, cores_for(pairs * dimension) // self._running // (2 if shared else 1))
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, partial(_alone, work, cores, dimension))
        finally:
            self._running -= 1

    def here(self, work: Callable[[], T], dimension: int, pairs: int) -> T | None:
        """The result of ``work`` on this very thread, where that is quicker than to wake another; else None.

        That is so for small work while no other runs: others that come meanwhile are a batch afterwards.
        """
        if self._running or pairs * dimension > _SMALL_WORK:
            return None
        return _alone(work, 1, dimension)

    def close(self) -> None:
        """Wait for what runs."""
        self._pool.shutdown()


def _alone(work: Callable[[], T], cores: int, dimension: int) -> T:
    faiss.omp_set_num_threads(cores)  # of this thread
    if dimension:
        # Of the process; where two threads disagree for a moment, one of them is slower.
        faiss.cvar.distance_compute_blas_threshold = _ROWS_FOR_PRODUCTS * dimension
    return work()
