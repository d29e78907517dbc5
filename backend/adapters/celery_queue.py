"""The doorbell between processes: a Celery message on Redis that says "look at the jobs table".

The sender knows the task by name alone; ``celery_app`` is never imported here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Full, Queue
from threading import Event, Thread
from typing import Any

from celery import Celery
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

RING = "quaestio.ring"
"""Name of the task that takes a turn at a queue: ``ring(queue, job_id)``."""

PATIENCE_S = 0.5
"""Longest wait for Redis, on the thread that rings."""
PAUSE_S = 3.0
"""After a failure nobody rings for so long: the reaper of the workers rings for what was missed."""
ENOUGH_RINGS = 64
"""Rings that may wait in a queue; whoever hears one works for as long as something is due."""
_LOOK_EVERY = 16
"""Rings sent to a queue before looking again how many wait there."""
MOST_UNSENT = 1000
"""Rings that wait for the sending thread; more are dropped, since that many wake every worker."""
PARTING_S = 1.0
"""How long closing waits for rings that are on their way."""


@dataclass(frozen=True, slots=True)
class _Ring:
    queue: str
    job_id: str = ""
    times: int = 1
    most_waiting: int = ENOUGH_RINGS


class CeleryQueue:
    """Implements the TaskQueue port. Nobody waits for Redis: a thread of its own sends.

    A ring that cannot be sent is dropped, the first with a warning. That costs only time: the job is in
    the table, and the workers' reaper looks there every few seconds.
    """

    def __init__(self, redis_url: str, *, pause_s: float = PAUSE_S) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=PATIENCE_S,
            socket_connect_timeout=PATIENCE_S,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._celery = _sender(redis_url)
        self._failing = False
        self._room: dict[str, int] = {}
        self._connection: Any = None
        self._producer: Any = None
        self._pause_s = pause_s
        self._silent_until = 0.0
        self._closed = Event()
        self._rings: Queue[_Ring | None] = Queue(MOST_UNSENT)
        self._sending = Thread(target=self._send_all, name="doorbell", daemon=True)
        self._sending.start()

    async def ring(self, queue: str, job_id: str) -> None:
        """See the port; returns at once."""
        self._leave(_Ring(queue, job_id))

    def nudge(self, queue: str, times: int = 1) -> None:
        """Ring so many times unless a ring waits in that queue already; returns at once."""
        self._leave(_Ring(queue, times=times, most_waiting=0))

    async def wait(self, timeout_s: float) -> bool:
        """False after ``timeout_s``: nobody rings for a worker inside this process."""
        await asyncio.sleep(timeout_s)
        return False

    async def ping(self) -> None:
        """Write to Redis, within half a second, or raise: a full one answers but takes no messages."""
        await asyncio.to_thread(self._redis.set, "quaestio:ping", "1", ex=60)

    def close(self) -> None:
        """Send what waits, for a second at most."""
        self._closed.set()
        with suppress(Full):  # then it is awake anyway
            self._rings.put_nowait(None)
        self._sending.join(PARTING_S)
        self._redis.close()

    def _leave(self, ring: _Ring) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            self._rings.put_nowait(ring)
        except Full:
            logger.debug("a ring for %s was dropped: %d wait already", ring.queue, MOST_UNSENT)

    def _send_all(self) -> None:
        while not (self._closed.is_set() and self._rings.empty()):
            ring = self._rings.get()
            if ring is not None and time.monotonic() >= self._silent_until:
                self._send(ring)
        self._hang_up()

    def _send(self, ring: _Ring) -> None:
        try:
            if not self._has_room(ring):
                return
            if self._producer is None:
                self._connection = self._celery.connection_for_write()
                self._producer = self._celery.amqp.Producer(self._connection, auto_declare=False)
            for _ in range(ring.times):
                self._celery.send_task(
                    RING,
                    (ring.queue, ring.job_id),
                    queue=ring.queue,
                    producer=self._producer,
                    retry=False,
                    shadow=_shown_as(ring.queue),
                )
            self._failing = False
        except Exception as error:  # noqa: BLE001 - whatever the broker does, no caller may suffer for it
            self._silent_until = time.monotonic() + self._pause_s
            logger.log(
                logging.DEBUG if self._failing else logging.WARNING,
                "the workers cannot be told of jobs (%s); they wait in the jobs table for the next look",
                type(error).__name__,
            )
            self._failing = True
            # A connection that broke in the middle of an exchange is of no use to the next ring.
            self._hang_up()

    def _has_room(self, ring: _Ring) -> bool:
        """Whether few enough rings wait; for ordinary ones it looks only now and then."""
        room = self._room.get(ring.queue, 0)
        if not room or ring.most_waiting < ENOUGH_RINGS:
            room = min(_LOOK_EVERY, ring.most_waiting + 1 - int(str(self._redis.llen(ring.queue))))
        self._room[ring.queue] = max(0, room - ring.times)
        return room > 0

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it is given up, whatever state it is in
                self._connection.collect(socket_timeout=0.1)
        self._connection = self._producer = None


def _sender(redis_url: str) -> Celery:
    """A Celery application that can only send, gives up soon and keeps no results."""
    celery = Celery("quaestio-doorbell", broker=redis_url, set_as_current=False, backend="disabled://")
    celery.conf.update(
        broker_connection_timeout=PATIENCE_S,
        broker_connection_retry=False,
        broker_transport_options={
            "socket_timeout": PATIENCE_S,
            "socket_connect_timeout": PATIENCE_S,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "max_retries": 0,
        },
        task_ignore_result=True,
        task_serializer="json",
    )
    return celery


def _shown_as(queue: str) -> str:
    """What the rings of a queue are called in Flower and in logs, where all are one task."""
    return f"quaestio.{queue}"
