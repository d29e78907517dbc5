"""The Celery application: its tasks, and what its processes do when they start and stop."""

from __future__ import annotations

import logging
import os
import signal
from functools import partial
from typing import Any

from celery import Celery, signals

from backend.adapters.celery_queue import RING
from backend.bootstrap import open_services
from backend.bootstrap_parts import check_queue
from backend.config.settings import Settings
from celery_app.configuration import configuration
from celery_app.connection import PatientAMQP
from celery_app.process import Opening, WorkerProcess
from celery_app.schedule import MAINTENANCE, PLAN, REAP
from celery_app.turns import plan, reap, take_turn

_GIVE_BACK = signal.SIGUSR2
"""Tells a process of the pool that its worker shuts down."""


def create_application(settings: Settings, opening: Opening = open_services) -> Celery:
    """Raises ConfigurationError where the settings do not name a Redis."""
    check_queue(settings.model_copy(update={"job_queue": "celery"}))
    app = Celery("quaestio", amqp=PatientAMQP)
    app.conf.update(configuration(settings))
    process = WorkerProcess(settings, opening)
    _add_tasks(app, process)
    _follow_processes(process)
    return app


def _add_tasks(app: Celery, process: WorkerProcess) -> None:
    @app.task(name=RING, shared=False)
    def ring(queue: str, job_id: str = "") -> str | None:  # noqa: ARG001 - for people; the table says whose turn it is
        """Take a turn at a queue."""
        return process.run(partial(take_turn, queue=queue))

    # Without events: every few seconds forever, they would bury the others in Flower.
    @app.task(name=REAP, send_events=False, shared=False)
    def _reap() -> str | None:
        """Ring for what was missed."""
        return process.run(reap)

    @app.task(name=PLAN, send_events=False, shared=False)
    def _plan() -> str | None:
        """Queue maintenance that is due."""
        return process.run(partial(plan, recurring=MAINTENANCE))


def _quieten() -> None:
    """The worker says itself when a job starts and ends; a line for every ring says nothing more."""
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat", "faiss.loader"):
        logger = logging.getLogger(name)
        if not logger.isEnabledFor(logging.DEBUG):
            logger.setLevel(logging.WARNING)


def _follow_processes(process: WorkerProcess) -> None:
    workers: list[Any] = []

    @signals.after_setup_logger.connect(weak=False)
    def _logs(**_: object) -> None:
        _quieten()

    @signals.worker_init.connect(weak=False)
    def _starts(sender: Any, **_: object) -> None:  # noqa: ANN401 - Celery's worker
        workers.append(sender)

    @signals.worker_shutting_down.connect(weak=False)
    def _stops(**_: object) -> None:
        for worker in workers:
            for pid in _processes(worker):
                os.kill(pid, _GIVE_BACK)

    @signals.worker_process_init.connect(weak=False)
    def _process_starts(**_: object) -> None:
        signal.signal(_GIVE_BACK, lambda *_: process.give_back())
        process.open()

    @signals.worker_process_shutdown.connect(weak=False)
    def _process_stops(**_: object) -> None:
        process.close()


def _processes(worker: Any) -> list[int]:  # noqa: ANN401 - Celery's worker
    pool = getattr(getattr(worker, "pool", None), "_pool", None)
    return [child.pid for child in getattr(pool, "_pool", ()) if child.pid and child.exitcode is None]
