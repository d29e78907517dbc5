"""How many cores one search takes."""

from __future__ import annotations

import faiss

ALL = faiss.omp_get_max_threads()
"""As OMP_NUM_THREADS says, else every one there is."""

_ONE_THREAD = 50_000_000
"""Components compared. Where others use the cores, a second thread may not have begun when the first has
ended, which then waits for it and burns its core: 23 ms with one thread and 144 with two were seen at
100,000 x 384, 3 ms and 52 at 20,000 x 384."""


def cores_for(components: int) -> int:
    """Of a search that compares so many components: rows of the query times vectors times dimension."""
    return 1 if 0 < components <= _ONE_THREAD else ALL
