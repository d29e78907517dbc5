"""One process of a worker: the product's services, opened once, on an event loop of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

from backend.adapters.celery_queue import CeleryQueue
from backend.bootstrap import open_services
from backend.config.settings import Settings
from backend.services.container import Services

logger = logging.getLogger(__name__)

T = TypeVar("T")

Opening = Callable[[Settings], AbstractAsyncContextManager[Services]]
"""What opens the services of a process."""


@dataclass(frozen=True, slots=True)
class Open:
    """What a task works with."""

    services: Services
    bell: CeleryQueue


class WorkerProcess:
    """Runs coroutines one after the other; never shared by processes, so open it after the fork."""

    def __init__(self, settings: Settings, opening: Opening = open_services) -> None:
        # One job at a time on one thread: more would take the cores of the other processes.
        self._settings = settings.model_copy(update={"embedding_threads": 1})
        self._opening = opening
        self._runner: asyncio.Runner | None = None
        self._stack = AsyncExitStack()
        self._open: Open | None = None
        self._task: asyncio.Task[Any] | None = None
        self._leaving = False

    def open(self) -> None:
        """Open the services now; raises ConfigurationError as a start of the product does."""
        self._runner = self._runner or asyncio.Runner()
        self._open = self._runner.run(self._enter())

    def run(self, work: Callable[[Open], Coroutine[Any, Any, T]]) -> T | None:
        """Do ``work`` to its end; None where it was given back because the worker shuts down."""
        if self._leaving:
            return None
        if self._open is None:
            self.open()
        if self._runner is None or self._open is None:
            raise RuntimeError("the services of this process are not open")
        try:
            return self._runner.run(self._watched(work, self._open))
        except asyncio.CancelledError:
            return None
        finally:
            self._task = None

    def give_back(self) -> None:
        """From a signal handler: end what runs, so that another worker can take it, and begin no more."""
        self._leaving = True
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    def close(self) -> None:
        """Close the services."""
        if self._runner is None:
            return
        self._runner.run(self._stack.aclose())
        self._runner.close()
        self._runner = self._open = None

    async def _enter(self) -> Open:
        bell = CeleryQueue(self._settings.redis_url)
        self._stack.callback(bell.close)
        return Open(await self._stack.enter_async_context(self._opening(self._settings)), bell)

    async def _watched(self, work: Callable[[Open], Coroutine[Any, Any, T]], opened: Open) -> T:
        self._task = asyncio.current_task()
        return await work(opened)
