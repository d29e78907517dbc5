"""The FAISS engine: opening, checking, size, durable adds, beside plain FAISS and the bare disk.

    python -m benchmarks.faiss_engine

Needs 2 GB of disk and of memory. Every floor is measured in the same run, in turns with what is compared.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from statistics import median

import faiss
import numpy as np
import numpy.typing as npt

from backend.adapters.faiss_engine import Engine, EngineIndex, IndexSpec, Opening
from backend.adapters.faiss_engine.disk import Disk
from benchmarks.common import ROOT, Figure, write
from benchmarks.jobs import SLOW_US, slow_syncs

Vectors = npt.NDArray[np.float32]
LARGE, WIDE = 100_000, 1024
SMALL, NARROW = 10_000, 384
WRITERS = 64
TURNS = 5


def main() -> int:
    """All figures into ``results/faiss_engine.json``; or one part, as a child, to standard output."""
    if sys.argv[1:2] == ["singles"]:
        figures = singles(Path(sys.argv[2]), "a disk of 200 syncs a second")
        print(json.dumps([asdict(figure) for figure in figures]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # First, in a fresh process: of large arrays that were let go plain FAISS finds memory at hand that a
        # thread does not, and their files would still be on the way to the disk.
        added = bulk(Path(folder) / "bulk")
        figures = [
            *opening(Path(folder) / "large"),
            *added,
            *singles(Path(folder) / "single"),
            *slowly(Path(folder)),
        ]
    return write("faiss_engine", figures)


def _vectors(count: int, width: int) -> Vectors:
    return np.random.default_rng(1).standard_normal((count, width), dtype=np.float32)


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def opening(root: Path) -> list[Figure]:
    """100,000 x 1024: open, first search, the eager opening, size on the disk."""
    rows = _vectors(LARGE, WIDE)
    with Engine(root) as engine:
        engine.create("t", "it", IndexSpec(WIDE, "Flat", "ip"))
        with engine.open("t", "it", writable=True) as index:
            index.add(np.arange(LARGE), rows)
            index.snapshot()
        plain = root / "plain.faiss"
        newest = max((root / "t" / "it").glob("gen-*"))
        plain.write_bytes((newest / "index.faiss").read_bytes())
        size = sum(path.stat().st_size for path in newest.iterdir()) / rows.nbytes
        opened, first, eager, owned, read = [], [], [], [], []
        for _ in range(TURNS):
            began = time.perf_counter()
            index = engine.open("t", "it")
            opened.append(1000 * (time.perf_counter() - began))
            first.append(1000 * _took(lambda index=index: index.search(rows[:1], 10)))  # type: ignore[misc]
            index.close()
            eager.append(_took(lambda: engine.open("t", "it", opening=Opening.EAGER)))
            owned.append(_took(lambda: engine.open("t", "it", opening=Opening.OWNED)))
            read.append(_took(lambda: faiss.read_index(str(plain))))
    floor = round(median(read), 3)
    told = "faiss.read_index"
    return [
        Figure("open 100k x 1024", round(median(opened), 2), "ms", "< 10", median(opened) < 10),
        Figure("first search", round(median(first), 1), "ms", "< 200", median(first) < 200),
        _at_most("eager opening, checked and mapped", median(eager), 1.3, floor, told),
        _at_most("eager opening, checked and copied", median(owned), 1.3, floor, told),
        Figure("snapshot over raw float32", round(size, 4), "x", "<= 1.05", size <= 1.05),
    ]


def bulk(root: Path) -> list[Figure]:
    """10,000 x 384 in one durable add, beside FAISS's add and one durable file of the same."""
    rows, ids = _vectors(SMALL, NARROW), np.arange(SMALL)
    ours, plain = [], []
    with Engine(root) as engine:
        for turn in range(3 * TURNS):
            engine.create("t", f"i{turn}", IndexSpec(NARROW, "Flat", "ip"))
            index = engine.open("t", f"i{turn}", writable=True)
            ours.append(_took(lambda index=index: index.add(ids, rows)))  # type: ignore[misc]
            plain.append(_took(lambda: _plain(rows, root / "plain.faiss")))
            # Both begin with memory that this machine has used before: new memory costs more than the work.
            index.close()
            engine.drop("t", f"i{turn}")
            (root / "plain.faiss").unlink()
    return [
        _at_most("bulk add 10k x 384", median(ours), 1.2, round(median(plain), 4), "FAISS add and one file")
    ]


def _plain(rows: Vectors, path: Path) -> None:
    index = faiss.IndexFlatIP(NARROW)
    index.add(rows)
    faiss.write_index(index, str(path))
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _at_most(name: str, value: float, most: float, floor: float, told: str) -> Figure:
    return Figure(name, round(value, 4), "s", f"<= {most} x", value <= most * floor, floor, told)


def slowly(root: Path) -> list[Figure]:
    """``singles`` in a process whose every sync takes as long as on a disk of 200 syncs a second."""
    library = slow_syncs(root)
    if library is None:
        return []
    limited = os.environ | {"LD_PRELOAD": str(library), "SLOW_SYNC_US": str(SLOW_US)}
    command = [sys.executable, "-m", "benchmarks.faiss_engine", "singles", str(root / "slow")]
    said = subprocess.run(command, cwd=ROOT, env=limited, capture_output=True, check=True).stdout
    return [Figure(**one) for one in json.loads(said)]


def singles(root: Path, name: str = "this disk") -> list[Figure]:
    """10,000 x 384 one by one by 64 writers, beside one write and sync after the other."""
    figures = []
    root.mkdir(parents=True, exist_ok=True)
    for kind, measure in (("threads", _threads), ("coroutines", _coroutines)):
        rates, floors = [], []
        for turn in range(3):
            with Engine(root / f"{kind} {turn}") as engine:
                engine.create("t", "it", IndexSpec(NARROW, "Flat", "ip"))
                index = engine.open("t", "it", writable=True)
                floors.append(_sync_rate(root / "floor", Disk()))
                rates.append(SMALL / _took(lambda index=index, measure=measure: measure(index)))  # type: ignore[misc]
                if len(index) != SMALL:
                    raise RuntimeError("vectors were lost")
        rate, floor = round(median(rates)), round(median(floors))
        label = f"durable adds a second, {WRITERS} {kind}, {name}"
        figures.append(Figure(label, rate, "/s", ">= 20 x", rate >= 20 * floor, floor, "its syncs a second"))
    return figures


def _sync_rate(path: Path, disk: Disk) -> float:
    content, times = bytes(4 * NARROW), 200
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    for turn in range(times):
        disk.write(descriptor, [content], turn * len(content))
        disk.sync(descriptor)
    seconds = time.perf_counter() - began
    os.close(descriptor)
    return times / seconds


def _threads(index: EngineIndex) -> None:
    rows = _vectors(SMALL, NARROW)

    def work(first: int) -> None:
        for number in range(first, SMALL, WRITERS):
            index.add([number], rows[number : number + 1])

    threads = [threading.Thread(target=work, args=(first,)) for first in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _coroutines(index: EngineIndex) -> None:
    rows = _vectors(SMALL, NARROW)

    async def work(first: int) -> None:
        for number in range(first, SMALL, WRITERS):
            await index.commit_async([index.put([number], rows[number : number + 1])])

    async def everyone() -> None:
        await asyncio.gather(*(work(first) for first in range(WRITERS)))

    asyncio.run(everyone())


if __name__ == "__main__":
    sys.exit(main())
