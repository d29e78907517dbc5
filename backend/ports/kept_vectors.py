"""Vectors of another model than the one in use, kept as an index of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from backend.models.migration import Node

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class KeptOrigin:
    """Where an index comes from; one with the same origin goes on where it broke off."""

    product: str
    folder: str
    """The name of the folder, without its path."""
    digest: str
    """Of everything that is to be in it."""
    dimension: int
    nodes: int


class KeptIndex(Protocol):
    """Open for writing until ``close``. Nodes have places 0, 1, ...; methods block."""

    @property
    def name(self) -> str:
        """How it is listed."""

    def __len__(self) -> int:
        """How many nodes it has."""

    def add(self, first: int, nodes: Sequence[Node], vectors: Matrix) -> None:
        """Keep nodes from place ``first`` on, all or none, durably. Raises StorageFull."""

    def finish(self) -> None:
        """Everything is in it."""

    def node(self, place: int) -> Node:
        """As it was given, but for its document."""

    def vector(self, place: int) -> Matrix:
        """Shape (dimension,), bit for bit."""

    def nearest(self, query: Matrix, k: int) -> Matrix:
        """The ``k`` largest inner products with ``query``, falling."""

    def close(self) -> None:
        """Let go of it."""


class KeptVectors(Protocol):
    """Makes such indexes. Methods block."""

    def begin(self, tenant: str, wanted: str, origin: KeptOrigin) -> KeptIndex:
        """The index of an origin: a new one, named like ``wanted``, or what an earlier attempt began.

        Raises IndexInUse where another process writes it.
        """
