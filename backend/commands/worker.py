"""Work on jobs in a process of its own, without HTTP."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from backend.bootstrap import open_services
from backend.bootstrap_parts import check_queue
from backend.config.settings import Settings

logger = logging.getLogger(__name__)

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by numpy's and faiss' libraries when they load; each Celery process works on one job."""


def worker(settings: Settings, options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM; unfinished jobs go back to the queue."""
    check_queue(settings)
    if settings.job_queue == "celery":
        _become_celery(settings, beat=options.beat)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_work(settings))
    except KeyboardInterrupt:
        logger.info("stopped")
    return 0


async def _work(settings: Settings) -> None:
    async with open_services(settings) as services:
        print("Quaestio's worker is ready  (stop with Ctrl+C)", file=sys.stderr, flush=True)
        await services.worker.run()


def _become_celery(settings: Settings, *, beat: bool) -> None:
    """Replace this process by Celery's; it reads the same settings from the same places."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1") | {"DATA_DIR": str(settings.data_dir)})
    role = ["beat", "--pidfile="] if beat else ["worker", "-E", "--hostname", f"quaestio-{os.getpid()}@%h"]
    celery = [sys.executable, "-m", "celery", "--app", "celery_app.app", "--quiet"]
    arguments = [*celery, *role, "--loglevel", settings.log_level]
    os.execv(sys.executable, arguments)  # noqa: S606 - our own program, no shell
