"""A second look: what searches use, beside the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sqlalchemy import Connection

from backend.adapters.engine_vectors.library import keys_of, library_of, pages_of
from backend.adapters.engine_vectors.view import View
from backend.adapters.faiss_engine import EngineIndex
from backend.errors import QuaestioError

_SAMPLED = 20_000
_NEAR = 0.95
"""Least cosine between a vector and what 8 bits a number keep of it."""


def differences(connection: Connection, tenant: str, view: View, dimension: int) -> Iterator[str]:
    """Sentences; ``connection`` reads one moment, and nobody changes ``view`` meanwhile."""
    if view.base is not None:
        yield from _damage(tenant, view.base.index)
    documents = library_of(connection, tenant).documents
    step = max(1, len(view) // _SAMPLED)
    for number in documents:
        found, place = view.keys_in(keys_of(number)), 0
        wanted = [keys for keys, _ in pages_of(connection, number, dimension)]
        every = np.concatenate([np.empty(0, np.int64), *wanted])
        if not np.array_equal(found, every):
            yield f"The index of {tenant} holds {len(found)} of {len(every)} passages of document {number}."
            continue
        for keys, vectors in pages_of(connection, number, dimension):
            for at in range(place % step, len(keys), step):
                kept = view.vector(int(keys[at]))
                exact = view.base is None or view.base.exact
                same = np.array_equal(kept, vectors[at]) if exact else kept @ vectors[at] > _NEAR
                if not same:
                    yield f"The index of {tenant} holds another vector of passage {int(keys[at]):x}."
            place += len(keys)


def _damage(tenant: str, index: EngineIndex) -> Iterator[str]:
    try:
        state = index.check()
        if state == "damaged":
            yield f"The index of {tenant} is damaged: {' '.join(index.stats().troubles)}"
    except QuaestioError as error:
        yield f"The index of {tenant} is damaged: {error.message}"
