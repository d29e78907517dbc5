"""Streamed answers: 1,000 at a time from one process, and what an answer costs beside model and embedding.

    python -m benchmarks.streams [streams | path]

A model server in a process of its own sends 40 tokens over 2 s. The floor is a bare Starlette application
that asks the same server through the same client and streams the same events; both are asked by the same
load generator, also a process of its own. Last, one question after the other in a library of 20,000 chunks.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil

from backend import bootstrap
from backend.bootstrap import DEFAULT_TENANT
from backend.config.settings import load_settings
from backend.models.answers import Answer, Inquiry
from benchmarks.common import ROOT, Figure, paragraphs, wait_ready, write
from benchmarks.model_server import Behaviour, serving

STREAMS = 1000
TOKENS = 40
SECONDS = 2.0
QUESTION = "Which pigment makes leaves green?"
CHUNKS = 20_000
ASKED, ROUNDS = 20, 8
"""Questions, and how often all of them are asked."""


@dataclass(frozen=True)
class Load:
    """What a load generator saw."""

    complete: int
    first_p50: float
    first_p99: float
    last_p99: float
    peak_kb: float
    """Most memory of the server above rest, KB a stream."""


def main() -> int:
    """Measure and keep the figures, in ``streams`` and ``answer_path``."""
    folder = Path(tempfile.mkdtemp(prefix="quaestio-bench-"))
    wanted = sys.argv[1:] or ["streams", "path"]
    missed = 0
    try:
        if "streams" in wanted:
            missed |= write("streams", _streams(folder))
        if "path" in wanted:
            missed |= write("answer_path", asyncio.run(_overhead(folder / "library")))
        return missed
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _streams(folder: Path) -> list[Figure]:
    with _model_server() as model:
        with _started([sys.executable, "-m", "benchmarks.bare_stream_app"], {"MODEL_URL": model}) as (
            process,
            url,
        ):
            bare = _load(process, url, "same")
        environment = {
            "LLM_PROVIDERS": "local",
            "LOCAL_BASE_URL": model,
            "LOCAL_MODEL": "bench",
            "LLM_CONCURRENCY": str(STREAMS),
            "LOCAL_TIMEOUT_S": "60",
            "SAMPLE_DOCUMENT": "true",
        }
        ours, each = (_own(folder / questions, environment, questions) for questions in ("same", "each"))
    beside = "bare Starlette, same client, same model"
    return [
        Figure(f"{STREAMS} streams, complete", ours.complete, "", "all", ours.complete == STREAMS),
        Figure(
            "first event, one question, p99",
            ours.first_p99,
            "s",
            "<= 1.5x",
            ours.first_p99 <= 1.5 * bare.first_p99,
            bare.first_p99,
            beside,
        ),
        Figure(
            "first event, one question, p50",
            ours.first_p50,
            "s",
            "-",
            reached=True,
            floor=bare.first_p50,
            floor_is=beside,
        ),
        Figure(
            "last event, one question, p99",
            ours.last_p99,
            "s",
            "-",
            reached=True,
            floor=bare.last_p99,
            floor_is=beside,
        ),
        Figure("memory of a stream", ours.peak_kb, "KB", "< 60", ours.peak_kb < 60, bare.peak_kb, beside),
        Figure(f"{STREAMS} questions, complete", each.complete, "", "all", each.complete == STREAMS),
        Figure(
            f"first event, {STREAMS} questions, p99",
            each.first_p99,
            "s",
            "-",
            reached=True,
            floor=bare.first_p99,
            floor_is=beside,
        ),
        Figure(
            f"last event, {STREAMS} questions, p99",
            each.last_p99,
            "s",
            "-",
            reached=True,
            floor=bare.last_p99,
            floor_is=beside,
        ),
        Figure("memory of a stream, all different", each.peak_kb, "KB", "< 60", each.peak_kb < 60),
    ]


def _own(folder: Path, environment: dict[str, str], questions: str) -> Load:
    """A server that has answered one question so far: what an earlier load left would not count as memory."""
    command = [sys.executable, "-m", "backend", "serve", "--port", "0", "--data-dir", str(folder)]
    with _started(command, environment) as (process, url):
        wait_ready(url)
        _until_asked(url)
        return _load(process, url, questions)


def _load(process: psutil.Process, url: str, questions: str) -> Load:
    """Times of the second of two runs, memory of both: the first one fills what is kept anyway."""
    seen: dict[str, Any] = {}
    most = 0.0
    rest = process.memory_info().rss
    for _ in range(2):
        command = [sys.executable, "-m", "benchmarks.streams", "load", url, questions]
        generator = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        peak = rest
        while generator.poll() is None:
            peak = max(peak, process.memory_info().rss)
            time.sleep(0.02)
        seen = json.loads(generator.stdout.read() if generator.stdout else "{}")
        most = max(most, (peak - rest) / 1000 / STREAMS)
        seen["peak_kb"] = round(most, 1)
        print(url, questions, seen, file=sys.stderr)
        time.sleep(1.5)
    return Load(**seen)


@contextmanager
def _model_server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.model_server", "--seconds", str(SECONDS), "--spread"]
    with _started([*command, "--tokens", str(TOKENS)], {}) as (_, url):
        yield url.rstrip("/")


@contextmanager
def _started(command: list[str], environment: dict[str, str]) -> Iterator[tuple[psutil.Process, str]]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log)
        try:
            while not (said := re.search(r"ready at (\S+)", os.pread(log.fileno(), 1 << 16, 0).decode())):
                if process.poll() is not None:
                    raise RuntimeError(os.pread(log.fileno(), 1 << 16, 0).decode())
                time.sleep(0.02)
            yield psutil.Process(process.pid), said[1]
        finally:
            process.terminate()
            process.wait(60)


def _until_asked(url: str) -> None:
    """Until the sample has been read."""
    for _ in range(200):
        if asyncio.run(_generate(url, 1, "same"))["complete"]:
            return
        time.sleep(0.1)
    raise RuntimeError("the sample was not read")


async def _generate(url: str, streams: int, questions: str) -> dict[str, float]:
    """All streams at once over raw sockets; no client library distorts the times."""
    host, port = re.findall(r"//([\d.]+):(\d+)", url)[0]
    texts = [QUESTION if questions == "same" else f"{QUESTION} ({n})" for n in range(streams)]
    began = time.perf_counter()
    told = await asyncio.gather(*(_stream(host, int(port), text) for text in texts))
    firsts, lasts = sorted(first - began for first, _, _ in told), sorted(last - began for _, last, _ in told)
    return {
        "complete": sum(whole for _, _, whole in told),
        "first_p50": round(median(firsts), 3),
        "first_p99": round(firsts[int(0.99 * (len(firsts) - 1))], 3),
        "last_p99": round(lasts[int(0.99 * (len(lasts) - 1))], 3),
    }


async def _stream(host: str, port: int, question: str) -> tuple[float, float, bool]:
    """When its first event came, when it ended, and whether with ``done`` as its last event."""
    reader, writer = await asyncio.open_connection(host, port)
    body = json.dumps({"question": question}).encode()
    head = f"POST /api/ask/stream HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    first, data = 0.0, b""
    while piece := await reader.read(1 << 16):
        data += piece
        if not first and b"\nevent: " in data:
            first = time.perf_counter()
    writer.close()
    ended = time.perf_counter()
    whole = data.count(b"event: done") == 1 and b"event: error" not in data
    return first or ended, ended, whole


class _Words:
    """Vectors of hashed words, timed: embedding is left out, and would take an hour for so many chunks."""

    fingerprint, dimension = "hashed-words/384", 384

    def __init__(self) -> None:
        self.seconds = 0.0

    async def embed(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - an array
        began = time.perf_counter()
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.encode()) % self.dimension] += 1.0
        rows /= np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
        self.seconds += time.perf_counter() - began
        return rows

    async def close(self) -> None:
        """Nothing is held."""


async def _overhead(folder: Path) -> list[Figure]:
    """Time of a whole answer but for its embeddings; the model is one that answers at once."""
    timed, made = [_Words()], bootstrap.load_embedder  # type: ignore[attr-defined]  # taken where it is made

    def embedder(_settings: Any) -> Any:  # noqa: ANN401 - as the original
        return timed[0]

    bootstrap.load_embedder = embedder  # type: ignore[attr-defined, assignment]
    texts = paragraphs()
    async with serving(Behaviour()) as url:
        settings = load_settings(
            data_dir=folder, sample_document=False, llm_providers="local", local_base_url=url
        )
        async with bootstrap.open_services(settings) as services:
            worker = asyncio.create_task(services.worker.run())
            await _fill(services, texts)
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            asked = [" ".join(texts[n * 7 % len(texts)].split()[:12]) for n in range(ASKED)]
            quoted, planned, ended = [], [], []
            for question in asked * ROUNDS:
                timed[0].seconds, began = 0.0, time.perf_counter()
                plan = await services.answers.prepare(bootstrap.DEFAULT_TENANT, Inquiry(question, 4))
                planned.append(1000 * (time.perf_counter() - began - timed[0].seconds))
                first = 0.0
                async for event in services.answers.answer_stream(plan):
                    first = time.perf_counter()
                    if isinstance(event, Answer):
                        ended.append(1000 * (first - began - timed[0].seconds))
            for question in asked * ROUNDS:
                timed[0].seconds, began = 0.0, time.perf_counter()
                await services.marking._answers.answer_question(  # noqa: SLF001 - the engine without a model
                    bootstrap.DEFAULT_TENANT, Inquiry(question, 4)
                )
                quoted.append(1000 * (time.perf_counter() - began - timed[0].seconds))
            chunks = sum(d.chunks for d in await services.catalog.published(bootstrap.DEFAULT_TENANT))
    bootstrap.load_embedder = made  # type: ignore[attr-defined]
    before, whole, written = (round(median(times), 1) for times in (planned, quoted, ended))
    print(f"{chunks} chunks", file=sys.stderr)
    return [
        Figure("answer path, before the model, p50", before, "ms", "< 15", before < 15),
        Figure("answer path, whole quoted answer, p50", whole, "ms", "< 15", whole < 15),
        Figure(
            "whole answer of a model that needs no time, p50",
            written,
            "ms",
            "-",
            reached=True,
        ),
    ]


async def _fill(services: Any, texts: list[str]) -> None:  # noqa: ANN401 - Services
    held, number = 0, 0
    while held < CHUNKS:
        first = number * 150 % len(texts)  # again from the first where they do not suffice
        some = [f"Part {number}.", *texts[first : first + 150]]
        number += 1

        async def pieces(content: str = "\n\n".join(some)) -> AsyncIterator[bytes]:
            yield content.encode()

        accepted = await services.ingestion.accept(DEFAULT_TENANT, f"part-{number}.txt", pieces())
        held += (await services.ingestion.finished(accepted.document)).chunks


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        print(json.dumps(asyncio.run(_generate(sys.argv[2], STREAMS, sys.argv[3]))))
    else:
        sys.exit(main())
