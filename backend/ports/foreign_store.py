"""Stores that other products left behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.models.migration import ForeignDocument, FoundStore, Node, Skipped

Tell = Callable[[int, int], None]
"""Hears how many bytes of how many are read; what it raises ends the reading."""


class ForeignStore(Protocol):
    """A store that was read once from end to end, in bounded memory; its methods block.

    Nodes have places 0, 1, ... in the order of ``documents``; nodes without a usable vector are among
    them only where vectors are made anew. Raises DamagedFile where the files change meanwhile.
    """

    @property
    def layout(self) -> str:
        """How its files are laid out, in a word or two."""

    @property
    def size(self) -> int:
        """Bytes of its files."""

    @property
    def documents(self) -> Sequence[ForeignDocument]:
        """In the order of the store."""

    @property
    def nodes(self) -> int:
        """How many nodes can be taken over."""

    @property
    def vectors(self) -> int:
        """How many of them have a vector of ``dimension``."""

    @property
    def dimension(self) -> int | None:
        """Length of most vectors; None where there is none."""

    @property
    def skips(self) -> Sequence[Skipped]:
        """What cannot be taken over."""

    @property
    def notes(self) -> Sequence[str]:
        """What else a person should know."""

    def read(self, first: int, last: int) -> list[Node]:
        """Nodes at places ``first`` to ``last``, both included."""

    def matrix(self, first: int, last: int) -> npt.NDArray[np.float32]:
        """Their vectors as written, shape (last - first + 1, dimension); zeros where one is missing."""

    def samples(self, count: int) -> list[tuple[int, list[str]]]:
        """Places spread over all nodes with a vector, and the texts that it may have been made from."""

    def written(self, place: int) -> tuple[str, npt.NDArray[np.float32]]:
        """Id and vector of a node, read from the source again by another way than ``matrix``."""

    def close(self) -> None:
        """Let go of files and scratch space."""


class ForeignStores(Protocol):
    """Finds stores of one product. Methods block."""

    def at(self, folder: Path) -> FoundStore | None:
        """The store in a folder; None where there is none."""

    def below(self, root: Path) -> list[FoundStore]:
        """Stores in a folder and in those below it, a few levels deep, by name; links are not followed."""

    def open(self, folder: Path, *, without_vectors: bool, tell: Tell) -> ForeignStore:
        """Read a store; raises NotFound or DamagedFile. ``without_vectors``: also nodes that have none."""

    def remove(self, folder: Path) -> None:
        """Delete the files of a store, and the folder where nothing else is in it."""
