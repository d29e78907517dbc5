"""Speed of the bundled embedding model, beside sentence-transformers on the same weights where installed.

    python -m benchmarks.embedding [--json] [--rounds 3] [--chunks 300] [--threads 2]

Both embed the same chunks of 256 characters in turns; medians over the rounds, so that a busy machine
hits both alike. Latencies are of one question at a time: alone, and while chunks are embedded.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from backend.adapters.onnx_embedder import OnnxEmbedder
from backend.adapters.onnx_embedder.model_files import find_model_files
from backend.ports.embedder import Vectors

ROOT = Path(__file__).resolve().parents[1]
CHARACTERS = 256
BATCH_SIZES = (1, 4, 8, 32)
QUESTION = "What is the function of the mitochondria in a cell?"
QUESTIONS = 40
START = """
import asyncio, time
began = time.perf_counter()
import psutil
from backend.adapters.onnx_embedder import OnnxEmbedder
embedder = OnnxEmbedder()
asyncio.run(embedder.embed(["first"]))
print(time.perf_counter() - began, psutil.Process().memory_info().rss / 1e6)
"""

Embed = Callable[[list[str]], Awaitable[Vectors]]


@dataclass(frozen=True)
class Latency:
    """Milliseconds."""

    p50: float
    p95: float

    def __str__(self) -> str:
        """As a person reads it."""
        return f"p50 {self.p50} ms, p95 {self.p95} ms"


@dataclass
class Engine:
    """What was measured of one way to run the model."""

    chunks_per_second: dict[int, float] = field(default_factory=dict)
    query: Latency | None = None
    query_while_embedding: Latency | None = None


@dataclass
class Report:
    """All figures of a run."""

    source: str
    chunks: int
    threads: int
    import_to_first_vector_s: float
    memory_loaded_mb: float
    onnx: Engine = field(default_factory=Engine)
    sentence_transformers: Engine | None = None
    largest_difference: float | None = None
    """Between the vectors of the two."""


def load_chunks(count: int) -> tuple[str, list[str]]:
    """Where the text comes from, and chunks of it."""
    data = Path(os.environ.get("QUAESTIO_SHARED_DATA", ROOT.parent / "shared" / "data"))
    sections = sorted(data.glob("textbook/*/sections.jsonl"))
    if sections:
        lines = [line for path in sections for line in path.read_text("utf-8").splitlines()]
        source, text = "textbook sections", " ".join(json.loads(line)["text"] for line in lines)
    else:
        paths = sorted(path for kind in ("md", "py") for path in ROOT.glob(f"[!.]*/**/*.{kind}"))
        source, text = "this repository", " ".join(path.read_text("utf-8") for path in paths)
    step = max(CHARACTERS, len(text) // count)
    return source, [text[start : start + CHARACTERS] for start in range(0, len(text), step)][:count]


async def time_queries(embed: Embed, pause: float) -> Latency:
    """Latency of ``QUESTIONS`` questions one after another."""
    times = []
    for number in range(QUESTIONS):
        began = time.perf_counter()
        await embed([f"{QUESTION} {number}"])
        times.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(pause)
    return Latency(round(median(times), 2), round(float(np.percentile(times, 95)), 2))


async def time_queries_while_embedding(embed: Embed, chunks: list[str]) -> Latency:
    """The same while two callers embed ``chunks`` over and over."""

    async def ingest() -> None:
        while True:
            await embed(chunks)

    tasks = [asyncio.create_task(ingest()) for _ in range(2)]
    await asyncio.sleep(0.2)
    latency = await time_queries(embed, pause=0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return latency


def load_peer(threads: int) -> Callable[[int], Embed] | None:
    """``sentence_transformers`` on the same weights by batch size, or None where it is not installed."""
    if importlib.util.find_spec("sentence_transformers") is None:
        return None
    importlib.import_module("torch").set_num_threads(threads)
    library = importlib.import_module("sentence_transformers")
    model = library.SentenceTransformer(str(find_model_files().weights.parent), device="cpu")

    def with_batch_size(batch_size: int) -> Embed:
        async def embed(texts: list[str]) -> Vectors:
            vectors: Vectors = model.encode(
                texts, batch_size=batch_size, normalize_embeddings=True, show_progress_bar=False
            )
            return vectors

        return embed

    return with_batch_size


def time_start() -> tuple[float, float]:
    """Seconds from import to first vector, and resident MB then, of a fresh process."""
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, megabytes = (round(float(number), 2) for number in done.stdout.split())
    return seconds, megabytes


async def measure(arguments: argparse.Namespace, start: tuple[float, float]) -> Report:
    """Everything, ours and the peer in turns."""
    source, chunks = load_chunks(arguments.chunks)
    report = Report(source, len(chunks), arguments.threads, *start)
    ours = {size: OnnxEmbedder(threads=arguments.threads, batch_size=size) for size in BATCH_SIZES}
    usual = OnnxEmbedder(threads=arguments.threads)
    engines: list[tuple[Engine, dict[int, Embed]]] = [
        (report.onnx, {size: embedder.embed for size, embedder in ours.items()})
    ]
    peer = load_peer(arguments.threads)
    if peer is not None:
        report.sentence_transformers = Engine()
        engines.append((report.sentence_transformers, {size: peer(size) for size in BATCH_SIZES}))
        difference = np.subtract(await usual.embed(chunks), await peer(BATCH_SIZES[-1])(chunks))
        report.largest_difference = float(np.abs(difference).max())
    await time_chunks(engines, chunks, arguments.rounds)
    for engine, embeds in engines:
        engine.query = await time_queries(embeds[1], pause=0.005)
    report.onnx.query_while_embedding = await time_queries_while_embedding(usual.embed, chunks)
    for embedder in (usual, *ours.values()):
        await embedder.close()
    return report


async def time_chunks(engines: list[tuple[Engine, dict[int, Embed]]], chunks: list[str], rounds: int) -> None:
    """Fill in chunks per second, by batch size."""
    for size in BATCH_SIZES:
        rates: list[list[float]] = [[] for _ in engines]
        for _ in range(rounds):
            for (_, embeds), found in zip(engines, rates, strict=True):
                began = time.perf_counter()
                await embeds[size](chunks)
                found.append(len(chunks) / (time.perf_counter() - began))
        for (engine, _), found in zip(engines, rates, strict=True):
            engine.chunks_per_second[size] = round(median(found), 1)


def print_report(report: Report) -> None:
    """A table for people."""
    print(f"{report.chunks} chunks of {CHARACTERS} characters from {report.source}, {report.threads} threads")
    print(f"import to first vector {report.import_to_first_vector_s} s, {report.memory_loaded_mb} MB loaded")
    peer = report.sentence_transformers
    for size, rate in report.onnx.chunks_per_second.items():
        line = f"batch {size:2}: {rate:7.1f} chunks/s"
        if peer is not None:
            other = peer.chunks_per_second[size]
            line += f"; sentence-transformers {other:7.1f}; ratio {rate / other:.2f}"
        print(line)
    print(f"question alone: {report.onnx.query}")
    print(f"question while embedding: {report.onnx.query_while_embedding}")
    if peer is None or peer.query is None or report.onnx.query is None:
        print("sentence-transformers is not installed: no peer")
        return
    ratio = peer.query.p50 / report.onnx.query.p50
    print(f"question, sentence-transformers: {peer.query}; {ratio:.2f} times ours")
    best = max(report.onnx.chunks_per_second.values()) / max(peer.chunks_per_second.values())
    print(
        f"best batch against best batch: ratio {best:.2f}; vectors differ by {report.largest_difference:.1e}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chunks", type=int, default=300)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    report = asyncio.run(measure(arguments, time_start()))
    if arguments.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print_report(report)


if __name__ == "__main__":
    main()
