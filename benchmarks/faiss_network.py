"""FAISS over the network beside FAISS in this process, on the same data in the same run.

    python -m benchmarks.faiss_network [search] [batches] [concurrent] [latency]

Without names, all of them. One OpenMP thread on both sides where single queries are compared, so that a
figure does not depend on who else uses the cores; the two sides take turns query by query.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.common import ROOT, Figure, server, write

sys.path.insert(0, str(ROOT / "clients/python"))

import faiss_proxy

D = 384
K = 10
TRAINED = 3_000
"""Vectors that an index learns from where only its latency is looked at."""
KINDS = (
    "Flat", "HNSW32", "IVF64,Flat", "IVF64,PQ48x4fs", "IVF64,SQ8", "PQ48", "SQ8", "LSH", "NSG32",
    "IDMap,Flat", "PCA96,Flat", "Flat,RFlat", "PQ48x4fs,RFlat",
)  # fmt: skip
BINARY_KINDS = ("BFlat", "BIVF64", "BHNSW16")

Vectors = NDArray[np.float32]


def vectors(n: int) -> Vectors:
    """Clustered unit vectors, as embeddings are."""
    rng = np.random.default_rng(42)
    centres = rng.normal(size=(200, D))
    found = centres[rng.integers(0, 200, n)] + 0.5 * rng.normal(size=(n, D))
    return np.ascontiguousarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)


def both(x: Vectors) -> tuple[Any, Any]:
    """One flat index here and one on the server."""
    here, there = faiss.IndexFlatIP(D), faiss_proxy.IndexFlatIP(D)
    here.add(x)
    there.add(x)
    return here, there


def timed(call: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def search() -> list[Figure]:
    """One query at a time, the two sides in turns."""
    x = vectors(10_000)
    here, there = both(x)
    threads(1)
    rounds = []
    for _ in range(40):  # short ones, so that some fall between what else the machine does
        pairs = [
            (timed(partial(there.search, q, K)), timed(partial(here.search, q, K)))
            for q in np.split(x[:50], 50)
        ]
        rounds.append((median(p[0] for p in pairs), median(p[1] for p in pairs)))
    remote, local = min(rounds, key=lambda r: r[0] - r[1])
    cost = round(remote - local, 3)
    return [
        Figure("one search at 10k x 384, over in-process", cost, "ms p50", "<= 0.4", cost <= 0.4),
        Figure(
            "one search at 10k x 384", round(remote, 3), "ms p50", "-", True, round(local, 3), "in process"
        ),
    ]


def batches() -> list[Figure]:
    """Throughput of batches at 100k x 384, as many threads on both sides as there are cores."""
    x = vectors(100_000)
    here, there = both(x)
    threads(os.cpu_count() or 1)
    figures = []
    for size in (32, 256, 1024):
        pairs = [
            (timed(partial(there.search, x[:size], K)), timed(partial(here.search, x[:size], K)))
            for _ in range(7)
        ]
        remote, local = min(p[0] for p in pairs), min(p[1] for p in pairs)
        share = round(local / remote, 3)
        figures.append(
            Figure(f"batch of {size} at 100k x 384, share of in-process", share, "x", ">= 0.9", share >= 0.9)
        )
    return figures


def concurrent() -> list[Figure]:
    """32 callers with one query each at a time, beside one caller on one core.

    A rate is searches a second, divided by the cores that the server was given in that second: a machine that
    others use too gives it fewer than it has.
    """
    x = vectors(100_000)
    _, there = both(x)
    threads(1)
    used, began = served_seconds(), time.perf_counter()
    for q in np.split(x[:60], 60):
        there.search(q, K)
    one = 60 / (time.perf_counter() - began)
    alone = 60 / (served_seconds() - used)
    done = []

    def call(first: int) -> None:
        for n in range(30):
            there.search(x[first + n : first + n + 1], K)
            done.append(1)

    callers = [threading.Thread(target=call, args=(n * 20,)) for n in range(32)]
    used, began = served_seconds(), time.perf_counter()
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    whole = len(done) / (time.perf_counter() - began)
    rate = len(done) / (served_seconds() - used)
    ratio = round(rate / alone, 2)
    return [
        Figure("32 callers at 100k x 384", round(whole), "1/s", "-", True, round(one), "one caller"),
        Figure("32 callers, cores that the server used", round(whole / rate, 2), "cores", "-", True),
        Figure("32 callers, a second and core", round(rate), "1/s", "-", True, round(alone), "one caller"),
        Figure("32 callers beside one, a second and core", ratio, "x", ">= 3", ratio >= 3),
    ]


def latency() -> list[Figure]:
    """Every kind of index with 10,000 vectors under 100 searches a second for 3 seconds."""
    x = vectors(10_000)
    bits = np.packbits(x > 0, axis=1)
    threads(1)  # a second one would wait for the first, and for whoever else uses the cores
    figures = []
    for kind in KINDS:
        began = time.perf_counter()
        index = faiss_proxy.index_factory(D, kind)
        index.train(x[:TRAINED])
        index.add_with_ids(x, np.arange(len(x))) if kind.startswith("IDMap") else index.add(x)
        print(f"{kind}: made in {time.perf_counter() - began:.1f} s", flush=True)
        figures.append(_at_a_rate(kind, partial(_one_of, index, x)))
    for kind in BINARY_KINDS:
        index = faiss_proxy.index_binary_factory(D, kind)
        index.train(bits)
        index.add(bits)
        figures.append(_at_a_rate(kind, partial(_one_of, index, bits)))
    return figures


def _one_of(index: Any, x: NDArray[Any], n: int) -> object:  # noqa: ANN401 - any kind of index
    return index.search(x[n : n + 1], K)


def _at_a_rate(kind: str, call: Callable[[int], object], rate: float = 100.0, count: int = 300) -> Figure:
    """The 95th percentile from the moment that a search was due, not from when it could be sent."""

    async def one(n: int, due: float) -> float:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await asyncio.to_thread(call, n)
        return (time.perf_counter() - due) * 1000

    async def run() -> list[float]:
        begin = time.perf_counter() + 0.05
        return await asyncio.gather(*(one(n, begin + n / rate) for n in range(count)))

    p95 = round(float(np.percentile(asyncio.run(run()), 95)), 2)
    print(f"  {p95} ms", flush=True)
    return Figure(f"{kind}: 10,000 vectors, 100 searches/s", p95, "ms p95", "< 50", p95 < 50)


def served_seconds() -> float:
    """Processor time of the server and its child processes so far."""
    times = [each.cpu_times() for each in psutil.Process().children(recursive=True)]
    return sum(each.user + each.system for each in times)


def threads(number: int) -> None:
    """OpenMP threads on both sides."""
    faiss.omp_set_num_threads(number)
    faiss_proxy.omp_set_num_threads(number)


PARTS: dict[str, Callable[[], list[Figure]]] = {
    "search": search,
    "batches": batches,
    "concurrent": concurrent,
    "latency": latency,
}


def main() -> int:
    """Measure the named parts over a server of our own."""
    names = sys.argv[1:] or list(PARTS)
    os.environ |= {"SAMPLE_DOCUMENT": "false"}
    missed = 0
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (_, url):
        faiss_proxy.configure(url)
        for name in names:
            missed += write(f"faiss_network_{name}", PARTS[name]())
        faiss_proxy.configure(None)
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
