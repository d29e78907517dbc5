"""Connections to Redis that are made again soon after it returns, and a worker that outlives them."""

from __future__ import annotations

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection
from redis.exceptions import OutOfMemoryError

_LONGEST_PAUSE_S = 3.0
"""kombu waits 2 s longer each time, up to 30: half a minute more after an outage of minutes."""


class PatientConnection(Connection):  # type: ignore[misc]  # kombu has no types
    """Tries again every few seconds, for as long as it is told to."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - passed on as it is
        """See kombu."""
        options.setdefault("interval_max", _LONGEST_PAUSE_S)
        return super().ensure_connection(*arguments, **options)

    @property
    def connection_errors(self) -> tuple[type[Exception], ...]:
        """Also that Redis is full: what cannot be acknowledged then is handed out again, and does no harm."""
        return (*super().connection_errors, OutOfMemoryError)

    def _do_close_transport(self) -> None:
        """Leave the old transport its settings, which kombu takes away.

        A task that ends after the connection was lost acknowledges its message over the old transport, and
        closing gives back what is unacknowledged. Without its settings either raises an AttributeError,
        which ends the whole worker; with them it reaches Redis or raises a connection error, which is logged.
        """
        self._transport = None


class PatientAMQP(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's messaging over such connections."""

    Connection = PatientConnection
