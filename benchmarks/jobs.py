"""Uploads, the way to a worker, and small jobs, each beside a floor of the same run.

python -m benchmarks.jobs [uploads] [pickup] [rate]
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

from backend.adapters.embedded_queue import EmbeddedQueue
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.models.jobs import Job, NewJob
from backend.services.jobs import JobKind
from backend.services.tasks import Worker
from benchmarks.common import Figure, server, write

CLIENTS = 64
UPLOADS = 2000
JOBS = 1000
_BOUNDARY = "quaestio"


SLOW_US = 5000
"""A sync of the disk that is imitated: 200 a second, as disks without a write cache have."""

_SYNCS = """
import os, sys, time
written, began = 0, time.perf_counter()
while time.perf_counter() - began < 1.5:
    with open(os.path.join(sys.argv[1], str(written)), "wb") as file:
        file.write(b"x" * 400)
        file.flush()
        os.fsync(file.fileno())
    written += 1
print(written / (time.perf_counter() - began))
"""


def sync_rate(folder: Path) -> float:
    """Small files that can be written and synced one after the other, a second."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = subprocess.run([sys.executable, "-c", _SYNCS, scratch], capture_output=True, check=True)
        return float(done.stdout)


async def uploads(folder: Path) -> list[Figure]:
    """64 clients upload small texts to a real server; every one is durable when it is answered.

    On this disk as it is, and on one that syncs no more than 200 times a second.
    """
    for name in ("as-it-is", "slow"):
        (folder / name).mkdir()
    figures = await _uploads(folder / "as-it-is", "this disk")
    library = await asyncio.to_thread(slow_syncs, folder)
    if library is None:
        print("no C compiler: the slow disk is left out", file=sys.stderr)
        return figures
    os.environ |= {"LD_PRELOAD": str(library), "SLOW_SYNC_US": str(SLOW_US)}
    try:
        return figures + await _uploads(folder / "slow", "200 syncs/s")
    finally:
        del os.environ["LD_PRELOAD"], os.environ["SLOW_SYNC_US"]


def slow_syncs(folder: Path) -> Path | None:
    """The library to preload, built into ``folder``; None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library, source = folder / "slow_sync.so", Path(__file__).with_name("slow_sync.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True)
    return library


async def _uploads(folder: Path, disk: str) -> list[Figure]:
    floor = sync_rate(folder)
    with server(folder / "data") as (process, url):
        process.cpu_percent()
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        left = iter(range(UPLOADS))
        took: list[float] = []
        began = time.perf_counter()
        await asyncio.gather(*(_client(port, left, took) for _ in range(CLIENTS)))
        rate = len(took) / (time.perf_counter() - began)
        used = process.cpu_percent()
    floor = round((floor + sync_rate(folder)) / 2)
    return [
        Figure(
            f"accepted uploads, 64 clients, {disk}",
            round(rate),
            "uploads/s",
            ">= 3 x",
            rate >= 3 * floor,
            floor,
            "sequential syncs/s",
        ),
        Figure(f"an upload, p50, {disk}", round(1000 * median(took), 1), "ms", "-", reached=True),
        Figure(f"processor time of the server, {disk}", round(used), "% of a core", "-", reached=True),
    ]


async def _client(port: int, left: Any, took: list[float]) -> None:  # noqa: ANN401 - an iterator that all share
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in left:
        began = time.perf_counter()
        writer.write(_request(number))
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 202 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.decode())
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()


def _request(number: int) -> bytes:
    body = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{number}.txt"\r\n\r\n'
        f"Note {number}, {uuid.uuid4().hex}: a short text that nobody sent before.\r\n--{_BOUNDARY}--\r\n"
    ).encode()
    head = (
        "POST /api/documents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def pickup(folder: Path) -> list[Figure]:
    """From the call that queues a job durably to its first instruction, on an idle embedded worker."""
    started: asyncio.Queue[float] = asyncio.Queue()

    async def run(_job: Job) -> None:
        started.put_nowait(time.perf_counter())

    waits, adds = [], []
    async with _working(folder, run) as (jobs, queue):
        for number in range(300):
            began = time.perf_counter()
            await jobs.add(NewJob("t", "nothing", "x", "q", id=str(number)))
            adds.append(time.perf_counter() - began)
            queued = time.perf_counter()
            await queue.ring("q", str(number))
            waits.append(await started.get() - queued)
            await asyncio.sleep(0.01)
    p50 = 1000 * median(waits)
    return [
        Figure("enqueued to started, p50", round(p50, 2), "ms", "< 3", p50 < 3),
        Figure("enqueueing durably, p50", round(1000 * median(adds), 2), "ms", "-", reached=True),
    ]


async def rate(folder: Path) -> list[Figure]:
    """Jobs that do nothing, queued beforehand, through the embedded worker."""
    done = asyncio.Event()
    count = 0

    async def run(_job: Job) -> None:
        nonlocal count
        count += 1
        if count == JOBS:
            done.set()

    async with _working(folder, run, wait=False) as (jobs, _queue):
        await asyncio.gather(*(jobs.add(NewJob("t", "nothing", "x", "q", id=str(n))) for n in range(JOBS)))
        began = time.perf_counter()
        async with _worker(jobs, EmbeddedQueue(), run):
            await done.wait()
            seconds = time.perf_counter() - began
    return [Figure("1,000 jobs that do nothing", round(JOBS / seconds), "jobs/s", "-", reached=True)]


@asynccontextmanager
async def _working(
    folder: Path, run: Callable[[Job], Any], *, wait: bool = True
) -> AsyncIterator[tuple[SqlJobTable, EmbeddedQueue]]:
    database = Database(folder / "jobs.db")
    await database.migrate()
    jobs, queue = SqlJobTable(database), EmbeddedQueue()
    try:
        if wait:
            async with _worker(jobs, queue, run):
                yield jobs, queue
        else:
            yield jobs, queue
    finally:
        database.close()


@asynccontextmanager
async def _worker(jobs: SqlJobTable, queue: EmbeddedQueue, run: Callable[[Job], Any]) -> AsyncIterator[None]:
    worker = Worker(
        owner="benchmark",
        jobs=jobs,
        kinds={"nothing": JobKind("q", run)},
        queue=queue,
        wait=queue.wait,
        concurrency=2,
    )
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


PARTS = {"uploads": uploads, "pickup": pickup, "rate": rate}


def main() -> int:
    """Measure the named parts."""
    failed = 0
    for name in sys.argv[1:] or PARTS:
        folder = Path(tempfile.mkdtemp(prefix="quaestio-bench-"))
        try:
            failed |= write(f"jobs-{name}", asyncio.run(PARTS[name](folder)))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
