"""Single queries that arrive together, searched as one batch."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions.frames import Array, Frame
from backend.adapters.faiss_sessions.gate import Gate
from backend.adapters.faiss_sessions.objects import Session

_MATRIX = 2
_MOST_ROWS = 4
"""Rows of a query that is joined with others."""
_FEWEST = 4
_WORTH_IT = 10_000
"""Queries and vectors from which a matrix product pays; FAISS itself uses one from so many vectors on."""
_FLAT = {faiss.IndexFlat, faiss.IndexFlatL2, faiss.IndexFlatIP}

Key = tuple[int, int, int]


def key_of(number: int, frame: Frame) -> Key | None:
    """What queries must share to be joined: session, index and k. None for everything else."""
    header = frame.header
    if header.get("op") != "call" or header.get("name") != "search" or header.get("kwargs"):
        return None
    match header.get("args"):
        case [{"a": 0}, int(k)] if k > 0 and len(frame.arrays) == 1:
            x = frame.arrays[0]
            if x.ndim == _MATRIX and 0 < len(x) <= _MOST_ROWS and x.dtype in (np.float32, np.uint8):
                return number, int(header.get("on", 0)), k
    return None


def search_together(session: Session, frames: list[Frame], process: Gate) -> list[tuple[Array, Array]]:
    """Distances and labels of each frame. Raises what FAISS raises: then none has an answer."""
    index = session.of(frames[0].header.get("on")).obj
    k = frames[0].header["args"][1]
    x = np.concatenate([frame.arrays[0] for frame in frames])
    if type(index) in _FLAT and len(x) >= _FEWEST and index.ntotal >= _WORTH_IT:
        with process.alone_now() as alone:
            found = _by_matrix_product(index, x, k) if alone else index.search(x, k)
    else:
        found = _in_small_batches(index, x, k)
    ends = np.cumsum([len(frame.arrays[0]) for frame in frames])[:-1]
    return list(zip(*(np.split(part, ends) for part in found), strict=True))


def _in_small_batches(index: Any, x: Array, k: int) -> tuple[Array, Array]:  # noqa: ANN401 - SWIG
    """So small that coarse quantizers compute distances as they do for a single query."""
    most = max(1, (faiss.cvar.distance_compute_blas_threshold - 1) // max(1, x.shape[1]))
    parts = [index.search(x[at : at + most], k) for at in range(0, len(x), most)]
    return np.concatenate([d for d, _ in parts]), np.concatenate([i for _, i in parts])


def _by_matrix_product(index: Any, x: Array, k: int) -> tuple[Array, Array]:  # noqa: ANN401 - SWIG
    """As FAISS computes a single query on several threads, at a sixth of the cost of one by one.

    The threshold belongs to the whole process, so nothing else may run meanwhile.
    """
    before = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = 1
    try:
        distances, labels = index.search(x, k)
    finally:
        faiss.cvar.distance_compute_blas_threshold = before
    return distances, labels
