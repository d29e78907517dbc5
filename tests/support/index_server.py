"""The vector index service as a process of its own, and its binary body as a client makes it."""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.support.processes import ROOT

FRAME = {"Content-Type": "application/x-faiss-frame"}


class IndexServer:
    """``quaestio serve-index`` over a folder, stopped by its id."""

    def __init__(self, data_dir: Path, **environment: str) -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.log = data_dir / f"index-server-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend", "serve-index", "--port", "0", "--data-dir", str(data_dir)],
                cwd=data_dir,
                # Threads that wait for each other are slow where other tests use the cores, too.
                env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment,
                stderr=log,
            )
        self.url = self._address()
        self.http = httpx.Client(base_url=self.url, timeout=60)

    def _address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(r"ready at (\S+)", self.log.read_text()):
                return found.group(1)
            time.sleep(0.02)
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"the index service did not start: {self.log.read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)


def frame(header: dict[str, Any], arrays: Sequence[np.ndarray]) -> bytes:
    """As docs/http.md describes it, not as the server's own code does."""
    text = json.dumps(header | {"arrays": [[a.dtype.str, list(a.shape)] for a in arrays]}).encode()
    body = b"FXP1" + struct.pack("<I", len(text)) + text
    for array in arrays:
        body += bytes(-len(body) % 16) + array.tobytes()
    return body


def unframe(body: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    assert body[:4] == b"FXP1"
    (length,) = struct.unpack_from("<I", body, 4)
    header, at, arrays = json.loads(body[8 : 8 + length]), 8 + length, []
    for dtype, shape in header["arrays"]:
        at += -at % 16
        array = np.frombuffer(body, dtype, int(np.prod(shape)), at).reshape(shape)
        arrays.append(array)
        at += array.nbytes
    assert at == len(body)
    return header, arrays
