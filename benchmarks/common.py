"""What the benchmarks share: text to work on, a server to measure, and the form of a result."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import psutil

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("QUAESTIO_SHARED_DATA", ROOT.parent / "shared" / "data"))
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Figure:
    """One measured value beside a floor or a peer of the same run, and the bar it must reach."""

    name: str
    value: float
    unit: str
    bar: str
    reached: bool
    floor: float | None = None
    floor_is: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over the floor."""
        return None if not self.floor else round(self.value / self.floor, 3)


def paragraphs() -> list[str]:
    """Real paragraphs in English: textbooks where the shared data is, else the sample text."""
    files = [*sorted(DATA.glob("textbook/*/sections.jsonl")), *sorted(DATA.glob("ir/*/corpus.jsonl"))]
    texts = [json.loads(line)["text"] for path in files for line in path.read_text().splitlines()]
    texts = texts or [(ROOT / "backend/samples/how-plants-make-food.txt").read_text()]
    return [p.strip() for text in texts for p in re.split(r"\n\s*\n", text) if len(p.strip()) > 80]


def machine() -> dict[str, object]:
    """Where and when a figure was measured."""
    cpuinfo = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else None
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": model.group(1) if model else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def write(name: str, figures: list[Figure]) -> int:
    """Print the figures, keep them in ``results``; returns 1 where a bar was missed."""
    rows = [vars(f) | {"ratio": f.ratio} for f in figures]
    for f in figures:
        beside = f"  {f.ratio} x {f.floor_is} ({f.floor:g})" if f.floor else ""
        print(
            f"{'reached' if f.reached else 'MISSED':8} {f.name:40} {f.value:g} {f.unit}  bar: {f.bar}{beside}"
        )
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps({"machine": machine(), "figures": rows}, indent=2) + "\n"
    )
    return 0 if all(f.reached for f in figures) else 1


@contextmanager
def server(
    data_dir: Path, python: str = sys.executable, cwd: Path = ROOT
) -> Iterator[tuple[psutil.Process, str]]:
    """A real server on a free port; its process and address once it is ready."""
    with tempfile.TemporaryFile("w+") as log:
        command = [python, "-m", "backend", "serve", "--port", "0", "--data-dir", str(data_dir)]
        process = subprocess.Popen(command, cwd=cwd, stderr=log)
        try:
            url = _address(process, log.fileno())
            wait_ready(url)
            yield psutil.Process(process.pid), url
        finally:
            process.terminate()
            process.wait(30)


def wait_ready(url: str) -> None:
    """Return at the first 200 of /health/ready."""
    while True:
        try:
            with urllib.request.urlopen(f"{url}health/ready", timeout=5) as answer:  # noqa: S310 - our server
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.01)


def _address(process: subprocess.Popen[bytes], log: int) -> str:
    while process.poll() is None:
        said = os.pread(log, 1 << 16, 0).decode()
        if found := re.search(r"ready at (\S+)", said):
            return found.group(1)
        time.sleep(0.005)
    raise RuntimeError(f"the server ended: {os.pread(log, 1 << 16, 0).decode()}")


@contextmanager
def peak_memory(process: psutil.Process) -> Iterator[list[float]]:
    """Highest sum of resident MB of a process and its children while the block runs, as the one item."""
    peak, done = [0.0], Event()

    def sample() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], tree_memory(process))

    sampler = Thread(target=sample)
    sampler.start()
    try:
        yield peak
    finally:
        done.set()
        sampler.join()


def tree_memory(process: psutil.Process) -> float:
    """Resident MB of a process and all its children, pages that they share counted for each."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6
