"""A LlamaIndex store that was read: which node goes where, and its text and vector on demand."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import IO

import numpy as np
import numpy.typing as npt

from backend.adapters.llamaindex.docstore import Docstore
from backend.adapters.llamaindex.layout import Layout
from backend.adapters.llamaindex.naming import filename_of, media_type_of, metadata_of
from backend.adapters.llamaindex.nodes import embedded_forms, stored_node
from backend.adapters.llamaindex.vector_files import VectorScan, Written
from backend.errors import DamagedFile
from backend.models.migration import ForeignDocument, Node, Skipped

_SAMPLED_FROM = 8
"""Candidates for each sampled node: the shorter ones are taken, which no model cuts off."""


class LlamaIndexStore:
    """Implements the ForeignStore port. ``chosen`` are numbers of nodes by document, in order."""

    def __init__(
        self,
        layout: Layout,
        docstore: Docstore,
        scan: VectorScan,
        chosen: Mapping[str | None, Sequence[int]],
        dimension: int | None,
        skips: Sequence[Skipped],
    ) -> None:
        self._layout = layout
        self._docstore = docstore
        self._scan = scan
        self._stack = ExitStack()
        self._stack.callback(scan.scratch.close)
        self._file: IO[bytes] | None = (
            self._stack.enter_context(layout.docstore.open("rb")) if layout.docstore else None
        )
        self._stamp = self._seen()
        names = {number: name for name, number in docstore.numbers.items()}
        self._places = array("q", (number for numbers in chosen.values() for number in numbers))
        self._names = [names[number] for number in self._places]
        self._vectors: list[Written | None] = [self._vector(name, dimension) for name in self._names]
        self.size = layout.size
        self.layout = layout.name
        self.dimension = dimension
        self.skips = skips
        self.nodes = len(self._places)
        self.vectors = sum(vector is not None for vector in self._vectors)
        self.notes = [f"{name} holds a graph, which has no place here." for name in layout.graphs]
        self.documents = list(self._documents(chosen))

    def read(self, first: int, last: int) -> list[Node]:
        """See the port."""
        if self._seen() != self._stamp:
            raise DamagedFile("The docstore changed while it was read. Stop what writes it and try again.")
        return [self._node(place) for place in range(first, last + 1)]

    def matrix(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """See the port."""
        made = np.zeros((last - first + 1, self.dimension or 0), np.float32)
        for row, vector in zip(made, self._vectors[first : last + 1], strict=True):
            if vector is not None:
                self._scan.scratch.seek(vector.scratch)
                row[:] = np.frombuffer(self._scan.scratch.read(4 * vector.dimension), "<f4")
        return made

    def samples(self, count: int) -> list[tuple[int, list[str]]]:
        """See the port."""
        held = [place for place, vector in enumerate(self._vectors) if vector is not None]
        step = max(1, len(held) // (count * _SAMPLED_FROM))
        candidates = held[::step][: count * _SAMPLED_FROM]
        short = sorted(candidates, key=lambda place: self._docstore.sizes[self._places[place]])[:count]
        return [(place, embedded_forms(self._node(place))) for place in sorted(short)]

    def written(self, place: int) -> tuple[str, npt.NDArray[np.float32]]:
        """See the port."""
        vector = self._vectors[place]
        if vector is None:
            return self._names[place], np.zeros(0, np.float32)
        with self._layout.vectors[vector.file].path.open("rb") as file:
            file.seek(vector.offset)
            numbers = file.read(vector.length).strip(b"[] \t\r\n").split(b",")
        return self._names[place], np.array([np.float32(float(number)) for number in numbers], "<f4")

    def close(self) -> None:
        """See the port."""
        self._stack.close()

    def _vector(self, name: str, dimension: int | None) -> Written | None:
        written = self._scan.vectors.get(name)
        return written if written and written.dimension == dimension else None

    def _node(self, place: int) -> Node:
        if self._file is None:
            raise DamagedFile("There is no docstore.")
        number = self._places[place]
        self._file.seek(self._docstore.offsets[number])
        stored = stored_node(self._names[place], self._file.read(self._docstore.lengths[number]))
        if isinstance(stored, str):
            raise DamagedFile("The docstore changed while it was read. Stop what writes it and try again.")
        return stored.node

    def _seen(self) -> tuple[int, int] | None:
        if self._file is None:
            return None
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def _documents(self, chosen: Mapping[str | None, Sequence[int]]) -> Iterator[ForeignDocument]:
        first = 0
        for ref, numbers in chosen.items():
            if numbers:
                yield self._document(ref, numbers, first)
            first += len(numbers)

    def _document(self, ref: str | None, numbers: Sequence[int], first: int) -> ForeignDocument:
        digest = hashlib.sha256(f"llamaindex\n{ref!r}\n".encode())
        for number in numbers:
            digest.update(self._docstore.digests[number])
        own = self._docstore.said.get(ref, {}) if ref is not None else {}
        # What a node alone says (its page, its keywords) describes no document, but names of files do.
        said = {**self._node(first).metadata, **own} if ref is not None else {}
        pages = max(self._docstore.pages[number] for number in numbers)
        return ForeignDocument(
            sha256=digest.hexdigest(),
            ref_id=ref,
            filename=filename_of(said, ref, self._layout.folder.resolve().name),
            media_type=media_type_of(said),
            size=sum(self._docstore.sizes[number] for number in numbers),
            nodes=len(numbers),
            first=first,
            pages=pages or None,
            metadata=metadata_of(said),
            said=own,
        )
