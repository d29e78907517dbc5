"""What each tenant keeps, summed up without opening anything twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from backend.errors import QuotaExceeded
from backend.models.vector_index import IndexQuota

Size = tuple[int, int]
"""Vectors, and bytes of them and their metadata."""


@dataclass(slots=True)
class _Account:
    sizes: dict[str, Size] = field(default_factory=dict)
    vectors: int = 0
    bytes: int = 0


class Ledger:
    """Sizes by tenant and name. ``measure`` says them of everything that a tenant has. For one event loop."""

    def __init__(self, quota: IndexQuota) -> None:
        self._quota = quota
        self._accounts: dict[str, _Account] = {}

    def knows(self, tenant: str) -> bool:
        """Whether ``open`` was called for a tenant."""
        return tenant in self._accounts

    def open(self, tenant: str, sizes: dict[str, Size], current: Callable[[str], Size | None]) -> None:
        """Begin with what a tenant has; ``current`` are sizes of what is open, which may have moved on."""
        if tenant not in self._accounts:
            self._accounts[tenant] = _Account()
            for name, size in sizes.items():
                self.set(tenant, name, current(name) or size)

    def set(self, tenant: str, name: str, size: Size) -> None:
        """An index has this size now."""
        if (account := self._accounts.get(tenant)) is None:
            return
        old = account.sizes.get(name, (0, 0))
        account.sizes[name] = size
        account.vectors += size[0] - old[0]
        account.bytes += size[1] - old[1]

    def forget(self, tenant: str, name: str) -> None:
        """An index is gone."""
        self.set(tenant, name, (0, 0))
        if tenant in self._accounts:
            self._accounts[tenant].sizes.pop(name, None)

    @contextmanager
    def reserved(self, tenant: str, name: str, vectors: int, size: int) -> Iterator[None]:
        """Room for vectors that are being added. Raises QuotaExceeded.

        Replacing counts as adding until it is done.
        """
        account, quota = self._accounts[tenant], self._quota
        if account.vectors + vectors > quota.vectors:
            raise QuotaExceeded(
                f"All indexes of a tenant may hold {quota.vectors} vectors; '{name}' would make it "
                f"{account.vectors + vectors}. Delete some, or raise INDEX_MAX_VECTORS."
            )
        if account.bytes + size > quota.bytes:
            raise QuotaExceeded(
                f"All indexes of a tenant may hold {quota.bytes} bytes; '{name}' would make it "
                f"{account.bytes + size}. Delete some, or raise INDEX_MAX_GB."
            )
        account.vectors += vectors
        account.bytes += size
        try:
            yield
        finally:
            account.vectors -= vectors
            account.bytes -= size

    def totals(self) -> tuple[int, int, int]:
        """Indexes, vectors and bytes of every tenant that was counted."""
        accounts = self._accounts.values()
        indexes = sum(len(a.sizes) for a in accounts)
        return indexes, sum(a.vectors for a in accounts), sum(a.bytes for a in accounts)
