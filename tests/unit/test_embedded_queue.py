from __future__ import annotations

import asyncio

from backend.adapters.embedded_queue import EmbeddedQueue


async def waiters(queue: EmbeddedQueue, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(queue.wait(60)) for _ in range(count)]
    await asyncio.sleep(0.01)
    return tasks


async def test_a_ring_wakes_one_waiter_and_two_wake_two() -> None:
    queue = EmbeddedQueue()
    tasks = await waiters(queue, 3)
    for expected in (1, 2):
        await queue.ring("ingestion", "job")
        await asyncio.sleep(0.01)
        assert sum(task.done() for task in tasks) == expected
    for task in tasks:
        task.cancel()


async def test_a_ring_that_nobody_waits_for_is_kept() -> None:
    queue = EmbeddedQueue()
    await queue.ring("ingestion", "job")
    await asyncio.wait_for(queue.wait(60), 1)


async def test_rings_beyond_number_never_fail_the_caller() -> None:
    queue = EmbeddedQueue()
    for number in range(10_000):
        await queue.ring("ingestion", f"job {number}")


async def test_without_a_ring_the_wait_ends_by_itself() -> None:
    queue = EmbeddedQueue()
    await asyncio.wait_for(queue.wait(0.01), 1)
