"""Two Celery applications whose work is nothing: the product's own, over its jobs table, and a bare one.

Both run on the Redis that REDIS_URL names and say when they began: by the clock that all processes share.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from celery import Celery
from redis import Redis

from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.bootstrap import open_services
from backend.config.settings import Settings, load_settings
from backend.models.jobs import Job
from backend.services.container import Services
from backend.services.jobs import QUEUES, JobKind
from backend.services.tasks import Worker
from backend.utils.processes import own_name
from celery_app.application import create_application

KIND = "nothing"
QUEUE = QUEUES[0]
STARTED = "benchmark:started"
"""A list in Redis of when each began."""

_redis = Redis.from_url(os.environ["REDIS_URL"])


async def _do_nothing(_job: Job) -> None:
    _redis.rpush(STARTED, time.monotonic_ns())


@asynccontextmanager
async def _opening(settings: Settings) -> AsyncIterator[Services]:
    async with open_services(settings) as services:
        database = Database(settings.data_dir / "quaestio.db")
        worker = Worker(
            owner=own_name(),
            jobs=SqlJobTable(database),
            kinds={KIND: JobKind(QUEUE, _do_nothing)},
            queue=services.worker.queue,
            wait=services.worker.wait,
            concurrency=4,
        )
        yield replace(services, worker=worker)
        database.close()


ours = create_application(load_settings(), _opening)

bare = Celery("bare", broker=os.environ["REDIS_URL"], backend="disabled://")
bare.conf.update(
    worker_prefetch_multiplier=1,
    task_acks_late=True,
    task_ignore_result=True,
    worker_send_task_events=True,
    task_default_queue="bare",
)


@bare.task(name="bare.nothing")  # type: ignore[untyped-decorator]  # Celery has no types
def nothing() -> None:
    """Say when it began."""
    _redis.rpush(STARTED, time.monotonic_ns())
