"""The rows that an index follows: published documents and their vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash
from sqlalchemy import Connection

from backend.errors import Unavailable
from backend.models.documents import POSITION_BITS
from backend.models.vectors import unit_vectors

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_AT_ONCE = 500
_PAGE = 16_384


@dataclass(frozen=True, slots=True)
class Library:
    """What one tenant has published; ``documents`` maps numbers to stamps."""

    model: str
    version: int
    documents: dict[int, int]


def version_of(connection: Connection, tenant: str) -> int:
    """Raised by every publication and deletion; 0 for a tenant that never had one."""
    query = "SELECT version FROM libraries WHERE tenant = ?"
    return int(connection.exec_driver_sql(query, (tenant,)).scalar() or 0)


def model_of(connection: Connection) -> str:
    """The model that made the vectors; empty where none is known."""
    known = connection.exec_driver_sql("SELECT value FROM facts WHERE name = 'embedding_model'").scalar()
    return str(known or "")


def library_of(connection: Connection, tenant: str) -> Library:
    """As of this transaction."""
    rows = connection.exec_driver_sql(
        "SELECT number, id, published_at FROM documents WHERE tenant = ? AND published_at IS NOT NULL "
        "ORDER BY number",
        (tenant,),
    )
    # Never 0, which stands for a document that is not whole.
    stamps = {n: xxhash.xxh3_64_intdigest(f"{name} {published}".encode()) | 1 for n, name, published in rows}
    return Library(model_of(connection), version_of(connection, tenant), stamps)


def keys_of(number: int) -> range:
    """All keys that chunks of a document may have."""
    return range(number << POSITION_BITS, (number + 1) << POSITION_BITS)


def vectors_in(connection: Connection, keys: range, dimension: int, most: int = -1) -> tuple[Ids, Vectors]:
    """Keys and unit vectors of a range, ascending; at most ``most`` of them."""
    rows = connection.exec_driver_sql(
        "SELECT key, vector FROM vectors WHERE key >= ? AND key < ? ORDER BY key LIMIT ?",
        (keys.start, keys.stop, most),
    ).all()
    matrix = np.frombuffer(b"".join(row.vector for row in rows), "<f4").reshape(-1, dimension)
    found = np.fromiter((row.key for row in rows), np.int64, len(rows))
    return found, unit_vectors(matrix.astype(np.float32, copy=False))


def pages_of(
    connection: Connection, number: int, dimension: int, after: int = -1
) -> Iterator[tuple[Ids, Vectors]]:
    """The vectors of a document in pages; none for one that is gone."""
    keys = keys_of(number)
    start = max(keys.start, after + 1)
    while True:
        found, vectors = vectors_in(connection, range(start, keys.stop), dimension, _PAGE)
        if len(found):
            yield found, vectors
        if len(found) < _PAGE:
            return
        start = int(found[-1]) + 1


def vectors_of(connection: Connection, keys: Sequence[int], dimension: int) -> Vectors:
    """Unit vectors of some keys, in their order; zeros for those that are gone."""
    found: dict[int, bytes] = {}
    for begin in range(0, len(keys), _AT_ONCE):
        some = tuple(keys[begin : begin + _AT_ONCE])
        marks = ", ".join("?" * len(some))
        query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only marks
        found.update((row.key, row.vector) for row in connection.exec_driver_sql(query, some))
    nothing = bytes(4 * dimension)
    matrix = np.frombuffer(b"".join(found.get(key, nothing) for key in keys), "<f4").reshape(-1, dimension)
    gone = [place for place, key in enumerate(keys) if key not in found]
    return _but(matrix, gone) if gone else unit_vectors(matrix.astype(np.float32, copy=False))


def _but(matrix: Vectors, gone: Sequence[int]) -> Vectors:
    """Unit vectors, and zeros at some places, which have no direction."""
    made = unit_vectors(matrix).copy()
    made[list(gone)] = 0
    return made


def check_model(connection: Connection, fingerprint: str | None) -> None:
    """Raise Unavailable where the rows come from another model than the one of ``fingerprint``."""
    known = model_of(connection)
    if fingerprint is not None and known not in {"", fingerprint}:
        raise Unavailable(
            f"The library was changed to the embedding model {known}. "
            "Restart this server with EMBEDDING_MODEL set to it."
        )
