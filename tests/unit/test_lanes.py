from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial

import pytest

from backend.adapters.lanes import URGENT_IN_A_ROW, Lanes
from backend.errors import Unavailable


class Recorder:
    """Work that notes its name; the first item holds its thread until ``gate`` opens."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.running = threading.Event()
        self.gate = threading.Event()

    def hold(self) -> str:
        self.running.set()
        assert self.gate.wait(10)
        return self.note("hold")

    def note(self, name: str) -> str:
        self.done.append(name)
        return name


@pytest.fixture
async def lanes() -> AsyncIterator[Lanes]:
    made = Lanes(1, "test lanes")
    yield made
    await made.close()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


async def start(
    lanes: Lanes, recorder: Recorder, names: list[str], *, urgent: bool
) -> asyncio.Task[list[str]]:
    """A call that has queued all its items when this returns."""
    work = [partial(recorder.note, name) for name in names]
    task = asyncio.create_task(lanes.run(work, urgent=urgent))
    await asyncio.sleep(0)
    return task


async def occupy(lanes: Lanes, recorder: Recorder) -> asyncio.Task[list[str]]:
    task = asyncio.create_task(lanes.run([recorder.hold], urgent=False))
    await asyncio.to_thread(recorder.running.wait, 10)
    return task


async def test_results_come_in_the_order_of_the_work(lanes: Lanes, recorder: Recorder) -> None:
    names = [str(number) for number in range(50)]
    assert await (await start(lanes, recorder, names, urgent=False)) == names
    assert await lanes.run([], urgent=True) == []


async def test_an_urgent_call_passes_waiting_bulk_work(lanes: Lanes, recorder: Recorder) -> None:
    tasks = [
        await occupy(lanes, recorder),
        await start(lanes, recorder, ["bulk 1", "bulk 2", "bulk 3"], urgent=False),
        await start(lanes, recorder, ["query"], urgent=True),
    ]
    recorder.gate.set()
    await asyncio.gather(*tasks)
    assert recorder.done == ["hold", "query", "bulk 1", "bulk 2", "bulk 3"]


async def test_bulk_work_moves_under_a_stream_of_urgent_calls(lanes: Lanes, recorder: Recorder) -> None:
    queries = [f"query {number}" for number in range(2 * URGENT_IN_A_ROW)]
    tasks = [
        await occupy(lanes, recorder),
        await start(lanes, recorder, ["bulk"], urgent=False),
        await start(lanes, recorder, queries, urgent=True),
    ]
    recorder.gate.set()
    await asyncio.gather(*tasks)
    assert recorder.done.index("bulk") == 1 + URGENT_IN_A_ROW


async def test_a_cancelled_call_starts_no_more_items(lanes: Lanes, recorder: Recorder) -> None:
    holding = await occupy(lanes, recorder)
    cancelled = await start(lanes, recorder, ["never"] * 5, urgent=False)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    recorder.gate.set()
    await holding
    assert await lanes.run([partial(recorder.note, "after")], urgent=False) == ["after"]
    assert recorder.done == ["hold", "after"]


async def test_an_error_reaches_the_caller_and_stops_the_rest(lanes: Lanes, recorder: Recorder) -> None:
    def fail() -> str:
        recorder.hold()
        raise ArithmeticError("broken")

    failing = asyncio.create_task(lanes.run([fail, *[partial(recorder.note, "never")] * 5], urgent=False))
    await asyncio.to_thread(recorder.running.wait, 10)
    # Keeps the one thread while the caller learns of the error.
    second_gate = threading.Event()
    between = asyncio.create_task(lanes.run([partial(second_gate.wait, 10)], urgent=True))
    await asyncio.sleep(0)
    recorder.gate.set()
    with pytest.raises(ArithmeticError, match="broken"):
        await failing
    second_gate.set()
    await between
    assert await lanes.run([partial(recorder.note, "after")], urgent=False) == ["after"]
    assert recorder.done == ["hold", "after"]


async def test_close_ends_waiting_calls_and_refuses_new_ones(recorder: Recorder) -> None:
    lanes = Lanes(1, "test lanes")
    holding = await occupy(lanes, recorder)
    waiting = await start(lanes, recorder, ["never"], urgent=False)
    closing = asyncio.create_task(lanes.close())
    with pytest.raises(Unavailable, match="test lanes is shut down"):
        await waiting
    recorder.gate.set()
    await closing
    assert await holding == ["hold"]
    with pytest.raises(Unavailable):
        await lanes.run([partial(recorder.note, "late")], urgent=True)
    assert recorder.done == ["hold"]
