"""What keeps an index in good order: snapshots, clearing out what was removed, checks, and falling back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock

import numpy as np

from backend.adapters.faiss_engine import clearing, structure
from backend.adapters.faiss_engine.changes import NOTHING, Ids
from backend.adapters.faiss_engine.disk import Disk, storing
from backend.adapters.faiss_engine.generation import Generation, forget_old, write_generation
from backend.adapters.faiss_engine.rows import no_rows
from backend.adapters.faiss_engine.spec import Upkeep
from backend.adapters.faiss_engine.state import Cell, Replay, State, load
from backend.adapters.faiss_engine.writer import Writer
from backend.errors import DamagedIndex, InvalidRequest, QuaestioError

logger = logging.getLogger(__name__)


_PATIENCE_S = 0.2


class Check(StrEnum):
    """How far the blocks of what was opened have been compared with their checksums."""

    UNCHECKED = "unchecked"
    CHECKING = "checking"
    SOUND = "sound"
    DAMAGED = "damaged"
    """And no other generation could take the place."""


@dataclass(slots=True)
class Health:
    """What is known about the files; ``troubles`` are sentences about what was found and put right."""

    check: Check
    troubles: list[str]
    upkeep_failed: str = ""
    cannot_clear: bool = False


class Checker:
    """Compares the blocks of a mapped generation in the background; a damaged one is replaced."""

    def __init__(self, folder: Path, cell: Cell, health: Health, writer: Writer | None) -> None:
        self._folder, self._cell, self.health, self._writer = folder, cell, health, writer
        self._stop = Event()
        self._lock = Lock()

    def run_soon(self) -> None:
        """``run``, but let who has just opened the index have the machine first."""
        if not self._stop.wait(_PATIENCE_S):
            self.run()

    def run(self) -> None:
        """To the end, or until ``stop``."""
        with self._lock:
            self.health.check = Check.CHECKING
            generation = self._cell.state.generation
            try:
                for file, number in generation.unchecked():
                    if self._stop.is_set():
                        self.health.check = Check.UNCHECKED
                        return
                    file.check([number])
                generation.checked()
                self.health.check = Check.SOUND
            except DamagedIndex as error:
                self._replace(error)

    def stop(self) -> None:
        """Return once ``run`` has ended."""
        self._stop.set()
        with self._lock:
            pass

    def _replace(self, error: DamagedIndex) -> None:
        try:
            self.fall_back(str(error))
        except QuaestioError as further:
            self.health.check = Check.DAMAGED
            self.health.troubles.append(str(further))
            logger.exception("an index is damaged")

    def fall_back(self, why: str) -> None:
        """Go on with the generation before and all changes since. Raises DamagedIndex where none is."""
        logger.warning("a snapshot is damaged, the one before takes its place: %s", why)
        damaged = self._cell.state.generation.path
        if self._writer is None:
            self._exchange(damaged)
        else:
            with self._writer.writing:
                self._exchange(damaged)
                quarantine(damaged)
        self.health.troubles.append(why)
        self.health.check = Check.SOUND

    def _exchange(self, damaged: Path) -> None:
        state = load(self._folder, whole=True, avoid=damaged).state
        with self._cell.lock.writing():
            self._cell.state = state


def quarantine(generation: Path) -> None:
    """Take a damaged generation out of the row, keeping what it holds."""
    with suppress(OSError):
        generation.rename(generation.with_name(f"damaged-{generation.name[4:]}"))


class Keeper:
    """Upkeep of an index that is open for writing."""

    def __init__(
        self, folder: Path, cell: Cell, writer: Writer, rules: Upkeep, disk: Disk, health: Health
    ) -> None:
        self._folder, self._cell, self._writer = folder, cell, writer
        self._rules, self._disk, self._health = rules, disk, health
        self._one = Lock()
        self._stopped = False

    @property
    def wanted(self) -> bool:
        """Whether ``run`` would do anything."""
        return self._log_is_long() or self._much_is_gone()

    def run(self) -> None:
        """What is due; a failure is kept in the health and tried again after the next change."""
        if not self._one.acquire(blocking=False):
            return
        try:
            if self._stopped:
                return
            if self._much_is_gone():
                self._clear()
            if self._log_is_long():
                self.snapshot()
            self._health.upkeep_failed = ""
        except (QuaestioError, OSError) as error:
            self._health.upkeep_failed = str(error)
            logger.warning("upkeep of an index failed and is tried again: %s", error)
        finally:
            self._one.release()

    def stop(self) -> None:
        """Return once ``run`` has ended; it does nothing from then on, as the files are let go."""
        with self._one:
            self._stopped = True

    def snapshot(self, times: int = 1) -> None:
        """Make the present state a new generation. Readers go on, changes wait. Raises StorageFull."""
        with self._writer.writing, storing():
            for _ in range(times):
                self._writer.log.rotate()
                state = self._cell.state
                state.generation.check()
                with self._cell.lock.reading():
                    path = self._write(state)
                self._move_to(path)
            self._writer.log.forget(forget_old(self._folder))
        self._disk.reached("snapshot.old_gone")

    def _write(self, state: State) -> Path:
        identity = state.generation.manifest.identity
        return write_generation(
            self._folder,
            identity,
            state.spec,
            state.sequence,
            state.note,
            state.index,
            state.rows,
            self._disk,
        )

    def _move_to(self, path: Path) -> None:
        """Let the rows come from the new files: what was held in memory since the last snapshot is free."""
        state = self._cell.state
        generation = Generation(path, whole=False)
        generation.checked()  # the checksums are those of what was in memory
        rows = generation.rows()
        with self._cell.lock.writing():
            old, state.generation, state.rows = state.generation, generation, rows
            state.fields.follow(rows)
            if not state.owned:
                state.index = generation.index
        old.close()

    def clear(self) -> None:
        """Take removed vectors out of the FAISS index. Raises InvalidRequest where the type cannot."""
        with self._one:
            self._clear()

    def _clear(self) -> None:
        try:
            self.rebuild(lambda index: index)
        except InvalidRequest:
            self._health.cannot_clear = True
            raise

    def rebuild(
        self, build: Callable[[structure.Index], structure.Index], index_type: str | None = None
    ) -> None:
        """Put another FAISS structure in the place of the present one, and take a snapshot of it.

        ``build`` gets a private copy that holds what lives and returns an index of the same vectors at the
        same positions (also of another type). It may take long: readers and writers go on, and what they
        change meanwhile is applied to the new structure before it takes over.
        """
        writer = self._writer
        with writer.writing:
            state = self._cell.state
            with self._cell.lock.reading():
                index = structure.copy(state.index) if state.owned else state.generation.owned_index()
                kept = ~state.rows.dead
                rows = state.rows.kept(np.flatnonzero(kept))
            writer.journal = []
        try:
            clearing.keep(index, kept)
            built = build(index)
            if int(built.ntotal) != rows.count:
                raise InvalidRequest(f"The new structure holds {built.ntotal} of {rows.count} vectors.")
            self._disk.reached("rebuild.built")
            with writer.writing:
                spec = replace(state.spec, index_type=index_type or state.spec.index_type)
                fresh = State(spec, state.generation, built, rows, 0, b"", owned=True)
                onto = Replay(fresh)
                onto.apply(writer.journal)
                onto.finish()
                state = self._cell.state
                fresh.generation, fresh.sequence, fresh.note = state.generation, state.sequence, state.note
                with self._cell.lock.writing():
                    self._cell.state = fresh
        finally:
            writer.journal = None
        self._disk.reached("rebuild.taken")
        self.snapshot()

    def train(self, index: structure.Index) -> None:
        """Let a trained, empty index take the place of the empty one that there is; durable on return."""
        self.take(index, np.empty(0, np.int64))

    def take(self, index: structure.Index, ids: Ids) -> None:
        """Let an index with its ids take the place of the empty one that there is; durable on return."""
        with self._writer.writing:
            old = self._cell.state
            rows = no_rows()
            rows.append(ids, [NOTHING] * len(ids))
            fresh = State(old.spec, old.generation, index, rows, old.sequence, old.note, owned=True)
            with self._cell.lock.writing():
                self._cell.state = fresh
            try:
                # Twice: none of it is in the log, so the generation before must hold it, too.
                self.snapshot(times=2)
            except QuaestioError:
                if fresh.generation is old.generation:
                    with self._cell.lock.writing():
                        self._cell.state = old
                raise

    def _log_is_long(self) -> bool:
        long, rules = self._writer.log.bytes, self._rules
        return long > rules.log_bytes and long > rules.log_share * self._cell.state.generation.bytes

    def _much_is_gone(self) -> bool:
        rows, rules = self._cell.state.rows, self._rules
        gone = rows.count - rows.live
        return (
            not self._health.cannot_clear and gone > rules.dead_least and gone > rules.dead_share * rows.count
        )
