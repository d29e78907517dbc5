"""Local copies of indexes that are searched again and again without being changed."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

from faiss_proxy.objects import RemoteObject

_SEARCHES = 8
"""After so many searches in a row without any change in the session, a copy is fetched."""


class LocalCopies:
    """Copies of indexes that nothing in this session has changed since; ``limit`` is their bytes together.

    A session belongs to one process, so every change is known here. After a fork it is shared with
    another one, and no copy is used any more. With a limit of 0 there are none.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._changes = -1
        self._searches: weakref.WeakKeyDictionary[RemoteObject, int] = weakref.WeakKeyDictionary()
        self._copies: weakref.WeakKeyDictionary[RemoteObject, Any] = weakref.WeakKeyDictionary()
        self._bytes = 0

    def of(self, proxy: RemoteObject, download: Callable[[RemoteObject], Any]) -> Any:  # noqa: ANN401 - an index
        """The copy to search, or None."""
        if not self._limit or proxy.remote_home.shared:
            return None
        with self._lock:
            if self._changes != proxy.remote_home.changes:
                self._forget(proxy.remote_home.changes)
            self._searches[proxy] = count = self._searches.get(proxy, 0) + 1
            if count == _SEARCHES and self._bytes + _size(proxy) <= self._limit:
                changes = proxy.remote_home.changes
                copy = download(proxy)
                if changes == proxy.remote_home.changes:
                    self._bytes += _size(proxy)
                    self._copies[proxy] = copy
            return self._copies.get(proxy)

    def _forget(self, changes: int) -> None:
        self._changes = changes
        self._bytes = 0
        self._searches.clear()
        self._copies.clear()


def _size(proxy: Any) -> int:  # noqa: ANN401 - a proxy has the fields of its class
    """Bytes of the vectors, as 4-byte floats at most."""
    return int(proxy.ntotal) * int(proxy.d) * 4
