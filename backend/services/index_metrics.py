"""What the vector index service counts, as Prometheus reads it. Names no tenant and no index."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""


class IndexMetrics:
    """Counters since the start."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: dict[str, list[int]] = {}
        self._sums: Counter[str] = Counter()
        self._time: dict[str, float] = {}

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """A request is over."""
        self._requests[operation, status] += 1
        buckets = self._seconds.setdefault(operation, [0] * (len(_BOUNDS) + 1))
        buckets[bisect_left(_BOUNDS, seconds)] += 1
        self._time[operation] = self._time.get(operation, 0.0) + seconds

    def count(self, name: str, many: int = 1) -> None:
        """Add to ``quaestio_index_{name}_total``."""
        self._sums[name] += many

    def text(self, gauges: Mapping[str, float]) -> str:
        """In Prometheus's text format; ``gauges`` are of this moment."""
        return "\n".join(self._lines(gauges)) + "\n"

    def _lines(self, gauges: Mapping[str, float]) -> Iterator[str]:
        yield "# HELP quaestio_index_requests_total Requests by operation and status."
        yield "# TYPE quaestio_index_requests_total counter"
        for (operation, status), many in sorted(self._requests.items()):
            yield f'quaestio_index_requests_total{{operation="{operation}",status="{status}"}} {many}'
        yield "# HELP quaestio_index_request_seconds Time to answer."
        yield "# TYPE quaestio_index_request_seconds histogram"
        for operation, buckets in sorted(self._seconds.items()):
            yield from self._histogram(operation, buckets)
        for name, many in sorted(self._sums.items()):
            yield f"# TYPE quaestio_index_{name}_total counter"
            yield f"quaestio_index_{name}_total {many}"
        for name, value in sorted(gauges.items()):
            yield f"# TYPE quaestio_index_{name} gauge"
            yield f"quaestio_index_{name} {value:g}"

    def _histogram(self, operation: str, buckets: list[int]) -> Iterator[str]:
        name, label, total = "quaestio_index_request_seconds", f'operation="{operation}"', 0
        for bound, many in zip((*_BOUNDS, "+Inf"), buckets, strict=True):
            total += many
            yield f'{name}_bucket{{{label},le="{bound}"}} {total}'
        yield f"{name}_sum{{{label}}} {self._time[operation]:.6f}"
        yield f"{name}_count{{{label}}} {total}"
