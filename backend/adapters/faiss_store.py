"""Nearest neighbours by FAISS, in memory over the vectors that the database keeps."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import faiss
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from backend.adapters.sql.database import Database
from backend.errors import DocumentNotFound, Unavailable
from backend.models.documents import POSITION_BITS, Document, Hit
from backend.models.vectors import unit_vectors
from backend.ports.embedder import Vectors

_KEEP = (
    "INSERT INTO vectors (key, vector) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET vector = excluded.vector"
)


@dataclass(slots=True)
class _TenantIndex:
    """What one tenant can find. ``lock`` guards all of it: a change excludes searches."""

    index: faiss.IndexIDMap2
    version: int = 0
    documents: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)


class FaissVectorStore:
    """Implements the VectorStore port: exact search, vectors durable as rows of the database.

    The rows are the truth and commit with the catalog; the index of a tenant is made from them when it
    is first needed and follows every publication and deletion, also of other processes. Where the rows
    have been made anew by a model of another ``fingerprint``, every call raises Unavailable.
    """

    def __init__(
        self, database: Database, dimension: int, threads: int = 1, *, fingerprint: str | None = None
    ) -> None:
        self._database = database
        self._fingerprint = fingerprint
        self._dimension = dimension
        self._tenants: dict[str, _TenantIndex] = {}
        faiss.omp_set_num_threads(threads)

    async def add(self, document: Document, keys: Sequence[int], vectors: Vectors) -> None:
        """See the port; raises DocumentNotFound where the chunks are gone."""
        rows = [(key, row.tobytes()) for key, row in zip(keys, vectors.astype("<f4"), strict=True)]

        def change(connection: Connection) -> None:
            self._check_model(connection)
            first, beyond = document.number << POSITION_BITS, (document.number + 1) << POSITION_BITS
            held = connection.exec_driver_sql(
                "SELECT 1 FROM chunks WHERE key >= ? AND key < ? LIMIT 1", (first, beyond)
            ).first()
            if held is None:
                raise DocumentNotFound("The document was deleted while it was read.")
            connection.exec_driver_sql(_KEEP, rows)

        if rows:
            await self._database.write(change, durable=False)

    async def search(
        self, tenant: str, query: npt.NDArray[np.float32], k: int, documents: Sequence[Document] | None = None
    ) -> list[Hit]:
        """See the port."""
        held = await self._current(tenant)
        return await asyncio.to_thread(_search, held, query, k, documents)

    async def warm(self, tenant: str) -> int:
        """See the port."""
        held = await self._current(tenant)
        return int(held.index.ntotal)

    async def _current(self, tenant: str) -> _TenantIndex:
        if tenant not in self._tenants:
            self._tenants[tenant] = _TenantIndex(faiss.IndexIDMap2(faiss.IndexFlatIP(self._dimension)))
        held = self._tenants[tenant]
        await self._database.read(lambda c: self._follow(c, tenant, held))
        return held

    def _follow(self, connection: Connection, tenant: str, held: _TenantIndex) -> None:
        """Bring the index to what is published now."""
        version = connection.exec_driver_sql(
            "SELECT version FROM libraries WHERE tenant = ?", (tenant,)
        ).scalar()
        if version is None or version == held.version:
            return
        self._check_model(connection)
        with held.lock:
            wanted = set(
                connection.exec_driver_sql(
                    "SELECT number FROM documents WHERE tenant = ? AND published_at IS NOT NULL", (tenant,)
                ).scalars()
            )
            for number in held.documents - wanted:
                held.index.remove_ids(_keys_of(number))
            for number in sorted(wanted - held.documents):
                self._load(connection, held, number)
            held.documents, held.version = wanted, version

    def _check_model(self, connection: Connection) -> None:
        known = connection.exec_driver_sql("SELECT value FROM facts WHERE name = 'embedding_model'").scalar()
        if self._fingerprint is not None and known not in {None, self._fingerprint}:
            raise Unavailable(
                f"The library was changed to the embedding model {known}. "
                "Restart this server with EMBEDDING_MODEL set to it."
            )

    def _load(self, connection: Connection, held: _TenantIndex, number: int) -> None:
        rows = connection.exec_driver_sql(
            "SELECT key, vector FROM vectors WHERE key >= ? AND key < ? ORDER BY key",
            (number << POSITION_BITS, (number + 1) << POSITION_BITS),
        ).all()
        if not rows:
            return
        matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f4").reshape(-1, self._dimension)
        keys = np.fromiter((row.key for row in rows), dtype=np.int64, count=len(rows))
        held.index.add_with_ids(unit_vectors(matrix), keys)


def _keys_of(number: int) -> faiss.IDSelectorRange:
    return faiss.IDSelectorRange(number << POSITION_BITS, (number + 1) << POSITION_BITS)


def _search(
    held: _TenantIndex, query: npt.NDArray[np.float32], k: int, documents: Sequence[Document] | None
) -> list[Hit]:
    parameters = None if documents is None else faiss.SearchParameters(sel=_only(documents))
    with held.lock:
        k = min(k, int(held.index.ntotal))
        if k <= 0:
            return []
        scores, keys = held.index.search(query.reshape(1, -1), k, params=parameters)
    return [Hit(int(key), float(score)) for key, score in zip(keys[0], scores[0], strict=True) if key >= 0]


def _only(documents: Sequence[Document]) -> faiss.IDSelectorBatch:
    """Selects the chunks of some documents (their keys count up from the document's first)."""
    ranges = [np.arange(d.chunks, dtype=np.int64) + (d.number << POSITION_BITS) for d in documents]
    return faiss.IDSelectorBatch(np.concatenate([np.empty(0, np.int64), *ranges]))
