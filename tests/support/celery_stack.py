"""A real Redis, real Celery processes and the API over one data folder, each stopped by its id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealRedis:
    """A redis-server on a port of its own that keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = Redis(
            port=self.port, socket_timeout=2, retry=Retry(NoBackoff(), 0), decode_responses=True
        )
        self.start()

    def start(self) -> None:
        keep_nothing = ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), *keep_nothing]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        until(self.answers, 10)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except RedisError:
            return False

    @contextmanager
    def frozen(self) -> Iterator[None]:
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def close(self) -> None:
        self.client.close()
        self.stop()


@contextmanager
def real_redis(folder: Path) -> Iterator[RealRedis]:
    """Skips on a laptop without Redis; fails in CI, where it must be there."""
    if shutil.which("redis-server") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server is not installed")
    redis = RealRedis(folder)
    try:
        yield redis
    finally:
        redis.close()


class Process:
    """A program of ours that writes a log."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.log = folder / f"{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=folder,
                env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def says(self, text: str, seconds: float = 90) -> None:
        def look() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.poll()}: {self.said()[-3000:]}"
            return text in self.said()

        until(look, seconds)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise


def rows(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database holds."""
    store = sqlite3.connect(data / "quaestio.db", timeout=30)
    try:
        return store.execute(query, values).fetchall()
    finally:
        store.close()
