"""JSON values as Python's own, of any quality."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

UNREADABLE = object()
"""Stands for what is no JSON."""

_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def parsed(raw: bytes) -> Any:  # noqa: ANN401 - whatever it is
    """A value, by LlamaIndex's own reader where it is not strict JSON (NaN, half surrogates); UNREADABLE."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            return json.loads(raw)
        except (ValueError, RecursionError):
            return UNREADABLE


def vector_of(raw: bytes) -> npt.NDArray[np.float32] | str:
    """The numbers as float32, shape (n,); or the reason why they are no vector."""
    value = parsed(raw)
    if not isinstance(value, list) or not value:
        return "not_numbers"
    try:
        wide = np.array(value)
    except (ValueError, OverflowError):
        return "not_numbers"
    if wide.ndim != 1 or wide.dtype.kind not in "fiu":
        return "not_numbers"
    wide = wide.astype(np.float64)
    if not np.isfinite(wide).all() or np.abs(wide).max() > _LARGEST_FLOAT32:
        return "not_finite"
    vector = wide.astype("<f4")
    return vector if vector.any() else "zero_vector"
