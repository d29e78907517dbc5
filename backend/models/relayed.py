"""An answer of another server, passed on as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relayed:
    """Status, headers that concern the caller, and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes
