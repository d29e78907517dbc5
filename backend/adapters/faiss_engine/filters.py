"""Filters on metadata, as JSON: what they mean, and which positions pass.

``{"year": 2020}``, ``{"year": {"$gte": 2000, "$lt": 2010}}``, ``{"kind": {"$in": ["a", "b"]}}``,
``{"$and": [...]}``, ``{"$or": [...]}``, ``{"$not": {...}}``, and per field ``$eq $ne $gt $gte $lt $lte
$in $nin $exists``. Several fields, or several conditions of one, must all hold. A dot goes into nested
objects; of a list, any item may match. Numbers compare with numbers, texts with texts; a field that is
missing passes only ``$ne``, ``$nin``, ``$not`` and ``{"$exists": false}``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from backend.adapters.faiss_engine.rows import Rows
from backend.errors import DamagedIndex, InvalidRequest

Mask: TypeAlias = npt.NDArray[np.bool_]
Filter: TypeAlias = "Callable[[Fields], Mask]"

_DEEPEST = 32
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def _key(value: Any) -> tuple[str, Any]:
    """Values that are equal have one key; true is not 1."""
    if isinstance(value, bool) or value is None:
        return ("constant", value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, str):
        return ("text", value)
    return ("other", orjson.dumps(value, option=orjson.OPT_SORT_KEYS))


@dataclass(slots=True)
class _Column:
    """One field: its distinct values, and pairs of (value, position)."""

    codes_of: dict[tuple[str, Any], int] = field(default_factory=dict)
    codes: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    read_up_to: int = 0
    arrays: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]] | None = None

    def take(self, position: int, value: Any) -> None:
        for item in value if isinstance(value, list) else [value]:
            code = self.codes_of.setdefault(_key(item), len(self.codes_of))
            self.codes.append(code)
            self.positions.append(position)

    def mask(self, count: int, passes: Callable[[tuple[str, Any]], bool]) -> Mask:
        """The positions with a value that passes."""
        good = np.fromiter(map(passes, self.codes_of), np.bool_, len(self.codes_of))
        return self._marked(count, good)

    def equal(self, count: int, keys: Sequence[tuple[str, Any]]) -> Mask:
        good = np.zeros(len(self.codes_of), np.bool_)
        good[[self.codes_of[key] for key in keys if key in self.codes_of]] = True
        return self._marked(count, good)

    def _marked(self, count: int, good: Mask) -> Mask:
        if self.arrays is None:
            self.arrays = np.array(self.codes, np.int32), np.array(self.positions, np.int64)
        found = np.zeros(count, np.bool_)
        codes, positions = self.arrays
        if len(codes):
            chosen = positions[good[codes]]
            found[chosen[chosen < count]] = True
        return found


class Fields:
    """Metadata by field, read when a filter first names the field and followed as rows are added.

    Positions must not change their metadata. Not thread-safe.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._columns: dict[str, _Column] = {}

    def follow(self, rows: Rows) -> None:
        """Go on with other rows of the same positions."""
        self._rows = rows

    @property
    def count(self) -> int:
        """Positions."""
        return self._rows.count

    def column(self, name: str) -> _Column:
        """A field as it is now."""
        column = self._columns.setdefault(name, _Column())
        for position in range(column.read_up_to, self.count):
            text = self._rows.metadata_at(position)
            if text:
                self._read(column, name, position, text)
        if column.read_up_to < self.count:
            column.read_up_to, column.arrays = self.count, None
        return column

    def _read(self, column: _Column, name: str, position: int, text: bytes) -> None:
        try:
            value = _reach(orjson.loads(text), name)
        except orjson.JSONDecodeError as error:
            raise DamagedIndex("Metadata of this index is damaged.") from error
        if value is not _MISSING:
            column.take(position, value)


_MISSING = object()


def _reach(value: Any, name: str) -> Any:
    """The value of a field; a name with dots is tried whole first."""
    if not isinstance(value, dict):
        return _MISSING
    if name in value:
        return value[name]
    head, dot, rest = name.partition(".")
    return _reach(value.get(head, _MISSING), rest) if dot else _MISSING


def parse_filter(filter_: Mapping[str, Any]) -> Filter:
    """A filter ready to be applied; raises InvalidRequest with the part that is not understood."""
    return _parse(filter_, 0)


def _parse(filter_: Any, depth: int) -> Filter:
    if not isinstance(filter_, Mapping) or not filter_:
        raise InvalidRequest("A filter is an object with at least one field or one of $and, $or, $not.")
    if depth > _DEEPEST:
        raise InvalidRequest(f"A filter may be nested {_DEEPEST} levels deep.")
    return _all([_one(name, wanted, depth) for name, wanted in filter_.items()])


def _one(name: str, wanted: Any, depth: int) -> Filter:
    if name in {"$and", "$or"}:
        if not isinstance(wanted, list) or not wanted:
            raise InvalidRequest(f"{name} takes a list of filters.")
        parts = [_parse(part, depth + 1) for part in wanted]
        return _all(parts) if name == "$and" else _any(parts)
    if name == "$not":
        return _not(_parse(wanted, depth + 1))
    if name.startswith("$"):
        raise InvalidRequest(f"A filter knows $and, $or and $not, not {name}.")
    if isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted):
        return _all([_condition(name, operation, value) for operation, value in wanted.items()])
    return _condition(name, "$eq", wanted)


def _condition(name: str, operation: str, value: Any) -> Filter:
    if operation in _COMPARISONS:
        return _comparison(name, operation, value)
    match operation:
        case "$eq" | "$ne":
            found = _equal(name, [value])
        case "$in" | "$nin":
            if not isinstance(value, list):
                raise InvalidRequest(f"{operation} takes a list of values.")
            found = _equal(name, value)
        case "$exists":
            found = _exists(name)
            return found if value else _not(found)
        case _:
            known = ", ".join(["$eq", "$ne", *_COMPARISONS, "$in", "$nin", "$exists"])
            raise InvalidRequest(f"A condition is one of {known}, not {operation}.")
    return _not(found) if operation in {"$ne", "$nin"} else found


def _equal(name: str, values: Sequence[Any]) -> Filter:
    keys = [_key(value) for value in values]
    return lambda fields: fields.column(name).equal(fields.count, keys)


def _exists(name: str) -> Filter:
    return lambda fields: fields.column(name).mask(fields.count, lambda _: True)


def _comparison(name: str, operation: str, value: Any) -> Filter:
    kind, limit = _key(value)
    if kind not in {"number", "text"}:
        raise InvalidRequest(f"{operation} takes a number or a text.")
    compare = _COMPARISONS[operation]
    return lambda fields: fields.column(name).mask(
        fields.count, lambda key: key[0] == kind and compare(key[1], limit)
    )


def _all(parts: Sequence[Filter]) -> Filter:
    return lambda fields: np.logical_and.reduce([part(fields) for part in parts])


def _any(parts: Sequence[Filter]) -> Filter:
    return lambda fields: np.logical_or.reduce([part(fields) for part in parts])


def _not(part: Filter) -> Filter:
    return lambda fields: ~part(fields)
