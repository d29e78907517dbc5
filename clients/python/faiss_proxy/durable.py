"""Named durable indexes of the service (``/v1/index``), in the shapes that FAISS speaks."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import ArrayLike

from faiss_proxy.errors import ServiceError
from faiss_proxy.frames import Array
from faiss_proxy.remote import Remote


class DurableIndex:
    """One named index: what is added is on the server's disk when the call returns, for every program.

    Ids are the caller's: whole numbers from 0 on. ``d``, ``ntotal`` and ``is_trained`` are as in FAISS.
    """

    def __init__(self, home: Remote, name: str) -> None:
        self._home, self.name = home, name
        self._place = f"/v1/index/{quote(name, safe='')}"
        self._lines = home.lines(f"{self._place}/attach", "faiss-index")
        weakref.finalize(self, self._lines.close)
        told = self.describe()
        self.d = int(told["dimension"])
        largest = np.finfo(np.float32)
        # What FAISS fills empty places with.
        self._worst = largest.min if told["metric"] == "ip" else largest.max
        self._dtype = np.dtype(np.uint8 if told["binary"] else np.float32)

    def describe(self) -> dict[str, Any]:
        """The index in figures, as the server tells them."""
        return self._home.call("GET", self._place)

    @property
    def ntotal(self) -> int:
        """Vectors that can be found."""
        return int(self._home.call("GET", f"{self._place}/ntotal")["ntotal"])

    @property
    def is_trained(self) -> bool:
        """Whether vectors can be added."""
        return bool(self.describe()["is_trained"])

    def train(self, x: ArrayLike) -> None:
        """Learn from examples, (n, d)."""
        self._home.send(f"{self._place}/train", {}, [self._rows(x)])

    def add_with_ids(
        self, x: ArrayLike, ids: ArrayLike, metadata: Sequence[Mapping[str, Any] | None] | None = None
    ) -> None:
        """Add vectors, and replace those of ids that are there; all or nothing."""
        numbers = np.ascontiguousarray(ids, np.int64)
        header = {} if metadata is None else {"metadata": list(metadata)}
        self._home.send(f"{self._place}/vectors", header, [self._rows(x), numbers])

    def search(
        self,
        x: ArrayLike,
        k: int,
        *,
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - as the service names it
        params: Mapping[str, Any] | None = None,
    ) -> tuple[Array, Array]:
        """Distances and ids, (n, k), as FAISS gives them: -1 where there is none."""
        header = {"k": k, "filter": filter, "params": params, "metadata": False}
        _, (scores, numbers) = self._home.send(f"{self._place}/search", header, [self._rows(x)], self._lines)
        missing = k - numbers.shape[1]
        if missing > 0:
            worst = self._worst if scores.dtype.kind == "f" else np.iinfo(scores.dtype).max
            scores = np.pad(scores, ((0, 0), (0, missing)), constant_values=worst)
            numbers = np.pad(numbers, ((0, 0), (0, missing)), constant_values=-1)
        return scores, numbers

    def remove_ids(self, ids: ArrayLike) -> int:
        """Take vectors away; returns how many were there."""
        body = {"ids": np.asarray(ids, np.int64).reshape(-1).tolist()}
        return int(self._home.call("POST", f"{self._place}/vectors/delete", body)["deleted"])

    def reset(self) -> None:
        """Take all vectors away; what was trained stays."""
        self._home.call("POST", f"{self._place}/reset")

    def _rows(self, x: ArrayLike) -> Array:
        rows = np.ascontiguousarray(x, self._dtype)
        if rows.ndim != 2:  # noqa: PLR2004 - rows and columns
            raise ValueError(f"x must have the shape (n, {self.d}), not {rows.shape}")
        return rows


def open_index(home: Remote | None, name: str) -> DurableIndex:
    """Attach to an index that is there. Raises ServiceError."""
    if home is None:
        raise ServiceError("Durable indexes live on a server: call configure(api_url) first.")
    return DurableIndex(home, name)
