"""The KeptVectors port on the FAISS engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import count
from typing import Any

import numpy as np
import orjson

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec
from backend.models.migration import Node
from backend.ports.kept_vectors import KeptOrigin, Matrix

_LONGEST = 50
_PLAIN = ("source", "page", "heading")


class EngineKeptVectors:
    """Implements the KeptVectors port: flat indexes by inner product, nodes as their metadata."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, tenant: str, wanted: str, origin: KeptOrigin) -> EngineKeptIndex:
        """See the port."""
        note = orjson.dumps(asdict(origin))
        for name in _names(f"{origin.product}-{wanted}"):
            if self._engine.exists(tenant, name):
                with self._engine.open(tenant, name) as there:
                    same = there.note == note or (not there.note and not len(there))
                if not same:
                    continue
            else:
                self._engine.create(tenant, name, IndexSpec(origin.dimension, "Flat", "ip"))
            index = self._engine.open(tenant, name, writable=True)
            if not index.note:
                index.commit([], note)
            return EngineKeptIndex(index)
        raise AssertionError("names never end")


class EngineKeptIndex:
    """Implements the KeptIndex port; ids are places."""

    def __init__(self, index: EngineIndex) -> None:
        self._index = index

    @property
    def name(self) -> str:
        """See the port."""
        return self._index.name

    def __len__(self) -> int:
        """See the port."""
        return len(self._index)

    def add(self, first: int, nodes: Sequence[Node], vectors: Matrix) -> None:
        """See the port."""
        self._index.add(np.arange(first, first + len(nodes)), vectors, [_metadata(node) for node in nodes])

    def finish(self) -> None:
        """See the port."""
        self._index.snapshot()

    def node(self, place: int) -> Node:
        """See the port."""
        told = self._index.metadata(place) or {}
        if "as_json" in told:
            told = json.loads(told["as_json"])
        return Node(
            told["node_id"],
            told["text"],
            told["metadata"],
            told["relationships"],
            told["rest"],
            **{name: told.get(name) for name in _PLAIN},
        )

    def vector(self, place: int) -> Matrix:
        """See the port."""
        kept: Matrix = self._index.reconstruct(place)
        return kept

    def nearest(self, query: Matrix, k: int) -> Matrix:
        """See the port."""
        scores: Matrix = self._index.search(query, min(k, len(self)))[0][0]
        return scores

    def close(self) -> None:
        """See the port."""
        self._index.close()


def _names(wanted: str) -> Iterator[str]:
    plain = re.sub(r"[^A-Za-z0-9._@-]+", "-", wanted).strip("-.")[:_LONGEST]
    yield plain
    yield from (f"{plain}-{number}" for number in count(2))


def _metadata(node: Node) -> dict[str, Any]:
    told = {"node_id": node.id, "text": node.text, "metadata": dict(node.metadata)}
    told |= {"relationships": dict(node.relationships), "rest": dict(node.rest)}
    told |= {name: getattr(node, name) for name in _PLAIN if getattr(node, name) is not None}
    try:
        whole = orjson.loads(orjson.dumps(told)) == told
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        whole = False
    if whole:
        return told
    return {"node_id": node.id.encode(errors="replace").decode(), "as_json": json.dumps(told, default=str)}
