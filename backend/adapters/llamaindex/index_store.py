"""What the index store says of the nodes of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backend.adapters.llamaindex.entries import entries
from backend.adapters.llamaindex.nodes import clean
from backend.adapters.llamaindex.values import parsed


def indexed_nodes(path: Path) -> set[str] | None:
    """Ids that the index store counts as parts of an index of vectors; None where it does not say."""
    known: set[str] = set()
    told = False
    with path.open("rb") as file:
        for entry in entries(file, path.name):
            value = parsed(entry.raw) if entry.key is not None else None
            data: Any = value.get("__data__") if isinstance(value, dict) else None
            data = parsed(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else data
            names = data.get("nodes_dict") if isinstance(data, dict) else None
            if isinstance(names, dict):
                told = True
                known.update(clean(name) for name in names.values() if isinstance(name, str))
    return known if told else None
