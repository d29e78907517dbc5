"""The vector index service over HTTP: durable adds, searches of every type, queries together, many indexes.

    python -m benchmarks.vector_service [adds] [latency] [together] [many] [chroma] [--chroma PYTHON]

Without names, all of them. ``--chroma`` names a Python that has chromadb, whose server is measured on the
same data; without it that part is left out. Needs 2 GB of disk and of memory. Every peer and floor is
measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from threading import local
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import psutil

from benchmarks.common import ROOT, Figure, write

sys.path.insert(0, str(ROOT / "clients/python"))

import faiss_proxy

Array = npt.NDArray[Any]
WIDTH, SMALL, LARGE = 384, 10_000, 100_000
TYPES = ["Flat", "IVF64,Flat", "HNSW32", "PQ64x4", "SQ8", "LSH", "NSG32", "PCA64,Flat", "SQ8,RFlat"]
TRAINED = 3_000
"""Vectors that a type learns from where only its latency is looked at."""
BINARY = ["BFlat", "BIVF64", "BHNSW32"]


def main() -> int:
    """The figures of each part into ``results/vector_service_PART.json``."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS, "chroma"])
    parser.add_argument("--chroma", default="", help="a Python with chromadb")
    options = parser.parse_args()
    missed = 0
    for name in options.parts or [*PARTS, *(["chroma"] if options.chroma else [])]:
        with tempfile.TemporaryDirectory() as folder, service(Path(folder) / "data") as client:
            if name == "chroma":
                figures = beside_chroma(client, options.chroma, Path(folder))
            else:
                figures = PARTS[name](client)
        missed += write(f"vector_service_{name}", figures)
    return min(missed, 1)


