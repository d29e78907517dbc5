"""Vectors that other models made, as cosine search needs them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UNIT_TOLERANCE = 1e-3
"""How far the length of a unit vector of float32 may be from 1."""


def unit_vectors(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """``matrix``, shape (n, dimension), with every row of unit length; rows that are keep every bit.

    Lengths are taken in double precision: squares of large or tiny float32 leave its range.
    """
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix, dtype=np.float64))
    other = np.abs(lengths - 1) > UNIT_TOLERANCE
    if not other.any():
        return matrix
    made = matrix.copy()
    made[other] = matrix[other] / np.maximum(lengths[other], np.finfo(np.float64).tiny)[:, None]
    return made
