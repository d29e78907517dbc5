"""Methods of FAISS that take pointers, where the arrays behind them can be shown to be large enough.

A client's ``swig_ptr(array)`` arrives as the array. How much FAISS reads and writes behind each pointer is a
product of the call's own numbers and of sizes of the object, which no session may set. A method that is not
listed takes no pointer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import faiss

from backend.adapters.faiss_sessions.frames import Array
from backend.adapters.faiss_sessions.objects import Held
from backend.adapters.faiss_sessions.values import Pointed

_ITEMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "set_query": {"x": ("d",)},
    "compute_distance_tables": {"x": ("nx", "d"), "dis_tables": ("nx", "M", "ksub")},
    "compute_inner_prod_tables": {"x": ("nx", "d"), "dis_tables": ("nx", "M", "ksub")},
    "compute_distance_table": {"x": ("d",), "dis_table": ("M", "ksub")},
    "compute_inner_prod_table": {"x": ("d",), "dis_table": ("M", "ksub")},
    "compute_codes_with_assign_index": {"x": ("n", "d"), "codes": ("n", "code_size")},
    "find_sorted_ids_bounds": {"ids": ("list_size",), "jmin": (), "jmax": ()},
    "compute_distance_subset": {"x": ("n", "d"), "distances": ("n", "k"), "labels": ("n", "k")},
}
"""Method -> parameter -> what the items behind it are the product of; 1 for nothing."""

_BELOW = {"list_no": "nlist", "listno": "nlist"}
"""Parameters of C++ methods that count something, and the field that says how many there are."""
_ITEM = {"at", "__getitem__"}
"""Methods of C++ vectors that take the position of an item."""
_LEVELS = {"nb_neighbors", "set_nb_neighbors", "cum_nb_neighbors"}
"""Methods of a graph whose first number is a level."""
_POSITIONS = {"__call__", "symmetric_dis"}
"""Methods of distance computers: every argument is the position of a vector."""


def checked(held: Held, call: Callable[..., Any], args: list[Any]) -> list[Array]:
    """The arrays that the call may write to. Raises TypeError, ValueError, IndexError."""
    name = getattr(call, "__name__", "")
    if "swigfaiss" not in getattr(call, "__module__", ""):
        pointed = [value for value in args if isinstance(value, Pointed)]
        if pointed:
            raise TypeError(f"{name}() takes arrays, not pointers")
        return []
    named = _named(call, args)
    _check_positions(held, name, named)
    arrays = [value.array for value in args if isinstance(value, Pointed)]
    if arrays:
        _check_items(held, name, named)
    return arrays


def _named(call: Callable[..., Any], args: list[Any]) -> dict[str, Any]:
    parameters = inspect.signature(call).parameters
    return dict(zip(parameters, args, strict=False))


def _check_items(held: Held, name: str, named: Mapping[str, Any]) -> None:
    rules = _ITEMS.get(name, {})
    for parameter, value in named.items():
        if not isinstance(value, Pointed):
            continue
        if parameter not in rules:
            raise TypeError(f"{name}() takes no pointer as {parameter} in a session: pass an array")
        needed = prod(_size(held, each, named) for each in rules[parameter])
        if value.array.size < needed:
            raise ValueError(
                f"{name}() needs {needed} items behind {parameter}; there are {value.array.size}"
            )


def _size(held: Held, field: str, named: Mapping[str, Any]) -> int:
    value = named.get(field)
    if value is None:
        value = _field(held, field)
    if not isinstance(value, int) or value < 0:
        raise TypeError(f"{field} must be a number of 0 or more")
    return value


def _field(held: Held, field: str) -> int:
    """A size of the object, or of the one that it was made by."""
    found = getattr(held.obj, field, None)
    if isinstance(found, int):
        return found
    for parent in held.keeps:
        found = getattr(parent.obj, field, None)
        if isinstance(found, int):
            return found
    raise TypeError(f"a {type(held.obj).__name__} on its own does not know its {field}")


def _check_positions(held: Held, name: str, named: Mapping[str, Any]) -> None:
    limits = {parameter: _BELOW[parameter] for parameter in named if parameter in _BELOW}
    if name in _POSITIONS and hasattr(held.obj, "symmetric_dis"):
        limits = dict.fromkeys(named, "ntotal")
    for parameter, field in limits.items():
        value = named[parameter]
        _check_below(name, parameter, value, field, _field(held, field))
    if name == "get_single_id" and isinstance(list_no := named.get("list_no"), int):
        size = held.obj.list_size(list_no)
        _check_below(name, "offset", named.get("offset"), "list_size", size)
    if name in _LEVELS and isinstance(held.obj, faiss.HNSW):
        count = held.obj.cum_nneighbor_per_level.size() - (name != "cum_nb_neighbors")
        _check_below(name, "level", next(iter(named.values()), None), "levels", count)
    if name in _ITEM and hasattr(held.obj, "size"):
        _check_below(name, "position", next(iter(named.values()), None), "size", held.obj.size())


def _check_below(name: str, parameter: str, value: object, field: str, count: int) -> None:
    if isinstance(value, int) and not 0 <= value < count:
        raise IndexError(f"{name}(): {parameter} = {value} is not below {field} = {count}")
