"""The machine's clock is set two hours on and two hours back while jobs run and while they are held."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.crashes import RESUMED_S, Library, Rows, finish_all, proved, twice
from tests.support.files import SAMPLE
from tests.support.processes import Server

pytestmark = pytest.mark.slow

HOURS = 2
BOOK = 4
_LIBRARY = "libfaketime.so.1"


class Clock:
    """The clock of processes started with ``environment``: libfaketime reads its shift from a file."""

    def __init__(self, folder: Path, library: Path) -> None:
        self._shift = folder / "clock"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._shift),
            "FAKETIME_CACHE_DURATION": "1",  # seconds between looks at the file
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # a clock that is set leaves it alone
        }

    def set(self, hours: int) -> None:
        """So many hours from the real time."""
        new = self._shift.with_suffix(".new")
        new.write_text(f"{hours:+}h\n")
        new.replace(self._shift)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """Skips on a laptop without libfaketime; fails in CI, where it must be there."""
    found = [p for root in ("/usr/lib", "/usr/local/lib") for p in Path(root).glob(f"**/{_LIBRARY}")]
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("libfaketime is not installed")
    return Clock(tmp_path, found[0])


@pytest.fixture
def library() -> Library:
    return Library(SAMPLE.decode(), 7)


def shown(clock: Clock) -> float:
    """What a process sees, so that a shift that does nothing cannot pass."""
    said = subprocess.run(
        ["date", "+%s"], env=os.environ | clock.environment, capture_output=True, text=True, check=True
    )
    return float(said.stdout)


def begun(rows: Rows, before: int) -> None:
    """Wait until so many ingestions have a checkpoint, and more."""
    while len(rows.all("SELECT 1 FROM jobs WHERE checkpoint > 0")) <= before:
        time.sleep(0.02)


def test_a_clock_that_is_set_while_jobs_run_loses_and_doubles_nothing(
    tmp_path: Path, clock: Clock, library: Library
) -> None:
    data = tmp_path / "data"
    rows = Rows(data)
    server = Server(data, **clock.environment)
    try:
        for done, hours in enumerate((HOURS, -HOURS)):
            library.send(server, BOOK)
            begun(rows, done)
            clock.set(hours)
            assert abs(shown(clock) - time.time() - hours * 3600) < 60
            finish_all(server, library, seconds=120)
        clock.set(0)
        library.send(server)
        finish_all(server, library, seconds=60)
        assert twice(rows) == []
    finally:
        server.stop()
    proved(data)


def test_jobs_of_a_killed_worker_are_resumed_after_the_clock_was_set(
    tmp_path: Path, clock: Clock, library: Library
) -> None:
    """A lease that was taken by the other time neither strands a job nor counts as held."""
    data = tmp_path / "data"
    rows = Rows(data)
    server = Server(data, **clock.environment)
    try:
        for done, hours in enumerate((HOURS, -HOURS)):
            library.send(server, BOOK)
            begun(rows, done)
            server.stop(signal.SIGKILL)
            clock.set(hours)
            attempts = rows.all("SELECT sum(attempt) FROM jobs")
            server = Server(data, **clock.environment)
            deadline = time.monotonic() + RESUMED_S
            while rows.all("SELECT sum(attempt) FROM jobs") == attempts:
                assert time.monotonic() < deadline, "nobody took the work up again"
                time.sleep(0.05)
            finish_all(server, library, seconds=120)
        assert twice(rows) == []
    finally:
        server.stop()
    proved(data)
