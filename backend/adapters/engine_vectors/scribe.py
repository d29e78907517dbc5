"""Writes into an index what the rows have and it has not."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection

from backend.adapters.engine_vectors.growth import KINDS, Candidate, Growth, TooInexact, has_outgrown, name_of
from backend.adapters.engine_vectors.library import (
    Ids,
    Library,
    Vectors,
    keys_of,
    library_of,
    model_of,
    pages_of,
    vectors_of,
)
from backend.adapters.engine_vectors.note import UNFINISHED, LibraryNote
from backend.adapters.faiss_engine import Change, Engine, EngineIndex, IndexSpec, Remove
from backend.adapters.sql.database import Database
from backend.errors import DamagedIndex, IndexExists, IndexInUse, IndexNotFound, Unavailable

NAME = ".library"
"""Of the index in its tenant's folder; names that begin with a dot are the product's own."""

_BATCH = 16_384
_DEAD_LEAST, _DEAD_SHARE = 1_000, 0.2
_TRY_AGAIN = 1.5
_LONG_LOG = 1 << 16
"""A longer one is read at every opening, which is then no mapped one."""

logger = logging.getLogger(__name__)


def fits(index: EngineIndex, model: str, dimension: int) -> LibraryNote | None:
    """What an index says of itself; None for one that cannot serve such vectors."""
    note = LibraryNote.of(index.note)
    spec = index.spec
    if note is None or note.model != model or (spec.dimension, spec.metric) != (dimension, "ip"):
        return None
    return note


class Scribe:
    """Blocks; for a thread of its own. ``check`` is called between steps: what it raises ends the work.

    What was committed until then stays, and the next run goes on from there.
    """

    def __init__(
        self, database: Database, engine: Engine, dimension: int, rules: Growth, check: Callable[[], None]
    ) -> None:
        self._database, self._engine = database, engine
        self._dimension, self._rules, self._check = dimension, rules, check

    def settle(self, tenant: str) -> bool:
        """Let the index hold what is published now; False where another process is writing it.

        Raises StorageFull, and Unavailable where the model was changed meanwhile.
        """
        library = self._database.read_here(lambda c: library_of(c, tenant))
        index = self._opened(tenant, library)
        if index is None:
            return False
        try:
            with index:
                self._follow(index, library)
        except DamagedIndex as error:
            logger.warning("the index of %s is made anew from the rows: %s", tenant, error)
            self._engine.drop(tenant, NAME)
            with self._made(tenant) as made:
                self._follow(made, library)
        return True

    def grow(self, tenant: str) -> bool:
        """Give the index the structure that its size asks for; whether it has another one now."""
        library = self._database.read_here(lambda c: library_of(c, tenant))
        index = self._opened(tenant, library)
        if index is None:
            return False
        with index:
            note = LibraryNote.of(index.note) or LibraryNote(library.model)
            now, size = name_of(index.spec.index_type), len(index)
            wanted = self._rules.kind_for(size, now)
            if wanted in note.refused and size < _TRY_AGAIN * note.refused_at:
                return False
            if wanted == now and not has_outgrown(note.learnt, size):
                return False
            return self._rebuild(tenant, index, note, wanted, library.model)

    def _rebuild(self, tenant: str, index: EngineIndex, note: LibraryNote, kind: str, model: str) -> bool:
        ids = index.every_id()
        candidate = Candidate(
            kind,
            self._dimension,
            ids,
            lambda some: self._vectors(some, model),
            self._rules.queries,
            self._rules.least_recall,
            self._check,
        )
        try:
            index.rebuild(candidate.build, KINDS[kind])
        except TooInexact as error:
            logger.warning("the index of %s stays as it is: %s", tenant, error)
            refused = {**note.refused, kind: round(error.recall, 4)}
            index.commit([], replace(note, refused=refused, refused_at=len(ids)).to_bytes())
            return False
        learnt = 0 if kind == "flat" else len(ids)
        index.commit([], replace(note, learnt=learnt, recall=candidate.recall).to_bytes())
        logger.info(
            "the index of %s is %s now: %d vectors, recall@10 %s",
            tenant,
            kind,
            len(ids),
            "exact" if candidate.recall is None else f"{candidate.recall:.3f}",
        )
        return True

    def _vectors(self, keys: Ids, model: str) -> Vectors:
        def query(connection: Connection) -> Vectors:
            self._check_model(connection, model)
            return vectors_of(connection, keys.tolist(), self._dimension)

        return self._database.read_here(query)

    def _opened(self, tenant: str, library: Library) -> EngineIndex | None:
        """The index, open for writing, empty where there was none that fits; None while another writes."""
        try:
            try:
                index = self._engine.open(tenant, NAME, writable=True)
            except IndexNotFound:
                return self._made(tenant)
            except DamagedIndex as error:
                logger.warning("the index of %s is made anew from the rows: %s", tenant, error)
                self._engine.drop(tenant, NAME)
                return self._made(tenant)
            if not index.note or fits(index, library.model, self._dimension):
                return index
            index.close()
            logger.warning("the index of %s is made anew: it holds vectors of another model", tenant)
            self._engine.drop(tenant, NAME)
            return self._made(tenant)
        except (IndexInUse, IndexExists, IndexNotFound):
            return None

    def _made(self, tenant: str) -> EngineIndex:
        self._engine.create(tenant, NAME, IndexSpec(self._dimension, "Flat", "ip"))
        return self._engine.open(tenant, NAME, writable=True)

    def _follow(self, index: EngineIndex, library: Library) -> None:
        index.check()
        note = LibraryNote.of(index.note) or LibraryNote(library.model)
        gone = [n for n, stamp in note.documents.items() if library.documents.get(n) != stamp]
        there = {n: stamp for n, stamp in note.documents.items() if n not in set(gone)}
        missing = [n for n in library.documents if n not in there]
        if not gone and not missing and index.note:
            told = index.stats()
            # A damaged generation is gone, or a run before this one was broken off behind its last commit.
            if told.troubles or told.log_bytes > _LONG_LOG:
                index.snapshot()
            return
        removed = [Remove(index.ids_between(keys_of(n))) for n in gone]
        index.commit(removed, note.with_documents(there).to_bytes())
        for changes in self._batches(index, library, missing, there):
            index.commit(changes, note.with_documents(there).to_bytes())
            self._check()
        stats = index.stats()
        if stats.removed > max(_DEAD_LEAST, _DEAD_SHARE * stats.vectors):
            index.compact()
        else:
            index.snapshot()

    def _batches(
        self, index: EngineIndex, library: Library, missing: list[int], there: dict[int, int]
    ) -> Iterator[list[Change]]:
        """Vectors of documents, many at a time; ``there`` says what is in the index with each batch.

        A document of several batches is first marked as one that is not whole.
        """
        keys: list[Ids] = []
        vectors: list[Vectors] = []
        for number in missing:
            there[number] = UNFINISHED
            for some, rows in self._pages(library.model, number):
                keys.append(some)
                vectors.append(rows)
                if sum(map(len, keys)) >= _BATCH:
                    yield [index.put(np.concatenate(keys), np.concatenate(vectors), replace=True)]
                    keys, vectors = [], []
            there[number] = library.documents[number]
        yield [index.put(np.concatenate(keys), np.concatenate(vectors), replace=True)] if keys else []

    def _pages(self, model: str, number: int) -> Iterator[tuple[Ids, Vectors]]:
        """A page per read, so that no transaction lasts long."""
        after = -1
        while True:

            def query(connection: Connection, after: int = after) -> tuple[Ids, Vectors] | None:
                self._check_model(connection, model)
                return next(pages_of(connection, number, self._dimension, after), None)

            page = self._database.read_here(query)
            if page is None:
                return
            yield page
            after = int(page[0][-1])

    def _check_model(self, connection: Connection, model: str) -> None:
        if model_of(connection) != model:
            raise Unavailable("The embedding model was changed while its index was written.")
