"""The catalogue: which indexes a tenant has, made, opened and dropped."""

from __future__ import annotations

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from threading import Lock, get_native_id
from typing import Self
from urllib.parse import unquote

from backend.adapters.faiss_engine import structure
from backend.adapters.faiss_engine.disk import Disk, storing
from backend.adapters.faiss_engine.generation import generations, write_generation
from backend.adapters.faiss_engine.grower import Grower
from backend.adapters.faiss_engine.index import EngineIndex
from backend.adapters.faiss_engine.keeper import Check, Checker, Health, Keeper, quarantine
from backend.adapters.faiss_engine.locks import FileLock, lock_for_writing
from backend.adapters.faiss_engine.log import Log, set_aside
from backend.adapters.faiss_engine.rows import no_rows
from backend.adapters.faiss_engine.side import WritingSide
from backend.adapters.faiss_engine.spec import IndexSpec, Limits, Upkeep
from backend.adapters.faiss_engine.state import Cell, Loaded, load
from backend.adapters.faiss_engine.writer import Writer
from backend.errors import IndexExists, IndexNotFound, InvalidRequest, QuotaExceeded

_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,80}")
_LOCK = "writer.lock"
_PRIORITY = 10
"""Of 19: a graph that is made for later searches yields to those of now."""


class Opening(StrEnum):
    """How much is done before an index is used.

    ``MAPPED`` is there at once and checks its blocks in the background; ``EAGER`` checks all of them first;
    ``OWNED`` also reads them into memory of its own.
    """

    MAPPED = "mapped"
    EAGER = "eager"
    OWNED = "owned"


