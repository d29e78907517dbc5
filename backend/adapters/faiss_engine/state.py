"""What an open index is at a moment, and how it comes back from the disk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine import graph, log, structure
from backend.adapters.faiss_engine.changes import Change, Ids, Note, Put, Remove, Reset, decode
from backend.adapters.faiss_engine.filters import Fields
from backend.adapters.faiss_engine.generation import Generation, generations
from backend.adapters.faiss_engine.graph import Graph
from backend.adapters.faiss_engine.locks import ReadWriteLock
from backend.adapters.faiss_engine.rows import Rows, no_rows
from backend.adapters.faiss_engine.spec import IndexSpec
from backend.errors import DamagedIndex, IndexNotFound, InvalidRequest

_GATHERED = 8 << 20
"""Bytes of vectors that are added to FAISS in one call when a log is replayed."""


@dataclass(slots=True)
class State:
    """``index`` is mapped from ``generation`` until ``own``; ``sequence`` is the last change in it."""

    spec: IndexSpec
    generation: Generation
    index: structure.Index
    rows: Rows
    sequence: int
    note: bytes
    owned: bool = False
    graph: Graph | None = None
    """Of an ``Auto`` index, once there is one."""
    numbering: object = field(default_factory=object)
    """As long as it is the same object, a position that was published holds the same vector."""
    fields: Fields = field(init=False)

    def __post_init__(self) -> None:
        """Nothing of the metadata is read yet."""
        self.fields = Fields(self.rows)

    def own(self) -> None:
        """Have the index in memory of its own, ready to be changed; raises DamagedIndex."""
        if not self.owned:
            self.index, self.owned = self.generation.owned_index(), True

    def search(
        self, queries: npt.NDArray[Any], k: int, mask: structure.Mask | None, options: Mapping[str, Any]
    ) -> structure.Found:
        """See ``structure.search``."""
        if self.spec.automatic:
            return graph.search(self.graph, self.index, queries, k, mask, options)
        return structure.search(self.index, queries, k, mask, options)

    def kill(self, ids: Ids) -> int:
        """Let ids be gone; returns how many were there."""
        positions = self.rows.find(ids)
        positions = positions[positions >= 0]
        self.rows.kill(positions)
        return len(positions)

    def kill_all(self) -> int:
        """Let every id be gone."""
        positions = np.flatnonzero(~self.rows.dead)
        self.rows.kill(positions)
        return len(positions)

    def empty(self) -> None:
        """Where nothing lives, let the room go."""
        if self.owned and not self.rows.live and self.rows.count:
            with structure.faiss_errors():
                self.index.reset()
            self.rows = no_rows()
            self.fields = Fields(self.rows)
            self.graph, self.numbering = None, object()


class Cell:
    """The state that everyone shares: read under ``lock``, replaced or changed under its writing side."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.lock = ReadWriteLock()


class Replay:
    """Applies changes to a state that nobody else sees, adding vectors to FAISS many at a time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._vectors: list[npt.NDArray[Any]] = []
        self._bytes = 0

    def apply(self, changes: Iterable[Change]) -> None:
        """In their order; what follows from a change that was refused never comes here."""
        for change in changes:
            match change:
                case Put():
                    self._state.own()
                    self._state.kill(change.ids)
                    self._state.rows.append(change.ids, change.metadata)
                    self._vectors.append(change.vectors)
                    self._bytes += change.vectors.nbytes
                case Remove():
                    self._state.kill(change.ids)
                case Reset():
                    self._state.kill_all()
                case Note():
                    self._state.note = change.content
            if self._bytes > _GATHERED:
                self.finish()

    def finish(self) -> None:
        """Every vector is in the index."""
        if self._vectors:
            structure.add(self._state.index, np.concatenate(self._vectors))
        self._vectors, self._bytes = [], 0
        self._state.empty()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A state with the whole log in it. ``damaged``: sentences about generations that could not be used."""

    state: State
    tail: log.Tail
    damaged: tuple[str, ...]
    lost: str


def load(folder: Path, *, whole: bool, avoid: Path | None = None, repair: bool = False) -> Loaded:
    """The newest sound generation with the log above it.

    ``whole`` checks every block first. Raises IndexNotFound, or DamagedIndex where promised changes cannot
    be read (unless ``repair``, which goes on with those before them) or no generation is sound.
    """
    missing: set[str] = set()
    for _ in range(_TRIES):
        before = _newest(folder)
        promised = log.acknowledged(folder)
        try:
            return _load(folder, promised, missing, whole=whole, avoid=avoid, repair=repair)
        except FileNotFoundError as error:
            # Taken away by a writer, whose new generation is seen next time; or it is missing then, too.
            gone = error
            missing.add(str(error.filename))
        except DamagedIndex:
            # A writer elsewhere may have replaced what was being read.
            if _newest(folder) == before:
                raise
    raise DamagedIndex(f"Files of this index vanish while they are read: {gone}.") from gone


_TRIES = 20


def _newest(folder: Path) -> int:
    return max((number for number, _ in generations(folder)), default=0)


def _load(
    folder: Path, promised: int, missing: set[str], *, whole: bool, avoid: Path | None, repair: bool
) -> Loaded:
    """A generation that lacks a file which was ``missing`` before is damaged."""
    candidates = generations(folder)
    if not candidates:
        raise IndexNotFound("There is no index here.")
    damaged: list[str] = []
    for _, path in candidates:
        if path == avoid:
            continue
        try:
            generation = Generation(path, whole=whole)
        except (DamagedIndex, NotADirectoryError) as error:
            damaged.append(str(error))
            continue
        except FileNotFoundError as error:
            if str(error.filename) not in missing:
                raise
            damaged.append(f"{path.name} has no file '{Path(error.filename).name}'.")
            continue
        try:
            state, tail = restore(folder, generation)
        except DamagedIndex as error:
            generation.close()
            damaged.append(str(error))
            continue
        except BaseException:
            generation.close()
            raise
        lost = log.loss(folder, tail, promised)
        if lost and not repair:
            generation.close()
            raise DamagedIndex(
                f"{lost} Restore the folder from a copy, or open it with repair=True to go on without them."
            )
        return Loaded(state, tail, tuple(damaged), lost)
    raise DamagedIndex(f"No snapshot of this index is sound: {' '.join(damaged)}")


def restore(folder: Path, generation: Generation) -> tuple[State, log.Tail]:
    """A generation with the log above it."""
    manifest = generation.manifest
    state = State(
        manifest.spec, generation, generation.index, generation.rows(), manifest.sequence, manifest.note
    )
    tail = follow(folder, state)
    return state, tail


def follow(folder: Path, state: State) -> log.Tail:
    """Bring a state up to the log's end; returns where that is. Raises DamagedIndex."""
    onto = Replay(state)
    tail = log.Tail(state.sequence)
    for number, payload, reached in log.replay(folder, state.generation.manifest.identity, state.sequence):
        tail = reached
        if not number:
            break
        try:
            onto.apply(decode(payload, state.spec))
        except InvalidRequest as error:
            raise DamagedIndex(f"Change {number} cannot be applied: {error}") from error
        state.sequence = number
    onto.finish()
    return tail
