"""Which files of a folder belong to a persisted LlamaIndex store, of any version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_VECTORS = "vector_store.json"
_SEPARATOR = "__"
_DEFAULT = "default"
_IMAGE = "image"
_EMPTY = 32
"""Bytes: a graph store of at most this many holds nothing."""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """The vectors of one namespace."""

    path: Path
    namespace: str

    @property
    def of_images(self) -> bool:
        """Whether the multi-modal index keeps the vectors of its images there."""
        return self.namespace == _IMAGE


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a store."""

    folder: Path
    docstore: Path | None
    index_store: Path | None
    vectors: tuple[VectorFile, ...]
    """Default namespace first."""
    others: tuple[Path, ...]
    """Graph stores, which have no place here."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file of the store."""
        known = [self.docstore, self.index_store, *(v.path for v in self.vectors), *self.others]
        return tuple(path for path in known if path is not None)

    @property
    def size(self) -> int:
        """Bytes of what is read."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def name(self) -> str:
        """The layout in a word or two, for a report."""
        if not self.vectors:
            return "docstore only"
        plain = any(v.path.name == _VECTORS for v in self.vectors)
        words = ["plain" if plain else "namespaced"]
        return ", ".join(words if self.docstore else [*words, "no docstore"])

    @property
    def graphs(self) -> tuple[str, ...]:
        """Names of graph stores that hold something."""
        return tuple(path.name for path in self.others if path.stat().st_size > _EMPTY)


def layout_of(folder: Path) -> Layout | None:
    """The store in a folder; None where there is none."""
    if not folder.is_dir():
        return None
    names = sorted(path.name for path in folder.glob("*.json") if path.is_file())
    vectors = [VectorFile(folder / name, _namespace(name)) for name in names if name.endswith(_VECTORS)]
    docstore = folder / "docstore.json" if "docstore.json" in names else None
    if not vectors and docstore is None:
        return None
    return Layout(
        folder,
        docstore,
        folder / "index_store.json" if "index_store.json" in names else None,
        tuple(sorted(vectors, key=lambda v: (v.namespace != _DEFAULT, v.path.name))),
        tuple(folder / name for name in names if name.endswith("graph_store.json")),
    )


def _namespace(name: str) -> str:
    return name.split(_SEPARATOR, maxsplit=1)[0] if _SEPARATOR in name else _DEFAULT
