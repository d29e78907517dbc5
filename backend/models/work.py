"""Whether anyone works on a job, how fast, and for how long yet."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

HELD_S = 15.0
"""A worker that was not heard of for so long is gone: its lease has run out."""

PARTS_S = 5.0
"""A job that waits for its parts is being worked on while one of them was heard of so lately."""

_LEAST_S = 1.0
"""Nothing is said of a pace measured for less."""


@dataclass(frozen=True, slots=True)
class Work:
    """Who works on a job, and where its pace is measured from. Times are by the store's clock."""

    held: bool
    """Whether a worker has taken the job itself, not one of its parts."""
    heartbeat_at: datetime | None
    """When its worker, or that of one of its parts, was last heard of."""
    as_of: datetime = field(compare=False)
    """When all this was read."""
    pace_at: datetime | None = None
    pace_done: int = 0
    pace_fraction: float = 0.0
    """How far it was at ``pace_at``: a job that rested over night is not called slow for it."""

    @property
    def rests(self) -> bool:
        """Whether nobody was heard of who works on it."""
        if self.heartbeat_at is None:
            return True
        silence = (self.as_of - self.heartbeat_at).total_seconds()
        return silence > (HELD_S if self.held else PARTS_S)

    def pace(self, done: int, fraction: float) -> tuple[float | None, int | None]:
        """Units per second and whole seconds left, as every view shows them; None while unknown."""
        rate, left = self.rate(done), self.seconds_left(fraction)
        return None if rate is None else float(f"{rate:.3g}"), None if left is None else math.ceil(left)

    def rate(self, done: int) -> float | None:
        """Units per second, ``done`` being those done by now; None while unknown."""
        seconds, more = self._measured_s(), done - self.pace_done
        return more / seconds if seconds and more > 0 else None

    def seconds_left(self, fraction: float) -> float | None:
        """Until all is done at the pace so far, ``fraction`` being the share done by now."""
        seconds, more = self._measured_s(), fraction - self.pace_fraction
        return (1.0 - fraction) * seconds / more if seconds and more > 0 else None

    def _measured_s(self) -> float | None:
        if self.rests or self.pace_at is None:
            return None
        seconds = (self.as_of - self.pace_at).total_seconds()
        return seconds if seconds >= _LEAST_S else None
