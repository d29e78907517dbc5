"""Proof that what was taken over is what the source holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from backend.models.documents import POSITION_BITS
from backend.models.migration import Verification
from backend.models.vectors import unit_vectors
from backend.ports.catalog import Catalog
from backend.ports.foreign_store import ForeignStore
from backend.ports.transfers import Arrived, Transfers
from backend.ports.vector_store import VectorStore

SAMPLED = 50
QUERIES = 8
NEAREST = 5

_BLOCK = 512
_IDS = 1024
ROUNDING = 1e-4
"""How far two ways to compute a cosine of float32 vectors may be apart."""
_SAME = 0.99


@dataclass(frozen=True, slots=True)
class _Where:
    """Where the nodes of a store are now."""

    numbers: npt.NDArray[np.int64]
    """Number of each document here."""
    firsts: npt.NDArray[np.int64]
    """Place in the store of each document's first node."""

    def of(self, place: int) -> tuple[int, int]:
        """(number of the document, position in it) of a node."""
        index = int(np.searchsorted(self.firsts, place, "right")) - 1
        return int(self.numbers[index]), place - int(self.firsts[index])

    def place(self, key: int) -> int | None:
        """Place in the store of a chunk; None where it comes from elsewhere."""
        found = np.flatnonzero(self.numbers == key >> POSITION_BITS)
        return int(self.firsts[found[0]]) + (key & ((1 << POSITION_BITS) - 1)) if len(found) else None


class TransferCheck:
    """Compares counts, ids and order of all nodes, bits of some vectors, and neighbours of some."""

    def __init__(self, *, transfers: Transfers, vectors: VectorStore, catalog: Catalog) -> None:
        self._transfers = transfers
        self._vectors = vectors
        self._catalog = catalog

    async def run(
        self, tenant: str, store: ForeignStore, earlier: Collection[str], *, same_bits: bool
    ) -> Verification:
        """Compare everything published of a store with it.

        ``earlier`` are hashes of documents that were here before: their vectors may have been made anew
        since. ``same_bits`` is False where all vectors were.
        """
        arrived = await self._transfers.arrived(tenant, [d.sha256 for d in store.documents])
        faults = list(_counts(store, arrived))
        if faults or not store.documents:
            return Verification(not faults, 0, 0, 0, tuple(faults))
        numbers = [arrived[d.sha256].number for d in store.documents]
        where = _Where(np.array(numbers), np.array([d.first for d in store.documents]))
        faults += await self._ids(tenant, store, arrived)
        compared = neighbours = 0
        if same_bits:
            places = spread(store.nodes, SAMPLED)
            exact = True
            for place in places:
                fault, equal = await self._bits(store, where, place, earlier)
                faults += [fault] if fault else []
                exact &= equal
            compared = len(places)
            if exact:
                neighbours = await self._neighbours(tenant, store, where, faults)
        return Verification(not faults, store.nodes, compared, neighbours, tuple(faults[:20]))

    async def _ids(self, tenant: str, store: ForeignStore, arrived: dict[str, Arrived]) -> list[str]:
        faults = []
        for document in store.documents:
            here = arrived[document.sha256]
            for start in range(0, document.nodes, _IDS):
                last = min(start + _IDS, document.nodes) - 1
                wanted = await asyncio.to_thread(store.read, document.first + start, document.first + last)
                kept = await self._transfers.nodes(tenant, here.document_id, start, last)
                if [(n.id, n.text) for n in kept] != [(n.id, n.text) for n in wanted]:
                    faults.append(f"Nodes {start} to {last} of {document.filename} differ.")
        return faults

    async def _bits(
        self, store: ForeignStore, where: _Where, place: int, earlier: Collection[str]
    ) -> tuple[str | None, bool]:
        number, position = where.of(place)
        name, wanted = await asyncio.to_thread(store.written, place)
        kept = (await self._transfers.vectors(number, [position]))[0]
        if kept.astype("<f4").tobytes() == wanted.astype("<f4").tobytes():
            return None, True
        index = int(np.searchsorted(where.firsts, place, "right")) - 1
        if store.documents[index].sha256 in earlier and len(kept) == len(wanted):
            cosine = float(unit_vectors(kept[None])[0] @ unit_vectors(wanted[None])[0])
            return (None, False) if cosine >= _SAME else (f"The vector of {name} is another one.", False)
        return f"The vector of {name} differs.", False

    async def _neighbours(self, tenant: str, store: ForeignStore, where: _Where, faults: list[str]) -> int:
        """Searches for some of the vectors must find what comparing them with all of the source finds."""
        places = spread(store.nodes, QUERIES)
        queries = np.concatenate([await asyncio.to_thread(store.matrix, p, p) for p in places])
        queries = unit_vectors(queries)
        nearest = await asyncio.to_thread(nearest_in, store, queries, unit_vectors)
        wanted = set(where.numbers.tolist())
        documents = [d for d in await self._catalog.published(tenant) if d.number in wanted]
        for place, query, best in zip(places, queries, nearest, strict=True):
            hits = await self._vectors.search(tenant, query, NEAREST, documents)
            found = [where.place(hit.key) for hit in hits]
            cosines = np.array([hit.score for hit in hits])
            if None in found or len(hits) != len(best) or np.abs(cosines - best).max() > ROUNDING:
                faults.append(f"Searching for the vector of node {place} finds other neighbours.")
        return len(places)


def _counts(store: ForeignStore, arrived: dict[str, Arrived]) -> Iterator[str]:
    missing = [d for d in store.documents if d.sha256 not in arrived or not arrived[d.sha256].published]
    if missing:
        yield f"{len(missing)} of {len(store.documents)} documents are not here."
        return
    nodes = sum(one.chunks for one in arrived.values())
    if nodes != store.nodes:
        yield f"{nodes} nodes are here, not {store.nodes}."


def spread(total: int, count: int) -> list[int]:
    """At most ``count`` places over a whole, the first and the last among them."""
    return sorted({int(place) for place in np.linspace(0, total - 1, min(count, total))})


def nearest_in(
    store: ForeignStore,
    queries: npt.NDArray[np.float32],
    prepared: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]],
) -> list[npt.NDArray[np.float32]]:
    """The best products of each query with the prepared vectors of the whole source, in falling order."""
    best = np.full((len(queries), 0), -np.inf, np.float32)
    for start in range(0, store.nodes, _BLOCK):
        rows = prepared(store.matrix(start, min(start + _BLOCK, store.nodes) - 1))
        best = np.concatenate([best, queries @ rows.T], axis=1)
        best = -np.sort(-best, axis=1)[:, :NEAREST]
    return list(best)
