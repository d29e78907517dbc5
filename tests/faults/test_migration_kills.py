"""kill -9, and Ctrl+C, while a store moves over; the same command goes on with it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.crashes import Rows, proved, twice
from tests.support.llamaindex import namespaced
from tests.support.processes import HEARS_CTRL_C, ROOT, quaestio

NODES = 700

pytestmark = pytest.mark.slow

POINTS = {
    "queued": "SELECT 1 FROM jobs WHERE kind = 'migrate'",
    "taken": "SELECT 1 FROM jobs WHERE kind = 'migrate' AND state = 'started'",
    "first documents": "SELECT 1 FROM documents",
    "a part of a document": "SELECT 1 FROM documents d JOIN chunks c ON c.document_number = d.number "
    "WHERE d.published_at IS NULL",
    "more than half": "SELECT 1 FROM (SELECT count(*) AS n FROM chunks) WHERE n > 350",
}


def test_killed_at_every_named_point(tmp_path: Path) -> None:
    texts = {f"n{n}": (f"d{n // 30 if n < 300 else 'large'}", f"Node {n} is short.") for n in range(NODES)}
    folder = asyncio.run(namespaced(texts)).write(tmp_path / "storage")
    data = tmp_path / "data"
    command = ["migrate", "llamaindex", str(folder), "--reembed", "--json"]
    quaestio("doctor", data_dir=data, PORT="1")  # makes the database that is watched
    caught = []
    for name, query in POINTS.items():
        process = subprocess.Popen(
            [sys.executable, "-m", "backend", *command],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(data)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=HEARS_CTRL_C,  # noqa: PLW1509 - no threads here
        )
        # The last by Ctrl+C, which says what to do.
        how = signal.SIGINT if name == "more than half" else signal.SIGKILL
        if Rows(data).kill_at_first(query, process, 60, how):
            caught.append(name)
        said = process.communicate()[1].decode()
        assert how == signal.SIGKILL or (process.returncode, "The same command" in said) == (130, True)
        assert "Traceback" not in said
        visible = Rows(data).all(
            "SELECT d.filename FROM documents d WHERE d.published_at IS NOT NULL AND d.chunks != "
            "(SELECT count(*) FROM vectors v WHERE v.key >> 24 = d.number)"
        )
        assert visible == []
    assert caught == list(POINTS)
    done = quaestio(*command, data_dir=data)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["documents"], report["nodes"], report["vectors"]) == (11, NODES, NODES)
    assert report["verification"]["passed"]
    assert twice(Rows(data)) == []
    proved(data)
