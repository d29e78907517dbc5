"""The model server aimock (npm), its answers and its faults."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "aimock/node_modules/@copilotkit/aimock/dist/cli.js"


class Aimock:
    def __init__(self, root: str) -> None:
        self.root = root
        self.base_url = f"{root}/v1"

    def chaos(self, **faults: float) -> None:
        self._send("/__aimock/chaos", faults)

    def journal(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.root}/__aimock/journal", timeout=10) as answer:  # noqa: S310 - ours
            entries: list[dict[str, Any]] = json.load(answer)
        return [e for e in entries if e.get("path", "").endswith("/chat/completions")]

    def _send(self, path: str, body: object) -> None:
        request = urllib.request.Request(  # noqa: S310 - ours
            self.root + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - ours


@contextmanager
def running_aimock(folder: Path, fixtures: list[dict[str, Any]], *options: str) -> Iterator[Aimock]:
    """Skips where node or the package is missing; with QUAESTIO_EXPECT_EXTRAS that is a failure."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        wanting = "aimock is not here: npm ci --prefix tests/aimock"
        if os.environ.get("QUAESTIO_EXPECT_EXTRAS"):
            pytest.fail(wanting)
        pytest.skip(wanting)
    file, log = folder / "fixtures.json", folder / "aimock.log"
    file.write_text(json.dumps({"fixtures": fixtures}))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [node, str(PROGRAM), "--port", "0", "--fixtures", str(file), *options],
            stdout=output,
            stderr=output,
        )
    try:
        yield Aimock(_address(process, log))
    finally:
        process.terminate()
        process.wait(10)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"listening on (http://\S+)", log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"aimock did not start: {log.read_text()}")
