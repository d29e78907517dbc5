"""The VectorStore port on the FAISS engine."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from backend.adapters.engine_vectors.growth import Growth, name_of
from backend.adapters.engine_vectors.library import (
    Library,
    check_model,
    library_of,
    pages_of,
    vectors_of,
    version_of,
)
from backend.adapters.engine_vectors.scribe import NAME, Scribe, fits
from backend.adapters.engine_vectors.view import Arrivals, Base, View
from backend.adapters.engine_vectors.witness import differences
from backend.adapters.faiss_engine import Engine
from backend.adapters.sql.database import Database
from backend.errors import DamagedIndex, DocumentNotFound, IndexNotFound, QuaestioError, Stopped
from backend.models.documents import POSITION_BITS, Document, Hit
from backend.models.index_state import VectorIndexState
from backend.ports.embedder import Vectors

_KEEP = (
    "INSERT INTO vectors (key, vector) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET vector = excluded.vector"
)
_AFTER_FAILURE_S = 60.0

logger = logging.getLogger(__name__)


class EngineVectorStore:
    """Implements the VectorStore port: vectors durable as rows of the database, searched through an index.

    The rows are the truth and commit with the catalog. A tenant's index is a file of them, opened mapped;
    what it does not have yet is searched in memory, in every process alike, and written into it in the
    background when there is enough of it, by whichever process gets its lock. Where the rows have been made
    anew by a model of another ``fingerprint``, every call raises Unavailable.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        dimension: int,
        *,
        fingerprint: str | None = None,
        growth: Growth | None = None,
    ) -> None:
        self._database = database
        self._engine = engine
        self._dimension = dimension
        self._fingerprint = fingerprint
        self._growth = growth or Growth()
        self._views: dict[str, View] = {}
        self._closing = Event()
        self._scribe = Scribe(database, engine, dimension, self._growth, self._stop_when_closing)
        self._work = ThreadPoolExecutor(1, thread_name_prefix="library-index")
        self._under_way: dict[str, Future[None]] = {}
        self._failed: dict[str, str] = {}
        self._not_before: dict[str, float] = {}

    async def add(self, document: Document, keys: Sequence[int], vectors: Vectors) -> None:
        """See the port; raises DocumentNotFound where the chunks are gone."""
        rows = [(key, row.tobytes()) for key, row in zip(keys, vectors.astype("<f4"), strict=True)]

        def change(connection: Connection) -> None:
            check_model(connection, self._fingerprint)
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
        ranges = None if documents is None else [_keys(document) for document in documents]
        view = await self._current(tenant)
        if k <= 0:
            return []
        try:
            found, exact = await asyncio.to_thread(view.search, query, k, ranges)
        except DamagedIndex as error:
            logger.warning("the index of %s cannot be used, its rows are: %s", tenant, error)
            view.stale = True
            view = await self._current(tenant, without_files=True)
            found, exact = await asyncio.to_thread(view.search, query, k, ranges)
        if not exact and found:
            found = await self._compared(query, list(found))
        best = sorted(found, key=lambda key: (-found[key], key))[:k]
        return [Hit(key, found[key]) for key in best]

    async def warm(self, tenant: str) -> int:
        """See the port."""
        return len(await self._current(tenant))

    async def stats(self, tenant: str) -> VectorIndexState:
        """See the port."""
        view = await self._current(tenant)
        failed, base = self._failed.get(tenant, ""), view.base
        if base is None:
            return VectorIndexState(
                kind="memory",
                vectors=len(view),
                pending=view.pending,
                bytes=0,
                generation=0,
                mapped=False,
                check="sound",
                upkeep_failed=failed,
            )
        told = base.index.stats()
        return VectorIndexState(
            kind=name_of(told.index_type),
            vectors=len(view),
            pending=view.pending,
            bytes=told.snapshot_bytes,
            generation=told.generation,
            mapped=told.mapped,
            check=told.check,
            recall=base.note.recall,
            refused=dict(base.note.refused) or None,
            troubles=told.troubles,
            upkeep_failed=failed,
        )

    async def settle(self, tenant: str) -> None:
        """See the port."""
        await asyncio.wrap_future(self._work.submit(self._settle, tenant))

    async def optimise(self, tenant: str) -> None:
        """See the port."""

        def work() -> None:
            self._settle(tenant)
            self._scribe.grow(tenant)
            self._reopen(tenant)

        await asyncio.wrap_future(self._work.submit(work))

    async def faults(self, tenant: str) -> Sequence[str]:
        """See the port."""
        view = await self._current(tenant)

        def compare(connection: Connection) -> list[str]:
            with view.following:
                self._follow(connection, tenant, view)
                return list(differences(connection, tenant, view, self._dimension))

        return await self._database.read(compare)

    async def close(self) -> None:
        """Break off what is written in the background; what is committed stays."""
        self._closing.set()
        await asyncio.to_thread(self._work.shutdown)
        for view in self._views.values():
            if view.base is not None:
                view.base.index.close()

    async def _current(self, tenant: str, *, without_files: bool = False) -> View:
        view = self._views.get(tenant)
        if view is None:  # to make one takes half a millisecond
            view = self._views.setdefault(tenant, View(self._dimension))

        def follow(connection: Connection) -> None:
            if not view.stale and view.version == version_of(connection, tenant):
                return
            with view.following:
                self._follow(connection, tenant, view, without_files=without_files)

        mended = view.base is not None and view.base.was_mended
        view.stale |= mended
        await self._database.read(follow)
        if (
            mended
            or without_files
            or self._growth.is_due(view.pending + view.hidden, len(view) - view.pending)
        ):
            self._settle_soon(tenant)
        return view

    def _follow(
        self, connection: Connection, tenant: str, view: View, *, without_files: bool = False
    ) -> None:
        """Bring what is searched to what is published now."""
        if not view.stale and view.version == version_of(connection, tenant):
            return
        check_model(connection, self._fingerprint)
        library = library_of(connection, tenant)
        stale, view.stale = view.stale, False
        base = view.base
        if without_files:
            base = None
        elif stale:
            base = self._opened(tenant, library)
        arrivals = Arrivals()
        held = view.held if base is view.base else base.note.documents if base else {}
        for number, stamp in library.documents.items():
            if held.get(number) != stamp and view.fresh.get(number) != stamp:
                arrivals.add(number, stamp, pages_of(connection, number, self._dimension))
        let_go = view.change(base, library.documents, arrivals)
        view.version = library.version
        if let_go is not None:
            let_go.index.close()

    def _opened(self, tenant: str, library: Library) -> Base | None:
        """The index of the files, mapped; None where none fits: it is then made anew in the background."""
        try:
            index = self._engine.open(tenant, NAME)
        except IndexNotFound:
            return None
        except QuaestioError as error:
            logger.warning(
                "the index of %s cannot be opened and is made anew from the rows: %s", tenant, error
            )
            return None
        note = fits(index, library.model, self._dimension)
        if note is None:
            index.close()
            return None
        troubles = index.stats().troubles
        if troubles:
            logger.warning("the index of %s was damaged: %s", tenant, " ".join(troubles))
        return Base(index, note, len(troubles))

    async def _compared(self, query: npt.NDArray[np.float32], keys: Sequence[int]) -> dict[int, float]:
        """Scores of candidates by the vectors as they are kept."""
        rows = await self._database.read(lambda c: vectors_of(c, keys, self._dimension))
        return dict(zip(keys, (rows @ query).tolist(), strict=True))

    def _settle_soon(self, tenant: str) -> None:
        running = self._under_way.get(tenant)
        if self._closing.is_set() or (running is not None and not running.done()):
            return
        if time.monotonic() < self._not_before.get(tenant, 0.0):
            return
        self._not_before[tenant] = time.monotonic() + 1.0
        self._under_way[tenant] = self._work.submit(self._try_to_settle, tenant)

    def _try_to_settle(self, tenant: str) -> None:
        try:
            self._settle(tenant)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - nobody waits who could be told; searches go on
            said = error.message if isinstance(error, QuaestioError) else repr(error)
            logger.warning("the index of %s was not written and is tried again: %s", tenant, said)
            self._not_before[tenant] = time.monotonic() + _AFTER_FAILURE_S

    def _settle(self, tenant: str) -> None:
        try:
            self._scribe.settle(tenant)
        except QuaestioError as error:
            if not isinstance(error, Stopped):
                self._failed[tenant] = error.message
            raise
        self._failed.pop(tenant, None)
        # Also where another process was at it: what it has written is there to be opened.
        self._reopen(tenant)

    def _reopen(self, tenant: str) -> None:
        """The next look at the library opens the files anew; here it is done at once."""
        view = self._views.get(tenant)
        if view is None:
            return

        def follow(connection: Connection) -> None:
            with view.following:
                view.stale = True
                self._follow(connection, tenant, view)

        self._database.read_here(follow)

    def _stop_when_closing(self) -> None:
        if self._closing.is_set():
            raise Stopped("The program ends.")


def _keys(document: Document) -> range:
    """Keys of chunks count up from the document's first."""
    first = document.number << POSITION_BITS
    return range(first, first + document.chunks)
