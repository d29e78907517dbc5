from __future__ import annotations

import asyncio

import pytest

from backend.services.single_flight import SingleFlight


async def test_many_callers_do_the_work_once() -> None:
    flight: SingleFlight[int] = SingleFlight()
    done = 0

    async def work() -> int:
        nonlocal done
        await asyncio.sleep(0.01)
        done += 1
        return done

    assert await asyncio.gather(*(flight.do("key", work) for _ in range(20))) == [1] * 20
    assert await flight.do("key", work) == 2


async def test_other_keys_are_other_work() -> None:
    flight: SingleFlight[str] = SingleFlight()

    async def named(name: str) -> str:
        await asyncio.sleep(0)
        return name

    got = await asyncio.gather(*(flight.do(n, lambda n=n: named(n)) for n in "abc"))
    assert got == ["a", "b", "c"]


async def test_an_error_is_everybodys_and_not_kept() -> None:
    flight: SingleFlight[int] = SingleFlight()

    async def fail() -> int:
        await asyncio.sleep(0.01)
        raise ValueError("no")

    results = await asyncio.gather(*(flight.do("key", fail) for _ in range(3)), return_exceptions=True)
    assert [type(r) for r in results] == [ValueError] * 3

    async def well() -> int:
        return 1

    assert await flight.do("key", well) == 1


async def test_work_goes_on_while_one_waits_and_stops_with_the_last() -> None:
    flight: SingleFlight[int] = SingleFlight()
    began, stopped = asyncio.Event(), asyncio.Event()

    async def work() -> int:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return 1

    one, two = (asyncio.create_task(flight.do("key", work)) for _ in range(2))
    await began.wait()
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    assert not stopped.is_set()
    two.cancel()
    with pytest.raises(asyncio.CancelledError):
        await two
    await asyncio.wait_for(stopped.wait(), 1)
