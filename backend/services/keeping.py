"""Vectors of another model, kept as they are in an index of their own and compared with the source."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np

from backend.models.migration import Verification
from backend.models.vectors import UNIT_TOLERANCE
from backend.ports.foreign_store import ForeignStore
from backend.ports.kept_vectors import KeptIndex, KeptOrigin, KeptVectors, Matrix
from backend.services.transfer_check import NEAREST, QUERIES, ROUNDING, SAMPLED, nearest_in, spread

PRODUCT = "llamaindex"

BATCH = 1024

_IDS = 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a store."""

    name: str
    """Of its index."""
    verification: Verification
    notes: tuple[str, ...]


class Keeping:
    """Goes on where an earlier attempt at the same store broke off; repeated, it changes nothing."""

    def __init__(self, vectors: KeptVectors) -> None:
        self._vectors = vectors

    async def run(
        self, tenant: str, folder: str, store: ForeignStore, stored: Callable[[int], Awaitable[None]]
    ) -> Kept:
        """Keep all nodes of a store; ``stored`` hears how many are, and ends the work by what it raises.

        Raises IndexInUse, StorageFull.
        """
        origin = KeptOrigin(PRODUCT, folder, _digest(store), store.dimension or 0, store.nodes)
        index = await asyncio.to_thread(self._vectors.begin, tenant, folder, origin)
        try:
            longest, shortest = 0.0, np.inf
            for first in range(len(index), store.nodes, BATCH):
                low, high = await asyncio.to_thread(_take, index, store, first)
                shortest, longest = min(shortest, low), max(longest, high)
                await stored(min(first + BATCH, store.nodes))
            await asyncio.to_thread(index.finish)
            checked = await asyncio.to_thread(_compared, index, store)
        finally:
            await asyncio.shield(asyncio.to_thread(index.close))
        told = (
            f"{store.nodes} vectors of another model are kept as the index '{index.name}' (quaestio index "
            "list): with ids, texts and metadata, searched by inner product with vectors of that model. "
            "Questions and answers are made from documents only."
        )
        notes = [told]
        if longest and not (1 - UNIT_TOLERANCE <= shortest <= longest <= 1 + UNIT_TOLERANCE):
            notes.append(
                f"The vectors have lengths from {shortest:.4g} to {longest:.4g}, kept as they are: "
                "inner products with them are no cosines."
            )
        return Kept(index.name, checked, tuple(notes))


def _take(index: KeptIndex, store: ForeignStore, first: int) -> tuple[float, float]:
    """Keep a batch; returns the least and the largest length of its vectors."""
    last = min(first + BATCH, store.nodes) - 1
    vectors = store.matrix(first, last)
    index.add(first, store.read(first, last), vectors)
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    return float(lengths.min()), float(lengths.max())


def _compared(index: KeptIndex, store: ForeignStore) -> Verification:
    """All ids and texts, bits of some vectors read by another way, and neighbours of some."""
    faults = [] if len(index) == store.nodes else [f"{len(index)} nodes are kept, not {store.nodes}."]
    if faults:
        return Verification(
            passed=False, nodes=0, vectors_compared=0, neighbours_compared=0, faults=tuple(faults)
        )
    for start in range(0, store.nodes, _IDS):
        last = min(start + _IDS, store.nodes) - 1
        wanted = [(node.id, node.text) for node in store.read(start, last)]
        kept = [(node.id, node.text) for node in map(index.node, range(start, last + 1))]
        if kept != wanted:
            faults.append(f"Nodes {start} to {last} differ.")
    places = spread(store.nodes, SAMPLED)
    for place in places:
        name, vector = store.written(place)
        if index.vector(place).tobytes() != vector.astype("<f4").tobytes():
            faults.append(f"The vector of {name} differs.")
    queries = spread(store.nodes, QUERIES)
    rows = np.concatenate([store.matrix(place, place) for place in queries])
    for place, row, best in zip(queries, rows, nearest_in(store, rows, _as_it_is), strict=True):
        found = index.nearest(row, NEAREST)
        if len(found) != len(best) or not np.allclose(found, best, rtol=ROUNDING, atol=ROUNDING):
            faults.append(f"Searching for the vector of node {place} finds other neighbours.")
    return Verification(not faults, store.nodes, len(places), len(queries), tuple(faults[:20]))


def _as_it_is(vectors: Matrix) -> Matrix:
    return vectors


def _digest(store: ForeignStore) -> str:
    """Of ids, texts and metadata of all nodes in order."""
    digest = hashlib.sha256(str((store.dimension, store.nodes)).encode())
    for document in store.documents:
        digest.update(document.sha256.encode())
    return digest.hexdigest()
