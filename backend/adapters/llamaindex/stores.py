"""Finds LlamaIndex stores, reads them, and decides what of them can be taken over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from backend.adapters.disk import FULL, is_full
from backend.adapters.llamaindex.docstore import Docstore, read_docstore
from backend.adapters.llamaindex.index_store import indexed_nodes
from backend.adapters.llamaindex.layout import Layout, layout_of
from backend.adapters.llamaindex.store import LlamaIndexStore
from backend.adapters.llamaindex.vector_files import VectorScan, scratch_in
from backend.errors import DamagedFile, NotFound, StorageFull
from backend.models.migration import FoundStore, Skipped
from backend.ports.foreign_store import Tell

DEEPEST = 3
"""Levels of folders below the one that is looked through."""

MOST_FOLDERS = 2_000
"""Looked into at most: a data folder is no place for a search of the whole disk."""


class LlamaIndexStores:
    """Implements the ForeignStores port; ``scratch`` is the folder of temporary files."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def at(self, folder: Path) -> FoundStore | None:
        """See the port."""
        layout = layout_of(folder)
        return None if layout is None else FoundStore(folder, layout.name, layout.size, folder.name)

    def below(self, root: Path) -> list[FoundStore]:
        """See the port."""
        found = []
        for folder in _folders(root):
            layout = layout_of(folder)
            # Many programs keep a docstore.json of their own; the vectors give LlamaIndex away.
            if layout is not None and layout.vectors:
                name = folder.relative_to(root).as_posix()
                found.append(FoundStore(folder, layout.name, layout.size, name))
        return found

    def open(self, folder: Path, *, without_vectors: bool, tell: Tell) -> LlamaIndexStore:
        """See the port."""
        layout = layout_of(folder)
        if layout is None:
            raise NotFound(
                f"There is no LlamaIndex store in {folder.name or folder}: neither docstore.json nor a file "
                "that ends in vector_store.json."
            )
        try:
            return _read(layout, self._scratch, tell, without_vectors=without_vectors)
        except OSError as error:
            if is_full(error):
                raise StorageFull(FULL) from error
            raise DamagedFile(f"The store cannot be read ({error.strerror}).") from error

    def remove(self, folder: Path) -> None:
        """See the port."""
        layout = layout_of(folder)
        for path in layout.files if layout else ():
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def _folders(root: Path) -> Iterator[Path]:
    level = [root]
    looked = 0
    for _ in range(DEEPEST + 1):
        following: list[Path] = []
        for folder in level:
            looked += 1
            if looked > MOST_FOLDERS:
                return
            yield folder
            following += _inside(folder)
        level = following


def _inside(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as items:
            inside = [i.name for i in items if i.is_dir(follow_symlinks=False) and not i.name.startswith(".")]
    except OSError:
        return []
    return [folder / name for name in sorted(inside)]


def _read(layout: Layout, scratch: Path, tell: Tell, *, without_vectors: bool) -> LlamaIndexStore:
    total, behind = layout.size, 0

    def heard(done: int) -> None:
        tell(min(behind + done, total), total)

    scan = VectorScan(scratch_in(scratch))
    try:
        docstore = Docstore()
        if layout.docstore is not None:
            docstore = read_docstore(layout.docstore, heard)
            behind += layout.docstore.stat().st_size
        for number, file in enumerate(layout.vectors):
            scan.read(number, file, heard)
            behind += file.path.stat().st_size
        indexed = None if layout.index_store is None else indexed_nodes(layout.index_store)
        return _Choice(docstore, scan, indexed, without_vectors=without_vectors).store(layout)
    except BaseException:
        scan.scratch.close()
        raise


class _Choice:
    """Which nodes are taken over, and why the others are not."""

    def __init__(
        self, docstore: Docstore, scan: VectorScan, indexed: set[str] | None, *, without_vectors: bool
    ) -> None:
        self._docstore = docstore
        self._scan = scan
        self._indexed = indexed
        self._without_vectors = without_vectors
        self._dimension = scan.dimension(docstore.numbers.__contains__)
        self._images = set(scan.images)
        self._names = {number: name for name, number in docstore.numbers.items()}
        self._skips: dict[str, Skipped] = {}

    def store(self, layout: Layout) -> LlamaIndexStore:
        chosen: dict[str | None, list[int]] = {}
        for name, number in self._docstore.numbers.items():
            reason = self._why_not(name, number)
            if reason is None:
                chosen.setdefault(self._source(name, number), []).append(number)
            elif not (reason == "image_vector" and name in self._images):
                self._skip(reason, name)
        for name, reason in self._left():
            self._skip(reason, name)
        return LlamaIndexStore(
            layout,
            self._docstore,
            self._scan,
            {ref: self._ordered(ref, numbers) for ref, numbers in chosen.items()},
            self._dimension,
            list(self._skips.values()),
        )

    def _why_not(self, name: str, number: int) -> str | None:
        vector = self._scan.vectors.get(name)
        if self._docstore.is_empty(number):
            return "image_vector" if name in self._images else "empty_text"
        if vector is not None and vector.dimension == self._dimension:
            return None
        reason = "other_length" if vector is not None else self._scan.bad.get(name)
        if reason is None and name not in self._images:
            if self._docstore.is_document(number):
                return "whole_document"
            if not self._is_indexed(name):
                return "not_indexed"
        if self._without_vectors:
            return None
        return reason or ("image_vector" if name in self._images else "no_vector")

    def _is_indexed(self, name: str) -> bool:
        """Whether a node without a vector should have one."""
        return not self._scan.vectors if self._indexed is None else name in self._indexed

    def _left(self) -> Iterator[tuple[str, str]]:
        """(id, reason) of what no node of the docstore stands for."""
        numbers = self._docstore.numbers
        yield from self._docstore.bad
        broken = {name for name, _ in self._docstore.bad} - set(numbers)
        for name in (*self._scan.vectors, *self._scan.bad):
            if name not in numbers and name not in broken:
                yield name, "no_text"
        yield from ((name, "duplicate") for name in self._scan.repeated)
        yield from ((name, "image_vector") for name in self._scan.images)

    def _source(self, name: str, number: int) -> str | None:
        if self._docstore.is_document(number):
            return name
        named = self._docstore.sources[number]
        return named or self._docstore.refs.get(name) or self._scan.refs.get(name)

    def _ordered(self, ref: str | None, numbers: list[int]) -> list[int]:
        """As the store lists the nodes of the document; those that it does not list follow."""
        order = self._docstore.order.get(ref, {}) if ref is not None else {}
        if not order:
            return numbers
        return sorted(numbers, key=lambda number: order.get(self._names[number], len(order)))

    def _skip(self, reason: str, name: str) -> None:
        self._skips.setdefault(reason, Skipped(reason)).add(name)