class Client:
    """One kept connection for each thread."""

    def __init__(self, url: str, process: psutil.Process) -> None:
        self.url, self._url, self.process, self._own = url, urlsplit(url), process, local()

    def ask(self, path: str, body: bytes, *, frame: bool = False, method: str = "POST") -> bytes:
        """The answer's body. Raises RuntimeError with what was refused."""
        if not hasattr(self._own, "line"):
            self._own.line = HTTPConnection(self._url.hostname or "", self._url.port)
        kind = "application/x-faiss-frame" if frame else "application/json"
        try:
            self._own.line.request(method, path, body, {"Content-Type": kind})
        except OSError:  # it was kept for longer than the server does
            self._own.line.close()
            self._own.line.request(method, path, body, {"Content-Type": kind})
        answer = self._own.line.getresponse()
        said: bytes = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {said[:300]!r}")
        return said

    def create(self, name: str, kind: str, examples: Array, dimension: int = WIDTH) -> str:
        """The path of a new index, trained where its type must be."""
        asked = {"name": name, "dimension": dimension, "index_type": kind}
        made = json.loads(self.ask("/v1/index", json.dumps(asked).encode()))
        if not made["is_trained"]:
            self.ask(f"/v1/index/{name}/train", frame_of({}, [examples]), frame=True)
        return f"/v1/index/{name}"

    def cpu(self) -> float:
        """Seconds of processor that the server has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


def frame_of(header: dict[str, Any], arrays: Sequence[Array]) -> bytes:
    """A binary body."""
    text = json.dumps(header | {"arrays": [[a.dtype.str, a.shape] for a in arrays]}).encode()
    body = bytearray(b"FXP1" + struct.pack("<I", len(text)) + text)
    for array in arrays:
        body += bytes(-len(body) % 16) + array.tobytes()
    return bytes(body)


@contextmanager
def service(folder: Path) -> Iterator[Client]:
    """``quaestio serve-index`` of a folder."""
    folder.mkdir()
    command = [sys.executable, "-m", "backend", "serve-index", "--port", "0", "--data-dir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        while not (found := re.search(r"ready at (\S+)", (folder / "log").read_text())):
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
            time.sleep(0.05)
        yield Client(found.group(1), psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def vectors(count: int, seed: int = 1) -> Array:
    """Like embeddings: clustered, of unit length."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((200, WIDTH), np.float32)
    rows = centres[random.integers(0, 200, count)] + random.standard_normal((count, WIDTH), np.float32)
    unit: Array = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def took(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def adds(client: Client) -> list[Figure]:
    """10,000 x 384 durable, as frame and as JSON."""
    rows = vectors(SMALL)
    times = [add(client, f"add{turn}", "Flat", rows) for turn in range(5)]
    place = client.create("json", "Flat", rows)
    text = json.dumps(
        {"vectors": [{"id": f"v{i}", "values": row} for i, row in enumerate(rows.tolist())]}
    ).encode()
    slow = took(lambda: client.ask(f"{place}/vectors", text))
    return [
        Figure("add 10k x 384, frame", round(median(times), 3), "s", "< 1", median(times) < 1),
        Figure("add 10k x 384, JSON with text ids", round(slow, 3), "s", "< 1", slow < 1),
    ]


def add(client: Client, name: str, kind: str, rows: Array) -> float:
    """Seconds of a durable add to a new index."""
    place, body = client.create(name, kind, rows), frame_of({}, [rows, np.arange(len(rows), dtype=np.int64)])
    return took(lambda: client.ask(f"{place}/vectors", body, frame=True))


def latencies(client: Client) -> list[Figure]:
    """Of every type."""
    return [latency(client, kind) for kind in [*TYPES, *BINARY]]


def latency(client: Client, kind: str) -> Figure:
    """p50 of searches that come 100 a second, each a JSON body, at 10,000 x 384."""
    binary = kind in BINARY
    name = "l-" + kind.replace(",", "-")
    rows = np.packbits(vectors(SMALL) > 0, axis=1) if binary else vectors(SMALL)
    place = client.create(name, kind, rows[:TRAINED])
    ids = np.arange(SMALL, dtype=np.int64)
    client.ask(f"{place}/vectors", frame_of({}, [rows, ids]), frame=True)
    bodies = [json.dumps({"vector": row.tolist(), "k": 10}).encode() for row in rows[:300]]
    begin = time.perf_counter() + 0.2

    def at(turn: int) -> float:
        due = begin + turn / 100
        time.sleep(max(0.0, due - time.perf_counter()))
        client.ask(f"{place}/search", bodies[turn])
        return time.perf_counter() - due

    with ThreadPoolExecutor(16) as threads:
        times = sorted(threads.map(at, range(len(bodies))))
    p50, p95 = times[len(times) // 2] * 1000, times[len(times) * 95 // 100] * 1000
    told = f"100/s at 10k x 384, {kind}: p50 (p95 {p95:.1f} ms)"
    return Figure(told, round(p50, 2), "ms", "< 50", p50 < 50)


def together(client: Client) -> list[Figure]:
    """32 clients at once beside one at a time, in searches for each second of the server's processor."""
    rows = vectors(LARGE)
    place = client.create("large", "Flat", rows)
    for begin in range(0, LARGE, 20_000):
        ids = np.arange(begin, begin + 20_000, dtype=np.int64)
        client.ask(f"{place}/vectors", frame_of({}, [rows[begin : begin + 20_000], ids]), frame=True)
    queries = [frame_of({"k": 10}, [row[None]]) for row in vectors(320, 3)]

    def rate(clients: int, count: int) -> tuple[float, float]:
        began, cpu = time.perf_counter(), client.cpu()
        with ThreadPoolExecutor(clients) as threads:
            list(threads.map(lambda q: client.ask(f"{place}/search", q, frame=True), queries[:count]))
        return count / (client.cpu() - cpu), count / (time.perf_counter() - began)

    rate(4, 32)
    alone, alone_wall = rate(1, 60)
    joined, joined_wall = rate(32, 320)
    return [
        Figure("32 at once, 100k x 384, per core second", round(joined, 1), "searches", ">= 3 x one by one",
               joined >= 3 * alone, round(alone, 1), "one by one"),
        Figure("32 at once, 100k x 384, per second", round(joined_wall, 1), "searches", ">= 3 x one by one",
               joined_wall >= 3 * alone_wall, round(alone_wall, 1), "one by one"),
    ]  # fmt: skip


def many(client: Client) -> list[Figure]:
    """1,000 indexes of 100 vectors, 50 of them searched again and again: resident memory."""
    rows, ids = vectors(100), np.arange(100, dtype=np.int64)
    body, query = frame_of({}, [rows, ids]), frame_of({"k": 5}, [rows[:1]])

    def make(number: int) -> None:
        place = client.create(f"m{number}", "Flat", rows)
        client.ask(f"{place}/vectors", body, frame=True)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, range(100)))
        hundred = client.process.memory_info().rss / 1e6
        list(threads.map(make, range(100, 1000)))
        for _ in range(20):
            list(
                threads.map(
                    lambda n: client.ask(f"/v1/index/m{n}/search", query, frame=True), range(0, 1000, 20)
                )
            )
    full = client.process.memory_info().rss / 1e6
    return [Figure("1,000 indexes, 50 busy", round(full, 1), "MB resident", "<= 1.3 x 100 indexes",
                   full <= 1.3 * hundred, round(hundred, 1), "100 indexes")]  # fmt: skip


