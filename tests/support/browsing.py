"""A server in a process of its own, and visits of its page in a real browser."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 15


@contextmanager
def running_server(folder: Path) -> Iterator[str]:
    """Run ``serve`` over ``folder`` and yield its address once it says that it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    log = folder / "server.log"
    command = [sys.executable, "-m", "backend", "serve", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")], cwd=ROOT, stdout=output, stderr=output
        )
        try:
            _wait_until_ready(url, process, log)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/health/ready", timeout=2).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail(f"The server did not become ready:\n{log.read_text(errors='replace')[-4000:]}")


@dataclass
class Visit:
    """A page with what it must not do noted down."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("console", lambda message: self._note(message.type, message.text))
        self.page.on("request", lambda request: self._check(request.url))

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.url + path)
        # The library has answered once its state is neither loading nor unknown.
        self.page.wait_for_selector("#library-state:not([data-kind='loading'])", state="attached")
        return self.page

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.faults.append(f"console {kind}: {text}")

    def _check(self, address: str) -> None:
        if not address.startswith((self.url, "blob:", "data:")):
            self.faults.append(f"request to {address}")


OpenVisit = Callable[..., Visit]
