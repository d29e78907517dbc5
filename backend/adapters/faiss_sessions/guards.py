"""Calls that FAISS answers by ending the process: each is refused before, as FAISS refuses others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions import policy
from backend.adapters.faiss_sessions.objects import Held

_PARTS = ("index", "base_index", "refine_index", "quantizer", "invlists", "storage")
"""Fields of an index that every call relies on; one that was made without arguments has none of them."""
_COMPLETING = frozenset({"replace_invlists", "prepend_transform"})
_DEEPEST = 8
_INDEXES = (faiss.Index, faiss.IndexBinary)
_GRAPHS = (faiss.IndexHNSW, faiss.IndexBinaryHNSW)


def check_call(held: Held, name: str, args: Sequence[Any], named: Mapping[str, Any]) -> None:
    """Raise RuntimeError where an object is not ready for the call."""
    owner = held.obj
    if name == "__call__" and hasattr(owner, "set_query") and "set_query" not in held.memory:
        raise RuntimeError(f"Error in {type(owner).__name__}: set_query() comes first")
    if not isinstance(owner, _INDEXES):
        return
    if name not in _COMPLETING:
        check_whole(owner)
    k = named.get("k", args[1] if len(args) > 1 else None)
    if name == "assign" and isinstance(k, int) and k < 1:
        raise RuntimeError(f"Error in {type(owner).__name__}.{name}: 'k > 0' failed")
    if name == "range_search" and not owner.ntotal and args and isinstance(args[0], np.ndarray):
        _check_graph(owner, args[0])


def check_whole(owner: object, depth: int = 0) -> None:
    """Raise RuntimeError where a part of an index is missing."""
    if not isinstance(owner, _INDEXES) or depth > _DEEPEST:
        return
    for field in _parts_of(type(owner)):
        part = getattr(owner, field)
        if part is None:
            raise RuntimeError(f"Error in {type(owner).__name__}: it has no {field}")
        check_whole(_downcast(part), depth + 1)


def check_value(owner: object, name: str, value: object) -> None:
    """Raise TypeError for None where C++ copies what it is given, or relies on it."""
    if value is not None or name in policy.OPTIONAL or type(owner).__name__.startswith("SearchParameters"):
        return
    if getattr(owner, name) is not None:
        raise TypeError(f"{type(owner).__name__}.{name} cannot be None")


def _check_graph(owner: Any, queries: Any) -> None:  # noqa: ANN401 - FAISS has no types
    inner, depth = owner, 0
    while not isinstance(inner, _GRAPHS) and depth < _DEEPEST:
        inner, depth = next((_downcast(getattr(inner, f)) for f in _parts_of(type(inner))), None), depth + 1
    if isinstance(inner, _GRAPHS) and len(queries) > 1:
        raise RuntimeError(f"Error in {type(owner).__name__}.range_search: 'ntotal > 0' failed")


def _downcast(part: object) -> object:
    if isinstance(part, faiss.IndexBinary):
        return faiss.downcast_IndexBinary(part)
    return faiss.downcast_index(part) if isinstance(part, faiss.Index) else part


def _parts_of(kind: type) -> tuple[str, ...]:
    if kind not in _known:
        _known[kind] = tuple(field for field in _PARTS if hasattr(kind, field))
    return _known[kind]


_known: dict[type, tuple[str, ...]] = {}
