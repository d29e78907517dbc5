"""Small jobs through Celery: from enqueueing to start, and jobs a second, beside a bare Celery task.

python -m benchmarks.celery_jobs

Needs the extra ``distributed`` and redis-server. Redis, the product's worker and a bare worker, each with
four processes, run on this machine; only one worker runs at a time.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from redis import Redis
from redis.exceptions import RedisError

from benchmarks.common import ROOT, Figure, write

JOBS = 1000
LOOKS = 200
ROUNDS = 3
PROCESSES = 4


@contextmanager
def redis_server(folder: Path) -> Iterator[Redis]:
    """A redis-server that keeps nothing, named by REDIS_URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with _stopped(subprocess.Popen(command, stdout=subprocess.DEVNULL)):
        client = Redis(port=port)
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        _until(lambda: _answers(client))
        yield client


@contextmanager
def worker(app: str, folder: Path) -> Iterator[None]:
    """A Celery worker of four processes, ready."""
    log = folder / f"{app}-{time.monotonic_ns()}.log"
    name = f"{app}{time.monotonic_ns()}@here"
    command = [sys.executable, "-m", "celery", "-A", f"benchmarks.nothing_app:{app}", "worker", "-E"]
    command += ["-c", str(PROCESSES), "-n", name, "--without-gossip", "--without-mingle", "-l", "info"]
    with log.open("wb") as out, _stopped(subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)):
        try:
            _until(lambda: b" ready." in log.read_bytes(), 90)
        except TimeoutError:
            print(log.read_text()[-3000:], file=sys.stderr)
            raise
        time.sleep(1)
        yield


@contextmanager
def _stopped(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def _until(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


class Ours:
    """Jobs of the table, and rings."""

    def __init__(self, data: Path) -> None:
        # Imported here: the applications are made from the environment.
        from backend.adapters.celery_queue import CeleryQueue  # noqa: PLC0415
        from backend.adapters.sql.database import Database  # noqa: PLC0415
        from backend.adapters.sql.job_table import SqlJobTable  # noqa: PLC0415

        self._runner = asyncio.Runner()
        self._database = Database(data / "quaestio.db")
        self._runner.run(self._database.migrate())
        self._jobs = SqlJobTable(self._database)
        self._queue = CeleryQueue(os.environ["REDIS_URL"])

    def send(self, count: int) -> float:
        """Queue so many at once, durably; the moment of the first ring."""
        return self._runner.run(self._send(count))

    async def _send(self, count: int) -> float:
        from backend.models.jobs import NewJob  # noqa: PLC0415
        from benchmarks.nothing_app import KIND, QUEUE  # noqa: PLC0415

        added = await asyncio.gather(*(self._jobs.add(NewJob("t", KIND, "x", QUEUE)) for _ in range(count)))
        began = time.monotonic()
        for job in added:
            await self._queue.ring(QUEUE, job.id)
        return began

    def close(self) -> None:
        """End the connections."""
        self._queue.close()
        self._database.close()
        self._runner.close()


class Bare:
    """Messages of Celery alone."""

    def send(self, count: int) -> float:
        """Send so many; the moment of the first."""
        from benchmarks.nothing_app import nothing  # noqa: PLC0415

        began = time.monotonic()
        for _ in range(count):
            nothing.delay()
        return began

    def close(self) -> None:
        """Nothing is held."""


def waits(redis: Redis, sender: Ours | Bare) -> float:
    """Median milliseconds from enqueueing to the first instruction, one at a time on an idle worker."""
    from benchmarks.nothing_app import STARTED  # noqa: PLC0415

    took = []
    for _ in range(LOOKS):
        redis.delete(STARTED)
        began = sender.send(1)
        started = redis.blpop(STARTED, timeout=20)
        if started is None:
            raise TimeoutError("nobody took the job")
        took.append(int(started[1]) / 1e6 - began * 1000)
        time.sleep(0.01)
    return median(took)


def rate(redis: Redis, sender: Ours | Bare) -> float:
    """Jobs a second: from the first enqueueing until the last has begun."""
    from benchmarks.nothing_app import STARTED  # noqa: PLC0415

    redis.delete(STARTED)
    began = time.monotonic()
    sender.send(JOBS)
    _until(lambda: int(redis.llen(STARTED)) >= JOBS, 120)
    last = max(map(int, redis.lrange(STARTED, 0, -1)))
    return JOBS / (last / 1e9 - began)


def measure(folder: Path) -> list[Figure]:
    """Ours and bare in turns, so that both see the same machine."""
    os.environ |= {"DATA_DIR": str(folder / "data"), "JOB_QUEUE": "celery", "SAMPLE_DOCUMENT": "false"}
    (folder / "data").mkdir()
    with redis_server(folder) as redis:
        senders: dict[str, Ours | Bare] = {"ours": Ours(folder / "data"), "bare": Bare()}
        found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
        for _ in range(ROUNDS):
            for app, sender in senders.items():
                redis.flushdb()
                with worker(app, folder):
                    rate(redis, sender)  # warm
                    found[app].append((waits(redis, sender), rate(redis, sender)))
        for sender in senders.values():
            sender.close()
    wait, bare_wait = (median(w for w, _ in found[app]) for app in ("ours", "bare"))
    done, bare_done = (median(r for _, r in found[app]) for app in ("ours", "bare"))
    return [
        Figure(
            "enqueued to started through Celery, p50",
            round(wait, 2),
            "ms",
            "<= 1.5 x",
            wait <= 1.5 * bare_wait,
            round(bare_wait, 2),
            "a bare task",
        ),
        Figure(
            "1,000 small jobs through Celery",
            round(done),
            "jobs/s",
            ">= 0.5 x",
            done >= 0.5 * bare_done,
            round(bare_done),
            "bare tasks",
        ),
    ]


def main() -> int:
    """Measure, print and keep."""
    folder = Path(tempfile.mkdtemp(prefix="quaestio-bench-"))
    try:
        return write("celery", measure(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