_CHROMA = """
import sys, time, json, statistics, numpy, chromadb
port, rows, queries = int(sys.argv[1]), numpy.load(sys.argv[2]), numpy.load(sys.argv[3])
client = chromadb.HttpClient("127.0.0.1", port)
adds, finds, found = [], [], []
for turn in range(2):
    made = client.create_collection(f"rows{turn}", metadata={"hnsw:space": "l2"}, embedding_function=None)
    began = time.perf_counter()
    for at in range(0, len(rows), 5000):
        made.add(ids=[str(i) for i in range(at, min(at + 5000, len(rows)))], embeddings=rows[at : at + 5000])
    adds.append(time.perf_counter() - began)
for turn in range(2):
    finds, found = [], []
    for row in queries:
        began = time.perf_counter()
        ids = made.query(query_embeddings=[row], n_results=10, include=["distances"])["ids"][0]
        finds.append(time.perf_counter() - began)
        found.append([int(each) for each in ids])
print(json.dumps([min(adds), statistics.median(finds), found]))
"""


def beside_chroma(client: Client, python: str, folder: Path) -> list[Figure]:
    """The same adds and searches on a Chroma server, which keeps an HNSW index; each through its own client.

    Ours is one index of type Auto, with nothing set; the queries are other vectors of the same clusters.
    """
    every = vectors(SMALL + 200)
    rows, queries = every[:SMALL], every[SMALL:]
    exact = faiss_proxy.IndexFlatL2(WIDTH)
    exact.add(rows)
    truth = exact.search(queries, 10)[1]
    chroma_add, chroma_find, found = chroma(python, folder, rows, queries)
    theirs = _recall(np.array(found), truth)
    added = median([add(client, f"auto{turn}", "Auto", rows) for turn in range(3)])
    add(client, "flat", "Flat", rows)
    faiss_proxy.configure(client.url)
    flat, _ = _searched("flat", queries, truth)
    grown = took(partial(_until_grown, client, ["auto0", "auto1", "auto2"]))
    auto, ours = _searched("auto0", queries, truth)
    faiss_proxy.configure(None)
    told = f"one search of it, recall {ours:.3f} (Chroma {theirs:.3f})"
    return [
        Figure("add 10k x 384 to an Auto index", round(added, 3), "s", "Chroma >= 15 x",
               chroma_add >= 15 * added, round(chroma_add, 3), "Chroma"),
        Figure(told, round(auto * 1000, 2), "ms", "Chroma >= 5 x",
               chroma_find >= 5 * auto and ours >= theirs, round(chroma_find * 1000, 2), "Chroma"),
        Figure("one search while it has no graph, which is exact", round(flat * 1000, 2), "ms", "-", True,
               round(chroma_find * 1000, 2), "Chroma"),
        Figure("until three such have their graphs", round(grown, 1), "s", "-", True),
    ]  # fmt: skip


def _until_grown(client: Client, names: Sequence[str]) -> None:
    for name in names:
        while json.loads(client.ask(f"/v1/index/{name}", b"", method="GET"))["graph"]["state"] != "ready":
            time.sleep(0.1)


def _searched(name: str, queries: Array, truth: Array) -> tuple[float, float]:
    """Seconds of one search, and the share of the true neighbours that is found."""
    index = faiss_proxy.open(name)
    answers: list[Array] = []

    def one(row: Array) -> None:
        answers.append(index.search(row[None], 10)[1])

    for _ in range(2):  # the second time counts, as on the other side
        answers.clear()
        times = [took(partial(one, row)) for row in queries]
    return median(times), _recall(np.concatenate(answers), truth)


def _recall(found: Array, truth: Array) -> float:
    return float(
        np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found.tolist(), truth.tolist(), strict=True)])
    )


def chroma(python: str, folder: Path, rows: Array, queries: Array) -> tuple[float, float, list[list[int]]]:
    """Seconds of an add and of a search on a Chroma server of this machine, and the ids that it finds."""
    files = [folder / "rows.npy", folder / "queries.npy"]
    for path, array in zip(files, (rows, queries), strict=True):
        np.save(path, array)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = [str(Path(python).parent / "chroma"), "run", "--path", str(folder / "chroma")]
    process = subprocess.Popen(
        [*server, "--port", str(port), "--host", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
    )
    try:
        _until_there(f"http://127.0.0.1:{port}/api/v2/heartbeat")
        done = subprocess.run(
            [python, "-c", _CHROMA, str(port), *map(str, files)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    finally:
        process.terminate()
        process.wait()
    told: tuple[float, float, list[list[int]]] = json.loads(done.stdout.splitlines()[-1])
    return told


def _until_there(url: str) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own server
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the Chroma server did not start")


PARTS: dict[str, Callable[[Client], list[Figure]]] = {
    "adds": adds,
    "latency": latencies,
    "together": together,
    "many": many,
}

if __name__ == "__main__":
    sys.exit(main())
