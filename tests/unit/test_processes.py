from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import time

import pytest

from backend.utils.processes import is_gone, kill, own_name


def named(pid: int, mark: str = "12345678", place: str | None = None) -> str:
    return f"{place or own_name().rsplit(':', 2)[0]}:{pid}:{mark}"


def test_the_living_are_not_gone() -> None:
    assert not is_gone(own_name())
    assert not is_gone(named(os.getppid()))


def test_who_has_ended_here_is_gone() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert is_gone(named(ended.pid))
    assert is_gone(named(os.getpid(), "other")), "an earlier process had our id"


def test_of_others_nothing_is_known() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_gone(named(ended.pid, place="elsewhere/1"))
    for strange in ("", "worker", "a:b", "a:b:c"):
        assert not is_gone(strange)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="asyncio waits in another way there")
async def test_a_child_that_has_just_ended_keeps_its_exit_status(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waiting = asyncio.unix_events.ThreadedChildWatcher._do_waitpid

    def late(*arguments: object) -> None:
        """A watcher that the machine has no time for."""
        time.sleep(0.5)
        waiting(*arguments)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(asyncio.unix_events.ThreadedChildWatcher, "_do_waitpid", late)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(7)")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - it has all but ended
    with caplog.at_level(logging.WARNING, "asyncio"):
        kill(process)
        assert await process.wait() == 7
    assert not caplog.records
    kill(process)  # once more is no error


async def test_a_child_that_runs_is_ended() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
    kill(process)
    assert await process.wait() == -9
