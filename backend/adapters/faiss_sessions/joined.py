"""Single queries that arrive together, searched as one batch; each gets what it would have got alone."""

from __future__ import annotations

import threading
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from backend.adapters.faiss_sessions.frames import Array, Frame
from backend.adapters.faiss_sessions.objects import Session

FEWEST = 4
"""Queries from which a matrix product pays."""
_MATRIX = 2
_MOST_ROWS = 4
"""Rows of a query that is joined with others."""
_MOST_K = 1000
_FEWEST_VECTORS = 10_000
_PRODUCT_K = 90
"""Largest k of a matrix product, with the spares below FAISS's change to another way of keeping results."""
_SPARES = 8
"""Results beyond k that are looked at exactly, so that rounding cannot have pushed one out."""
_DOUBT = 4.0
"""How many times the largest rounding seen among a query's candidates one that was not seen may have."""
_FLAT = {faiss.IndexFlat, faiss.IndexFlatL2, faiss.IndexFlatIP}
_METRICS = {faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT}

Key = tuple[int, int, int]


def key_of(number: int, frame: Frame) -> Key | None:
    """What queries must share to be joined: session, index and k. None for everything else."""
    header = frame.header
    if header.get("op") != "call" or header.get("name") != "search" or header.get("kwargs"):
        return None
    match header.get("args"):
        case [{"a": 0}, int(k)] if 0 < k <= _MOST_K and len(frame.arrays) == 1:
            x = frame.arrays[0]
            if x.ndim == _MATRIX and 0 < len(x) <= _MOST_ROWS and x.dtype in (np.float32, np.uint8):
                return number, int(header.get("on", 0)), k
    return None


def is_product(session: Session, frames: list[Frame]) -> bool:
    """Whether these queries are searched at a sixth of the cost of one by one, by a matrix product."""
    index = session.of(frames[0].header.get("on")).obj
    return (
        type(index) in _FLAT
        and index.metric_type in _METRICS
        and sum(len(frame.arrays[0]) for frame in frames) >= FEWEST
        and index.ntotal >= _FEWEST_VECTORS
        and frames[0].header["args"][1] <= _PRODUCT_K
    )


Found = tuple[Array, Array] | None
"""Distances and labels; None for a query that has to be asked alone."""


def search_together(session: Session, frames: list[Frame], *, product: bool) -> list[Found]:
    """What each frame asked for. Raises what FAISS raises: then none has an answer."""
    index = session.of(frames[0].header.get("on")).obj
    k = frames[0].header["args"][1]
    x = np.concatenate([frame.arrays[0] for frame in frames])
    ends = np.cumsum([len(frame.arrays[0]) for frame in frames])[:-1]
    if not product:
        found = _in_small_batches(index, x, k)
        return list(zip(*(np.split(part, ends) for part in found), strict=True))
    distances, labels, certain = _by_product(index, x, k)
    parts = zip(*(np.split(part, ends) for part in (distances, labels, certain)), strict=True)
    return [(d, i) if sure.all() else None for d, i, sure in parts]


def _in_small_batches(index: Any, x: Array, k: int) -> tuple[Array, Array]:  # noqa: ANN401 - SWIG
    """So small that coarse quantizers compute distances as they do for a single query."""
    most = max(1, (faiss.cvar.distance_compute_blas_threshold - 1) // max(1, x.shape[1]))
    parts = [index.search(x[at : at + most], k) for at in range(0, len(x), most)]
    return np.concatenate([d for d, _ in parts]), np.concatenate([i for _, i in parts])


def _by_product(index: Any, x: Array, k: int) -> tuple[Array, Array, NDArray[np.bool_]]:  # noqa: ANN401 - SWIG
    """The product says who the candidates are; their distances are then computed as for a single query.

    A product rounds otherwise than FAISS does for one query. Where the k-th candidate is not clearly nearer
    than the last one, nothing is said about that query: so no result depends on who else asked.
    """
    rough, labels = index.search(x, k + _SPARES)
    exact = np.empty_like(rough)
    pointers = [faiss.swig_ptr(each) for each in (x, exact, labels)]
    index.compute_distance_subset(len(x), pointers[0], k + _SPARES, pointers[1], pointers[2])
    sign = -1.0 if index.metric_type == faiss.METRIC_INNER_PRODUCT else 1.0
    order = np.lexsort((labels, sign * exact), axis=1)[:, :k]
    distances = np.take_along_axis(exact, order, 1)
    certain = _certain(sign * distances[:, -1], sign * rough, sign * exact)
    return distances, np.take_along_axis(labels, order, 1), certain


def _certain(last: Array, rough: Array, exact: Array) -> NDArray[np.bool_]:
    """Of each query, whether everything that is not among its candidates is farther than its k-th result."""
    rounding = np.abs(rough - exact).max(axis=1) + np.spacing(np.abs(rough).max(axis=1))
    certain: NDArray[np.bool_] = last + _DOUBT * rounding < rough[:, -1]
    return certain


class ProductForBatches:
    """FAISS's switch to matrix products, for as long as batches run. Whoever enters holds others off."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._inside = 0
        self._before = 0

    def __enter__(self) -> None:
        """Products from the first row on."""
        with self._mutex:
            if not self._inside:
                self._before = faiss.cvar.distance_compute_blas_threshold
                faiss.cvar.distance_compute_blas_threshold = 1
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        """As it was, after the last one."""
        with self._mutex:
            self._inside -= 1
            if not self._inside:
                faiss.cvar.distance_compute_blas_threshold = self._before
