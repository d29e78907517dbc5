"""The Celery doorbell on a real Redis: it rings, and nobody ever waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from backend.adapters.celery_queue import ENOUGH_RINGS, RING, CeleryQueue
from tests.support.celery_stack import RealRedis, real_redis


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RealRedis]:
    with real_redis(tmp_path) as started:
        yield started


@pytest.fixture
async def bell(redis: RealRedis) -> AsyncIterator[CeleryQueue]:
    opened = CeleryQueue(redis.url, pause_s=0.2)
    yield opened
    await asyncio.to_thread(opened.close)


async def waiting(redis: RealRedis, queue: str, count: int) -> None:
    async with asyncio.timeout(10):
        while (await asyncio.to_thread(redis.client.llen, queue)) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_ring_names_the_task_the_queue_and_the_job(redis: RealRedis, bell: CeleryQueue) -> None:
    await bell.ring("embedding", "a-job")
    await waiting(redis, "embedding", 1)
    message = json.loads(redis.client.lindex("embedding", 0))  # type: ignore[arg-type]  # text: not awaited
    assert message["headers"]["task"] == RING
    assert "a-job" in message["headers"]["argsrepr"]
    assert redis.client.llen("ingestion") == 0


async def test_a_nudge_is_silent_where_a_ring_waits_already(redis: RealRedis, bell: CeleryQueue) -> None:
    await bell.ring("ingestion", "a")
    bell.nudge("ingestion", 3)
    bell.nudge("embedding", 3)
    await waiting(redis, "embedding", 3)
    assert redis.client.llen("ingestion") == 1


@pytest.mark.parametrize("times", [1, 3])
async def test_it_rings_again_after_each_outage(redis: RealRedis, bell: CeleryQueue, times: int) -> None:
    for _ in range(times):
        redis.stop()
        await bell.ring("ingestion", "lost")
        with pytest.raises(RedisError):
            await bell.ping()
        redis.start()
        await asyncio.sleep(0.3)
        await bell.ring("ingestion", "heard")
        await waiting(redis, "ingestion", 1)
        await bell.ping()


async def test_ringing_a_frozen_redis_returns_before_it_thaws(redis: RealRedis, bell: CeleryQueue) -> None:
    with redis.frozen():
        for _ in range(2000):  # more than it keeps
            await bell.ring("ingestion", "a")
        with pytest.raises(RedisError):
            await bell.ping()
    await bell.ping()


async def test_a_full_redis_is_seen_by_the_ping_and_forgotten_once_it_is_not(
    redis: RealRedis, bell: CeleryQueue
) -> None:
    redis.client.config_set("maxmemory", 1)
    with pytest.raises(RedisError):
        await bell.ping()
    await bell.ring("ingestion", "lost")
    await asyncio.sleep(0.3)
    redis.client.config_set("maxmemory", 0)
    await bell.ping()
    await bell.ring("ingestion", "heard")
    await waiting(redis, "ingestion", 1)


async def test_a_thousand_jobs_do_not_fill_redis_with_rings(redis: RealRedis) -> None:
    bell = CeleryQueue(redis.url)
    for _ in range(1000):
        await bell.ring("ingestion", "a")
    await asyncio.to_thread(bell.close)
    assert 0 < redis.client.llen("ingestion") <= ENOUGH_RINGS + 1


async def test_closing_sends_what_waits(redis: RealRedis) -> None:
    bell = CeleryQueue(redis.url)
    for _ in range(50):
        await bell.ring("ingestion", "a")
    await asyncio.to_thread(bell.close)
    assert redis.client.llen("ingestion") == 50
