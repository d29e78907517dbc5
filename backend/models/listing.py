"""One page of a longer list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Items ``offset`` to ``offset + limit`` of ``total``."""

    items: tuple[T, ...]
    total: int
    offset: int
    limit: int
