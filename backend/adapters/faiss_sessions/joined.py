"""Single queries that arrive together, searched as one batch with the answers they would get alone."""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions.frames import Array, Frame
from backend.adapters.faiss_sessions.gate import Gate
from backend.adapters.faiss_sessions.objects import Session

_MOST_ROWS = 4
"""Rows of a query that is joined with others."""
_SLACK = 16
"""Results beyond k that the fast pass keeps, for what its rounding may have moved."""
_WORTH_IT = 20_000
"""Vectors from which the fast pass pays."""

Key = tuple[int, int, int]


def key_of(number: int, frame: Frame) -> Key | None:
    """What queries must share to be joined: session, index and k. None for everything else."""
    header = frame.header
    if header.get("op") != "call" or header.get("name") != "search" or header.get("kwargs"):
        return None
    match header.get("args"):
        case [{"a": 0}, int(k)] if k > 0 and len(frame.arrays) == 1:
            x = frame.arrays[0]
            if x.ndim == 2 and 0 < len(x) <= _MOST_ROWS and x.dtype in (np.float32, np.uint8):
                return number, int(header.get("on", 0)), k
    return None


def search_together(session: Session, frames: list[Frame], threads: Gate) -> list[tuple[Array, Array]]:
    """Distances and labels of each frame. Raises what FAISS raises: then none has an answer."""
    index = session.of(frames[0].header.get("on")).obj
    k = frames[0].header["args"][1]
    x = np.concatenate([frame.arrays[0] for frame in frames])
    if not isinstance(index, faiss.Index | faiss.IndexBinary):
        raise TypeError("only indexes are searched")
    found = _exact_and_fast(index, x, k, threads) or _as_alone(index, x, k)
    ends = np.cumsum([len(frame.arrays[0]) for frame in frames])[:-1]
    return list(zip(*(np.split(part, ends) for part in found), strict=True))


def _as_alone(index: Any, x: Array, k: int) -> tuple[Array, Array]:  # noqa: ANN401 - SWIG
    """In batches so small that FAISS computes each query as it would a single one."""
    most = max(1, (faiss.cvar.distance_compute_blas_threshold - 1) // max(1, x.shape[1]))
    parts = [index.search(x[at : at + most], k) for at in range(0, len(x), most)]
    return np.concatenate([d for d, _ in parts]), np.concatenate([i for _, i in parts])


def _exact_and_fast(
    index: Any,  # noqa: ANN401 - SWIG
    x: Array,
    k: int,
    gate: Gate,
) -> tuple[Array, Array] | None:
    """Candidates by matrix product, then their distances as a single query computes them.

    None where it does not pay or cannot be proven to be what each query would get alone.
    """
    if type(index) not in {faiss.IndexFlat, faiss.IndexFlatL2, faiss.IndexFlatIP} or len(x) < 4:
        return None
    if (
        index.ntotal < _WORTH_IT
        or k > 64
        or index.metric_type not in {faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT}
    ):
        return None
    candidates = _by_matrix_product(index, x, k + _SLACK, gate)
    return None if candidates is None else _settled(index, x, k, *candidates)


def _by_matrix_product(index: Any, x: Array, k: int, gate: Gate) -> tuple[Array, Array] | None:  # noqa: ANN401
    with gate.alone_now() as alone:
        if not alone:
            return None
        before = faiss.cvar.distance_compute_blas_threshold
        faiss.cvar.distance_compute_blas_threshold = 1
        try:
            distances, labels = index.search(x, k)
        finally:
            faiss.cvar.distance_compute_blas_threshold = before
    return distances, labels


def _settled(index: Any, x: Array, k: int, rough: Array, labels: Array) -> tuple[Array, Array] | None:  # noqa: ANN401
    """The best k by exact distance; None if one beyond the candidates could be among them."""
    exact = np.empty_like(rough)
    n, width = labels.shape
    index.compute_distance_subset(n, faiss.swig_ptr(x), width, faiss.swig_ptr(exact), faiss.swig_ptr(labels))
    sign = 1 if index.metric_type == faiss.METRIC_L2 else -1
    order = np.lexsort((labels, sign * exact), axis=1)[:, :k]
    best = np.take_along_axis(exact, order, 1)
    error = 2 * np.abs(exact - rough).max(axis=1) + 1e-6 * np.abs(rough).max(axis=1)
    certain = sign * rough[:, -1] - error > sign * best[:, -1]
    if not certain.all() or not np.isfinite(exact).all():
        return None
    return best, np.take_along_axis(labels, order, 1)
