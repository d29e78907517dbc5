"""A graph over the first vectors of a flat index: derived from them, and never all that is searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
import orjson
import xxhash

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.blocks import BlockFile
from backend.adapters.faiss_engine.disk import Disk
from backend.adapters.faiss_engine.recall import NEAREST
from backend.adapters.faiss_engine.spec import METRICS, IndexSpec
from backend.adapters.faiss_engine.structure import Found, Mask
from backend.errors import DamagedIndex

LINKS = 32
_OPTIONS = frozenset({"efSearch", "check_relative_distance"})
_WIDE = 4
"""A search of so many times fewer candidates than the graph has vectors is cheaper than one of all."""
_FORMAT = 1
_DIGEST = 16
_NAME = "graph"


@dataclass(slots=True)
class Graph:
    """Links between the first ``covered`` positions; the vectors are those of the flat index at each search.

    ``effort`` candidates found ``recall`` of the ten nearest. ``vectors`` is the XXH3 of what it was made
    of: it fits an index that begins with the same.
    """

    links: Any
    covered: int
    effort: int
    recall: float
    vectors: str
    _over: Any = field(default=None, repr=False)

    def over(self, index: structure.Index) -> Any:
        """The FAISS index to be searched; while nobody changes ``index``."""
        if self._over is not index:  # after an opening, or since the index was read into memory
            self.links.storage, self.links.own_fields = index, False
            self._over = index
        return self.links

    def compares(self, total: int) -> int:
        """Vectors that a search looks at, roughly."""
        return min(total, self.effort * LINKS + total - self.covered)


def search(
    graph: Graph | None,
    index: structure.Index,
    queries: npt.NDArray[Any],
    k: int,
    mask: Mask | None,
    options: Mapping[str, Any],
) -> Found:
    """``structure.search`` by graph and, behind it, one by one; all one by one where that is cheaper."""
    rest = {name: value for name, value in options.items() if name not in _OPTIONS}
    if rest or graph is None or (wide := _effort(graph, k, mask, options)) is None:
        return structure.search(index, queries, k, mask, rest)
    inside = None if mask is None else mask[: graph.covered]
    found = structure.search(graph.over(index), queries, k, inside, {**options, "efSearch": wide})
    total = int(index.ntotal)
    if total == graph.covered:
        return found
    behind = np.ones(total, np.bool_) if mask is None else mask.copy()
    behind[: graph.covered] = False
    return _best(index, found, _behind(index, queries, k, graph.covered, None if mask is None else behind), k)


def _effort(graph: Graph, k: int, mask: Mask | None, options: Mapping[str, Any]) -> int | None:
    """Candidates that find as much as was measured: more for more results, or where some do not count."""
    asked = options.get("efSearch")
    wide = max(graph.effort, graph.effort * k // NEAREST) if asked is None else max(int(asked), k)
    if mask is not None:
        count = int(np.count_nonzero(mask[: graph.covered]))
        if not count:
            return None
        wide = wide * graph.covered // count
    return wide if wide * _WIDE <= graph.covered else None


def _behind(
    index: structure.Index, queries: npt.NDArray[Any], k: int, first: int, mask: Mask | None
) -> Found:
    if mask is not None:
        return structure.search(index, queries, k, mask, {})
    with structure.faiss_errors():
        # FAISS looks at this range alone; of a bitmap it tries every bit.
        selector = faiss.IDSelectorRange(first, int(index.ntotal))
        found: Found = index.search(queries, k, params=faiss.SearchParameters(sel=selector))
        return found


def _best(index: structure.Index, one: Found, other: Found, k: int) -> Found:
    distances = np.concatenate([one[0], other[0]], axis=1)
    positions = np.concatenate([one[1], other[1]], axis=1)
    keys = -distances if structure.bigger_is_nearer(index) else distances
    order = np.argsort(keys, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(positions, order, axis=1)


def empty(spec: IndexSpec) -> Any:
    """A graph of nothing."""
    return faiss.IndexHNSWFlat(spec.dimension, LINKS, METRICS[spec.metric])


def bare(links: Any) -> Any:
    """A copy without its vectors."""
    return _from_bytes(faiss.serialize_index(links, faiss.IO_FLAG_SKIP_STORAGE))


def _from_bytes(content: npt.NDArray[np.uint8]) -> Any:
    return faiss.deserialize_index(content, faiss.IO_FLAG_SKIP_STORAGE)


def keep(graph: Graph, folder: Path, disk: Disk) -> None:
    """Write a graph without its vectors beside the generations. Raises OSError."""
    fresh = folder / f"new-{_NAME}"
    fresh.unlink(missing_ok=True)
    told = orjson.dumps(
        {
            "format": _FORMAT,
            "covered": graph.covered,
            "effort": graph.effort,
            "recall": graph.recall,
            "vectors": graph.vectors,
        }
    )
    links = faiss.serialize_index(graph.links, faiss.IO_FLAG_SKIP_STORAGE)
    body = b"".join([len(told).to_bytes(8, "little"), told, links.tobytes()])
    with BlockFile(fresh, disk) as file:
        file.write(xxhash.xxh3_128_digest(body))
        file.write(body)
    disk.reached("graph.written")
    fresh.replace(folder / _NAME)
    disk.reached("graph.named")


def kept(folder: Path) -> Graph | None:
    """What ``keep`` wrote last; None where there is none. Raises DamagedIndex, OSError."""
    try:
        content = (folder / _NAME).read_bytes()
    except FileNotFoundError:
        return None
    body = memoryview(content)[_DIGEST:]
    if xxhash.xxh3_128_digest(body) != content[:_DIGEST]:
        raise DamagedIndex("The graph's file is damaged.")
    beyond = 8 + int.from_bytes(body[:8], "little")
    told = orjson.loads(body[8:beyond])
    if told["format"] != _FORMAT:
        return None  # of another version of this program: it is made anew
    links = _from_bytes(np.frombuffer(body[beyond:], np.uint8))
    return Graph(links, told["covered"], told["effort"], told["recall"], told["vectors"])
