"""Candidates found in a process of their own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from backend.adapters.extractive.apart import Apart
from backend.adapters.extractive.writer import ExtractiveWriter, items_in
from backend.models.documents import Passage
from backend.models.questions import Mode, Order
from tests.support.files import SAMPLE
from tests.unit.extractive_checks import passage

PASSAGES = (passage(SAMPLE.decode()),)
EVERY = Order(Mode.QUIZ, 1000)


@pytest.fixture
async def apart() -> AsyncIterator[Apart]:
    made = Apart()
    yield made
    await made.close()


@pytest.mark.slow
async def test_it_finds_what_is_found_here(apart: Apart) -> None:
    here = items_in(PASSAGES, EVERY)
    assert here
    assert await apart.items(PASSAGES, EVERY) == here
    assert await ExtractiveWriter(apart=apart).mine(PASSAGES, Mode.QUIZ)


async def test_calls_take_turns_in_one_process(apart: Apart) -> None:
    few = Order(Mode.PRACTICE, 3)
    found = await asyncio.gather(*(apart.items(PASSAGES, few) for _ in range(4)))
    assert found == [items_in(PASSAGES, few)] * 4


@pytest.mark.slow
async def test_a_process_that_dies_is_said_and_replaced(apart: Apart) -> None:
    await apart.items(PASSAGES, EVERY)
    process = apart._process
    assert process
    os.kill(process.pid, signal.SIGSTOP)
    asked = asyncio.create_task(apart.items(PASSAGES, EVERY))
    await asyncio.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="broke off"):
        await asked
    assert await apart.items(PASSAGES, EVERY)


@pytest.mark.slow
async def test_nobody_works_on_what_was_given_up(apart: Apart) -> None:
    await apart.items(PASSAGES, EVERY)
    process = apart._process
    assert process
    long: tuple[Passage, ...] = PASSAGES * 40
    asked = asyncio.create_task(apart.items(long, EVERY))
    await asyncio.sleep(0.1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert process.returncode is not None


@pytest.mark.slow
async def test_an_idle_process_ends() -> None:
    apart = Apart(idle_s=0.05)
    await apart.items(PASSAGES, Order(Mode.PRACTICE, 1))
    process = apart._process
    assert process
    await asyncio.wait_for(process.wait(), 10)
    assert await apart.items(PASSAGES, Order(Mode.PRACTICE, 1))
    await apart.close()


@pytest.mark.slow
async def test_what_goes_wrong_inside_is_said(apart: Apart) -> None:
    with pytest.raises(RuntimeError, match="AttributeError"):
        await apart.items((None,), EVERY)  # type: ignore[arg-type]  # what no caller would send
    assert await apart.items(PASSAGES, Order(Mode.PRACTICE, 1))
