from __future__ import annotations

import os
import subprocess
import sys

from backend.utils.processes import is_gone, own_name


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