class Engine:
    """Indexes below ``root``, a folder per tenant and index. Thread-safe.

    ``close`` first closes what was opened here and is still open.
    """

    def __init__(
        self,
        root: Path,
        limits: Limits | None = None,
        upkeep: Upkeep | None = None,
        disk: Disk | None = None,
        threads: int = 8,
    ) -> None:
        self._root, self._limits = root, limits or Limits()
        self._upkeep, self._disk = upkeep or Upkeep(), disk or Disk()
        self._changes = ThreadPoolExecutor(threads, thread_name_prefix="index-log")
        self._upkeeps = ThreadPoolExecutor(2, thread_name_prefix="index-upkeep")
        self._graphs = ThreadPoolExecutor(1, thread_name_prefix="index-graph", initializer=_give_way)
        self._lock = Lock()
        self._open: set[EngineIndex] = set()

    def create(self, tenant: str, name: str, spec: IndexSpec) -> None:
        """Make an empty index. Raises IndexExists, QuotaExceeded, StorageFull, InvalidRequest."""
        folder = self._folder(tenant, name)
        with self._lock:
            if folder.exists():
                raise IndexExists(f"There is an index '{name}' already.")
            if len(self.names(tenant)) >= self._limits.indexes_per_tenant:
                raise QuotaExceeded(f"A tenant may keep {self._limits.indexes_per_tenant} indexes.")
            index = structure.make(spec)
            fresh = folder.with_name(f"~{folder.name}.{os.urandom(8).hex()}")
            with storing():
                try:
                    fresh.mkdir(parents=True)
                    identity = os.urandom(16)
                    for _ in range(2):  # from the first on there is one to fall back to
                        write_generation(fresh, identity, spec, 0, b"", index, no_rows(), self._disk)
                    _name(fresh, folder, name)
                    self._disk.sync_folder(folder.parent)
                finally:
                    shutil.rmtree(fresh, ignore_errors=True)

    def names(self, tenant: str) -> list[str]:
        """Names, sorted."""
        folder = self._root / _escaped("a tenant", tenant)
        if not folder.is_dir():
            return []
        return sorted(unquote(p.name) for p in folder.iterdir() if not p.name.startswith("~"))

    def tenants(self) -> list[str]:
        """Those that have or had an index, sorted."""
        if not self._root.is_dir():
            return []
        return sorted(unquote(p.name) for p in self._root.iterdir() if p.is_dir())

    def exists(self, tenant: str, name: str) -> bool:
        """Whether there is such an index."""
        return self._folder(tenant, name).is_dir()

    def open(
        self,
        tenant: str,
        name: str,
        *,
        writable: bool = False,
        opening: Opening = Opening.MAPPED,
        repair: bool = False,
    ) -> EngineIndex:
        """Open for reading beside a writer, or as the one writer.

        Raises IndexNotFound, IndexInUse (with who writes it) or DamagedIndex. ``repair`` goes on without
        changes that the log has lost, and keeps what is left of them in ``*.lost``.
        """
        folder = self._folder(tenant, name)
        if not folder.is_dir():
            raise IndexNotFound(f"There is no index '{name}'.")
        if repair and not writable:
            raise InvalidRequest("Only who opens an index for writing can repair it.")
        index = (
            self._open_to_write(folder, name, opening, repair)
            if writable
            else self._open_to_read(folder, name, opening)
        )
        with self._lock:
            self._open = {one for one in self._open if not one.closed} | {index}
        return index

    def _open_to_read(self, folder: Path, name: str, opening: Opening) -> EngineIndex:
        loaded = load(folder, whole=opening != Opening.MAPPED)
        cell = Cell(loaded.state)
        if opening == Opening.OWNED:
            loaded.state.own()
        checker = Checker(folder, cell, _health(loaded), None)
        self._check_later(checker)
        return EngineIndex(name, folder, cell, checker, self._limits, None)

    def _open_to_write(self, folder: Path, name: str, opening: Opening, repair: bool) -> EngineIndex:
        lock = lock_for_writing(folder / _LOCK, name)
        try:
            loaded = load(folder, whole=opening != Opening.MAPPED, repair=repair)
            if opening == Opening.OWNED:
                loaded.state.own()
            return self._writer_of(folder, name, loaded, lock)
        except BaseException:
            lock.close()
            raise

    def _writer_of(self, folder: Path, name: str, loaded: Loaded, lock: FileLock) -> EngineIndex:
        health, cell = _health(loaded), Cell(loaded.state)
        with storing():
            if loaded.lost:
                set_aside(folder, loaded.tail)
            log = Log(folder, loaded.state.generation.manifest.identity, self._disk, loaded.tail)
        writer = Writer(cell, log, self._limits, self._changes.submit)
        checker = Checker(folder, cell, health, writer)
        keeper = Keeper(folder, cell, writer, self._upkeep, self._disk, health)
        writer.repaired = lambda: checker.fall_back("a block was damaged when the index was to be changed")
        grower = Grower(folder, cell, self._upkeep, self._disk) if loaded.state.spec.automatic else None
        writer.after_batch = lambda: self._keep_later(keeper, grower)
        for number, path in generations(folder):
            if number > loaded.state.generation.manifest.number:
                quarantine(path)
        self._check_later(checker)
        self._grow_later(grower)
        side = WritingSide(lock, writer, keeper, grower, self._upkeep)
        return EngineIndex(name, folder, cell, checker, self._limits, side)

    def _keep_later(self, keeper: Keeper, grower: Grower | None) -> None:
        def run() -> None:
            keeper.run()
            self._grow_later(grower)  # what was cleared out has other positions

        if keeper.wanted:
            self._upkeeps.submit(run)
        else:
            self._grow_later(grower)

    def _grow_later(self, grower: Grower | None) -> None:
        if grower is not None and grower.wanted:
            self._graphs.submit(grower.run)

    def _check_later(self, checker: Checker) -> None:
        if checker.health.check == Check.UNCHECKED:
            self._upkeeps.submit(checker.run_soon)

    def drop(self, tenant: str, name: str) -> None:
        """Remove an index for good. Raises IndexNotFound, or IndexInUse while someone writes it."""
        folder = self._folder(tenant, name)
        if not folder.is_dir():
            raise IndexNotFound(f"There is no index '{name}'.")
        lock = lock_for_writing(folder / _LOCK, name)
        gone = folder.with_name(f"~{folder.name}.{os.urandom(8).hex()}.gone")
        try:
            folder.rename(gone)
        finally:
            lock.close()
        shutil.rmtree(gone, ignore_errors=True)

    def close(self) -> None:
        """Close every index that is still open, and the threads."""
        with self._lock:
            still, self._open = self._open, set()
        for index in still:
            index.close()
        self._changes.shutdown()
        self._upkeeps.shutdown()
        self._graphs.shutdown()

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _folder(self, tenant: str, name: str) -> Path:
        return self._root / _escaped("a tenant", tenant) / _escaped("an index", name)


def _give_way() -> None:
    """Let this thread have what others leave of the processor; on Linux, where a thread can be asked."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, get_native_id(), _PRIORITY)


def _name(fresh: Path, folder: Path, name: str) -> None:
    """Give a new index its folder, unless another process was quicker."""
    try:
        fresh.rename(folder)
    except OSError as error:
        if folder.exists():
            raise IndexExists(f"There is an index '{name}' already.") from error
        raise


def _escaped(kind: str, name: str) -> str:
    """A name that is safe on every file system: nothing but small letters, digits, - and %XX."""
    if not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"The name of {kind} has 1 to 80 letters, digits or . _ : @ -, not {name[:100]!r}."
        )
    return "".join(c if c.islower() or c.isdigit() or c == "-" else f"%{ord(c):02x}" for c in name)


def _health(loaded: Loaded) -> Health:
    left = any(True for _ in loaded.state.generation.unchecked())
    troubles = [*loaded.damaged, *([loaded.lost] if loaded.lost else [])]
    return Health(Check.UNCHECKED if left else Check.SOUND, troubles)
