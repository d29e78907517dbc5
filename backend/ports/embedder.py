"""Text to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Shape (n, dimension), rows of unit length."""


class Embedder(Protocol):
    """Makes unit vectors from texts; safe to call from many tasks at once."""

    @property
    def fingerprint(self) -> str:
        """Names model, precision and pooling: vectors of two fingerprints are never mixed."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of ``texts`` in their order, shape (len(texts), dimension); (0, dimension) for none."""
