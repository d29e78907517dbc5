"""Real processes of the product."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HEARS_CTRL_C = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
"""For ``preexec_fn``: whoever runs the tests in the background may have it ignored, which is inherited."""


def quaestio(*arguments: str, data_dir: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "backend", *arguments],
        cwd=data_dir.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(data_dir)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


class Server:
    """A server of its own process, stopped by its id."""

    def __init__(self, data_dir: Path, port: int = 0, **environment: str) -> None:
        self.log = data_dir.parent / f"server-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "backend", "serve", "--port", str(port), "--data-dir", str(data_dir)],
                cwd=data_dir.parent,
                env=os.environ | {"PYTHONPATH": str(ROOT), "SAMPLE_DOCUMENT": "false"} | environment,
                stderr=log,
                start_new_session=True,  # so that a test can press Ctrl+C for all of it
            )
        try:
            self.url = self._address()
        except AssertionError:
            self.stop()
            raise

    def _address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := re.search(r"ready at (\S+)", self.log.read_text()):
                return found.group(1)
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:  # noqa: S310 - our server
            return json.load(answer)

    def delete(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, method="DELETE")  # noqa: S310 - our server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our server
            return json.load(answer)

    def upload(self, name: str, content: bytes) -> Any:
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--x--\r\n"
        request = urllib.request.Request(  # noqa: S310 - our server
            f"{self.url}api/documents", body, {"Content-Type": "multipart/form-data; boundary=x"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our server
            return json.load(answer)["documents"][0]

    def until(self, document_id: str, *, seconds: float = 90) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            document = self.get(f"api/documents/{document_id}")
            if document["status"] in {"finished", "failed", "stopped"}:
                return document
            time.sleep(0.1)
        raise AssertionError(f"not ended after {seconds} s: {document}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(30)
