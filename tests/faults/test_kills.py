"""kill -9 at named points and at random times. `make soak KILLS=200` does it at length."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.crashes import (
    POINTS,
    Library,
    Rows,
    all_mined,
    finish_all,
    pauses,
    proved,
    twice,
    wait_for_work,
)
from tests.support.files import SAMPLE
from tests.support.processes import ROOT, Server

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED", "7"))
BOOK = 14
"""Times the sample: about 900 passages, of which the last 400 are two parts."""
BACKLOG = 8
"""Ingestions that wait at most: with more, what was interrupted waits its turn behind them, and longer for it."""

pytestmark = pytest.mark.slow


@pytest.fixture
def library() -> Library:
    return Library(SAMPLE.decode(), SEED)


def test_killed_at_every_named_point(tmp_path: Path, library: Library) -> None:
    """One book, whose reader is killed at each moment in turn, also while the server starts."""
    data = tmp_path / "data"
    server = Server(data)
    rows = Rows(data)
    library.send(server, BOOK)
    process, missed = server.process, []
    for name, query in POINTS.items():
        for _ in range(4):
            # Long enough for all that waits: a book more behind work that is left makes the next moment later.
            if rows.kill_at(query, process, 120):
                break
            # Two commits followed each other too closely: the next book passes the moment again.
            process.kill()
            process.wait()
            server = Server(data)
            process = server.process
            library.send(server, BOOK)
        else:
            missed.append(name)
            process.kill()
            process.wait()
        killed = time.time()
        process = serving(data)
        wait_for_work(rows, killed)
    process.kill()
    process.wait()
    server = Server(data)
    try:
        finish_all(server, library)
        assert twice(rows) == []
        all_mined(rows)
    finally:
        server.stop()
    assert missed == []
    proved(data)


def serving(data: Path) -> subprocess.Popen[bytes]:
    """A server that nobody waits for."""
    return subprocess.Popen(
        [sys.executable, "-m", "backend", "serve", "--port", "0", "--data-dir", str(data)],
        cwd=data.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT), "SAMPLE_DOCUMENT": "false"},
        stderr=subprocess.DEVNULL,
    )


def test_killed_at_random_times(tmp_path: Path, library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    rows = Rows(data)
    chance = random.Random(SEED)  # noqa: S311 - to repeat a run
    lives = pauses(SEED, 0.0, 2.0)
    server = Server(data)
    slowest = 0.0
    try:
        for kill in range(KILLS):
            ends = time.monotonic() + next(lives)
            if rows.unfinished() < BACKLOG:
                library.send(server, BOOK if kill % 20 == 0 else chance.randint(1, 3))
            while (left := ends - time.monotonic()) > 0:
                time.sleep(min(left, chance.uniform(0, 1)))
                if rows.unfinished() < BACKLOG:
                    library.send(server)
            server.stop(signal.SIGKILL)
            killed = time.time()
            server = Server(data)
            slowest = max(slowest, wait_for_work(rows, killed) or 0.0)
        finish_all(server, library, seconds=120 + KILLS)
        assert twice(rows) == []
    finally:
        server.stop()
    proved(data)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{KILLS} kills, {len(library.acknowledged)} documents acknowledged and found, "
            f"work resumed {slowest:.1f} s after the kill at most\n"
        )


def test_a_second_process_is_killed_beside_the_server(tmp_path: Path, library: Library) -> None:
    """`quaestio ingest` takes jobs of its own accord; the server goes on with what it leaves."""
    data, folder = tmp_path / "data", tmp_path / "notes"
    folder.mkdir()
    for number in range(6):
        text = f"Note {number} is about subject{number}. {SAMPLE.decode()}" * (1 + 5 * (number % 2))
        (folder / f"{number}.txt").write_text(text)
    server = Server(data)
    rows = Rows(data)
    lives = pauses(SEED, 0.8, 3.0)
    try:
        for _ in range(max(3, KILLS // 5)):
            second = subprocess.Popen(
                [sys.executable, "-m", "backend", "ingest", str(folder), "--data-dir", str(data)],
                cwd=tmp_path,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            library.send(server)
            time.sleep(next(lives))
            second.kill()
            second.wait()
        deadline = time.monotonic() + 90
        while rows.all("SELECT 1 FROM jobs WHERE state NOT IN ('finished', 'failed', 'stopped')"):
            assert time.monotonic() < deadline, rows.all("SELECT id, kind, state, owner FROM jobs")
            time.sleep(0.2)
        finish_all(server, library)
        assert twice(rows) == []
        assert rows.all("SELECT count(*) FROM jobs WHERE state != 'finished'") == [(0,)]
    finally:
        server.stop()
    proved(data)
