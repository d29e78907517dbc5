"""Celery workers over the jobs table, with a real Redis: what a person sees when parts of it fail."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.adapters.celery_queue import CeleryQueue
from tests.support.celery_stack import Process, RealRedis, real_redis, rows
from tests.support.files import SAMPLE
from tests.support.processes import Server
from tests.support.waiting import until

pytestmark = pytest.mark.slow

# Seconds of work in one job.
BOOK = b"\n\n".join(b"Chapter %d. " % n + SAMPLE for n in range(7))


class Stack:
    """One API, one clock, and workers that come and go."""

    def __init__(self, folder: Path, redis: RealRedis) -> None:
        self.folder, self.redis, self.data = folder, redis, folder / "data"
        self.settings = {"JOB_QUEUE": "celery", "REDIS_URL": redis.url, "SAMPLE_DOCUMENT": "false"}
        self.workers: list[Process] = []
        self.api = Server(self.data, **self.settings)
        self.beat = self.start("worker", "--beat")

    def start(self, *command: str) -> Process:
        environment = self.settings | {"CELERY_CONCURRENCY": "2"}
        return Process(self.folder, "backend", *command, "--data-dir", str(self.data), **environment)

    def add_worker(self) -> Process:
        worker = self.start("worker")
        worker.says("ready.")
        self.workers.append(worker)
        return worker

    def upload(self, content: bytes) -> Any:
        return self.api.upload("notes.txt", content)

    def finished(self, document: Any, seconds: float = 90) -> Any:
        ended = self.api.until(document["document_id"], seconds=seconds)
        assert ended["status"] == "finished", ended
        return ended

    def job(self, document: Any) -> tuple[Any, ...]:
        query = "SELECT state, attempt, tries, owner FROM jobs WHERE id = ?"
        return rows(self.data, query, document["job_id"])[0]

    def chunks(self) -> set[tuple[Any, ...]]:
        """Counts of rows and of distinct rows, which must all be one pair."""
        tables = (("chunks", "key"), ("vectors", "key"), ("chunk_terms", "rowid"))
        query = "SELECT count(*), count(DISTINCT {}) FROM {}"
        return {rows(self.data, query.format(key, table))[0] for table, key in tables}

    def starts(self, document: Any) -> int:
        return sum(w.said().count(f"job {document['job_id']} (ingest") for w in self.workers)

    def stop(self) -> None:
        for process in (*self.workers, self.beat):
            process.stop()
        self.api.stop()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("celery")
    with real_redis(folder) as redis:
        opened = Stack(folder, redis)
        try:
            yield opened
        finally:
            opened.stop()


def test_an_upload_waits_for_a_celery_worker_and_is_ingested_by_it(stack: Stack) -> None:
    document = stack.upload(SAMPLE)
    time.sleep(2)  # an embedded worker would have taken it
    assert stack.job(document)[:2] == ("queued", 0)
    worker = stack.add_worker()
    stack.finished(document)
    worker.says(f"job {document['job_id']} finished")
    ready = stack.api.get("health/ready")
    assert (ready["status"], ready["components"]["redis"]["status"]) == ("ok", "ok")


async def test_messages_delivered_five_times_do_the_work_once(stack: Stack) -> None:
    bell = CeleryQueue(stack.redis.url)
    document = stack.upload(b"Delivered five times. " + SAMPLE)
    for job_id in (*[document["job_id"]] * 5, "of-another-world"):
        await bell.ring("ingestion", job_id)
    bell.close()
    stack.finished(document)
    until(lambda: stack.redis.client.llen("ingestion") == 0)
    assert stack.job(document)[:2] == ("finished", 1)
    assert stack.starts(document) == 1
    assert len(stack.chunks()) == 1


def test_uploads_are_accepted_without_redis_and_worked_on_after_it_returns(stack: Stack) -> None:
    stack.redis.stop()
    documents = [stack.upload(b"Redis is gone %d. " % n + SAMPLE) for n in range(3)]
    ready = stack.api.get("health/ready")
    assert (ready["status"], ready["components"]["redis"]["status"]) == ("degraded", "unavailable")
    assert [stack.job(d)[0] for d in documents] == ["queued"] * 3
    stack.redis.start()
    for document in documents:
        stack.finished(document)
    assert [stack.starts(d) for d in documents] == [1] * 3


def test_an_upload_does_not_wait_for_a_frozen_redis(stack: Stack) -> None:
    with stack.redis.frozen():
        thawed_at = time.monotonic() + 5
        # Answered while nothing has thawed it: nobody waited for Redis.
        documents = [stack.upload(b"Redis is frozen %d. " % n + SAMPLE) for n in range(3)]
        time.sleep(max(0, thawed_at - time.monotonic()))
    for document in documents:
        stack.finished(document)


def test_a_full_redis_delays_work_and_refuses_none(stack: Stack) -> None:
    stack.redis.client.config_set("maxmemory", 1)
    document = stack.upload(b"Redis is full. " + SAMPLE)
    assert stack.api.get("health/ready")["status"] == "degraded"
    stack.redis.client.config_set("maxmemory", 0)
    stack.finished(document)


def test_a_stopped_worker_gives_its_job_back(stack: Stack) -> None:
    document = stack.upload(b"Given back. " + BOOK)
    until(lambda: stack.job(document)[0] == "started")
    assert stack.workers.pop().stop() == 0
    assert stack.job(document) == ("queued", 1, 0, None)
    stack.add_worker()
    stack.finished(document)
    assert len(stack.chunks()) == 1


def test_a_worker_that_mines_stops_at_once_and_gives_its_job_back(stack: Stack) -> None:
    worker = stack.add_worker() if not stack.workers else stack.workers[-1]
    document = stack.upload(b"Mined for minutes. " + BOOK * 2)
    stack.finished(document, 180)
    mining = "SELECT state, owner IS NULL FROM jobs WHERE kind = 'mine' AND subject = ?"
    until(lambda: rows(stack.data, mining, document["document_id"]) == [("started", 0)], 150)
    time.sleep(1)  # it is deep in its work
    children = psutil.Process(worker.process.pid).children(recursive=True)
    stack.workers.remove(worker)
    assert worker.stop() == 0
    assert rows(stack.data, mining, document["document_id"]) == [("queued", 1)]
    assert [child for child in children if child.is_running()] == []
    stack.api.delete(f"api/documents/{document['document_id']}")  # nobody else shall wait for it
    stack.add_worker()


@pytest.mark.parametrize("victim", ["process", "worker"])
def test_a_killed_worker_costs_a_lease_and_no_work(stack: Stack, victim: str) -> None:
    stack.add_worker()
    document = stack.upload(b"Killed: " + victim.encode() + BOOK)
    until(lambda: stack.api.get(f"api/documents/{document['document_id']}")["done"])
    child = psutil.Process(int(stack.job(document)[3].split(":")[1]))
    worker = next(w for w in stack.workers if w.pid == child.ppid())
    if victim == "process":
        child.kill()
    else:
        worker.stop(signal.SIGKILL)
        stack.workers.remove(worker)
    child.wait(10)  # its processes do not outlive a worker
    stack.finished(document, seconds=60)
    assert stack.job(document)[:2] == ("finished", 2)
    assert len(stack.chunks()) == 1
