"""One pass over the vectors of a store: they go to a scratch file as float32, in the order they come."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from backend.adapters.llamaindex.entries import Entry, entries
from backend.adapters.llamaindex.layout import VectorFile
from backend.adapters.llamaindex.nodes import clean
from backend.adapters.llamaindex.values import parsed, vector_of

_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """Where a vector stands: in the scratch file, and in the file of the source."""

    scratch: int
    dimension: int
    file: int
    offset: int
    length: int


@dataclass(slots=True)
class VectorScan:
    """What the passes over all files found; ``scratch`` is deleted when it is closed."""

    scratch: IO[bytes]
    vectors: dict[str, Written] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    """Documents by node, as far as the file says it."""
    bad: dict[str, str] = field(default_factory=dict)
    """Reasons by id."""
    repeated: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)

    def dimension(self, known: Callable[[str], bool]) -> int | None:
        """The most common length of vectors whose nodes are ``known``, else of all."""
        lengths = Counter(v.dimension for name, v in self.vectors.items() if known(name))
        lengths = lengths or Counter(v.dimension for v in self.vectors.values())
        return max(lengths, key=lambda n: (lengths[n], n)) if lengths else None

    def read(self, number: int, source: VectorFile, tell: Callable[[int], None]) -> None:
        """Read one file from end to end; raises DamagedFile. An id of an earlier file stays as it is."""
        mine: set[str] = set()
        with source.path.open("rb") as file:
            for entry in entries(file, source.path.name, tell):
                if entry.key is None:
                    continue
                name = clean(entry.key)
                if entry.section == "embedding_dict":
                    self._vector(name, entry, number, mine, of_images=source.of_images)
                elif entry.section in {"text_id_to_ref_doc_id", "text_id_to_doc_id"}:
                    ref = parsed(entry.raw)
                    if isinstance(ref, str) and ref not in {"", "None"}:
                        self.refs.setdefault(name, clean(ref))
        self.scratch.flush()

    def _vector(self, name: str, entry: Entry, number: int, mine: set[str], *, of_images: bool) -> None:
        if of_images:
            self.images.append(name)
            return
        known = name in self.vectors or name in self.bad
        if known:
            self.repeated.append(name)
            if name not in mine:
                return
        mine.add(name)
        vector = vector_of(entry.raw)
        self.vectors.pop(name, None)
        self.bad.pop(name, None)
        if isinstance(vector, str):
            self.bad[name] = vector
            return
        self.vectors[name] = Written(self.scratch.tell(), len(vector), number, entry.offset, len(entry.raw))
        self.scratch.write(vector.tobytes())


def scratch_in(folder: Path) -> IO[bytes]:
    """A scratch file on the disk of ``folder``; it has no name, so nothing is left of it after a crash."""
    return tempfile.TemporaryFile(buffering=_BUFFER, dir=folder)
