"""The main path: set-up, start, ingestion, a large book, retrieval, questions.

    python -m benchmarks.foundation [setup] [start] [ingestion] [book] [retrieval] [questions]

Without names, all of them. ``setup`` clones the repository into an empty folder and installs it with an
empty package cache, so it needs the package index and some minutes.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

from backend.adapters.engine_vectors import EngineVectorStore, product_engine
from backend.adapters.onnx_embedder import OnnxEmbedder
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.adapters.sql.keyword_index import Fts5KeywordIndex
from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import load_settings
from backend.models.documents import Chunk, Document, JobState, chunk_key
from backend.models.jobs import NewJob
from backend.models.questions import Mode
from backend.ports.catalog import Finished
from backend.ports.embedder import Vectors
from backend.services.container import Services
from backend.services.generation import QuestionRequest
from backend.services.retrieval import Retriever
from backend.utils.clock import utc_now
from benchmarks.common import (
    DATA,
    ROOT,
    Figure,
    paragraphs,
    peak_memory,
    server,
    tree_memory,
    wait_ready,
    write,
)

BOOK_PAGES = 400
RETRIEVAL_CHUNKS = 20_000
_INDEXES = "both indexes alone"
_BARE_IS = "a bare FastAPI server"
BARE = """
import uvicorn
from fastapi import FastAPI
app = FastAPI()
app.get("/health/ready")(lambda: {})
uvicorn.run(app, port=%d, log_level="error")
"""


def setup(folder: Path) -> list[Figure]:
    """A fresh clone, an empty package cache, and the server answering."""
    clone = folder / "clone"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    environment = {k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"} | {"PIP_NO_CACHE_DIR": "1"}
    began = time.perf_counter()
    subprocess.run(["tools/setup", "default"], cwd=clone, env=environment, check=True)
    with server(folder / "data", python=str(clone / ".venv/bin/python"), cwd=clone):
        seconds = time.perf_counter() - began
    size = sum(p.lstat().st_size for p in (clone / ".venv").rglob("*") if not p.is_dir()) / 1e6
    return [
        Figure("fresh clone to answering server", round(seconds, 1), "s", "< 180", seconds < 180),
        Figure("installed size", round(size), "MB", "< 550", size < 550),
    ]


def start(folder: Path) -> list[Figure]:
    """Start to ready, and memory at rest, beside a FastAPI application that does nothing."""
    times: list[float] = []
    rests: list[float] = []
    for _ in range(6):
        began = time.perf_counter()
        with server(folder / "data") as (process, _url):
            times.append(time.perf_counter() - began)
            time.sleep(3 if rests else 8)  # the first one also ingests the sample
            rests.append(tree_memory(process))
    bare = median(_bare_start() for _ in range(3))
    later, rest = median(times[1:]), max(rests[1:])
    bare = round(bare, 2)
    return [
        Figure("first start to ready", round(times[0], 2), "s", "< 2", times[0] < 2, bare, _BARE_IS),
        Figure("start to ready", round(later, 2), "s", "< 2", later < 2, bare, _BARE_IS),
        Figure("memory at rest", round(rest), "MB", "< 450", rest < 450),
    ]


def _bare_start() -> float:
    port = 18_000 + os.getpid() % 1000
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", BARE % port])
    try:
        wait_ready(f"http://127.0.0.1:{port}/")
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(10)


async def ingestion(folder: Path) -> list[Figure]:
    """Ingestion end to end beside the embedding model alone on the same chunks, in turns."""
    text = "\n\n".join(paragraphs())[:700_000]
    ratios, rates, alones = [], [], []
    async with _opened(folder) as services:
        for turn in range(3):
            began = time.perf_counter()
            document = await _ingest(services, f"{turn}\n\n{text}".encode(), f"book {turn}.txt")
            rates.append(document.chunks / (time.perf_counter() - began))
            chunks = await services.catalog.chunk_range(document, 0, document.chunks)
            embedder = OnnxEmbedder(threads=os.cpu_count() or 1)
            began = time.perf_counter()
            for batch in range(0, len(chunks), 256):
                await embedder.embed([c.text for c in chunks[batch : batch + 256]])
            alones.append(document.chunks / (time.perf_counter() - began))
            await embedder.close()
            ratios.append(rates[-1] / alones[-1])
    best = median(ratios)
    alone = round(median(alones), 1)
    bar, reached = ">= 0.9 x the model", best >= 0.9
    return [Figure("ingestion", round(median(rates), 1), "chunks/s", bar, reached, alone, "the model alone")]


def book(folder: Path) -> list[Figure]:
    """A PDF of 400 pages through a real server: time, and peak memory of all its processes."""
    content = large_pdf(BOOK_PAGES)
    with server(folder / "data") as (process, url):
        time.sleep(8)
        with peak_memory(process) as peak:
            began = time.perf_counter()
            answer = _upload(f"{url}api/pdf/upload", "book.pdf", content)
            seconds = time.perf_counter() - began
    pages = answer["metadata"]["pages"]
    return [
        Figure("pages of the large book", pages, "pages", ">= 400", pages >= BOOK_PAGES),
        Figure("ingestion of the large book", round(seconds, 1), "s", "-", reached=True),
        Figure("peak memory, all processes", round(peak[0]), "MB", "< 700", peak[0] < 700),
    ]


def large_pdf(pages: int) -> bytes:
    """Full pages of real text."""
    style = getSampleStyleSheet()["BodyText"]
    texts = paragraphs()
    flow: list[Any] = []
    number = 0
    for _ in range(pages):
        length = 0
        while length < 2600:
            said = texts[number % len(texts)][:900].replace("&", "and").replace("<", " ")
            flow.append(Paragraph(said, style))
            length += len(said)
            number += 1
        flow.append(PageBreak())
    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4, title="A large book").build(flow)
    return target.getvalue()


class _GivenVectors:
    """An embedder that takes no time, so that retrieval alone is measured."""

    fingerprint = "given"
    dimension = 384

    def __init__(self) -> None:
        self._random = np.random.default_rng(7)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        rows = self._random.standard_normal((len(texts), self.dimension), dtype=np.float32)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


async def retrieval(folder: Path) -> list[Figure]:
    """Hybrid search with neighbours at 20,000 chunks, without embedding the query."""
    database = Database(folder / "retrieval.db")
    await database.migrate()
    catalog, embedder = SqlCatalog(database), _GivenVectors()
    engine = product_engine(folder / "indexes")
    vectors = EngineVectorStore(database, engine, embedder.dimension)
    keywords = Fts5KeywordIndex(database)
    for texts in _documents(RETRIEVAL_CHUNKS, per_document=500):
        await _store(catalog, SqlJobTable(database), vectors, keywords, embedder, texts)
    retriever = Retriever(embedder=embedder, vectors=vectors, keywords=keywords, catalog=catalog)
    questions = [p.split(". ")[0][:120] for p in paragraphs()[:400]]
    bare, whole = [], []
    for question in questions:
        vector = (await embedder.embed([question]))[0]
        began = time.perf_counter()
        await asyncio.gather(
            vectors.search(DEFAULT_TENANT, vector, 50), keywords.search(DEFAULT_TENANT, question, 50)
        )
        bare.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        await retriever.search(DEFAULT_TENANT, question, 10)
        whole.append(1000 * (time.perf_counter() - began))
    await vectors.close()
    engine.close()
    database.close()
    p50, p95 = float(np.percentile(whole, 50)), float(np.percentile(whole, 95))
    floor = round(median(bare), 2)
    return [
        Figure(
            "retrieval at 20,000 chunks, p50",
            round(p50, 2),
            "ms",
            "< 10",
            p50 < 10,
            floor,
            "both indexes alone",
        ),
        Figure("retrieval at 20,000 chunks, p95", round(p95, 2), "ms", "-", reached=True),
    ]


def _documents(chunks: int, per_document: int) -> list[list[str]]:
    pieces = [p[i : i + 240] for p in paragraphs() for i in range(0, len(p), 240)]
    texts = [pieces[i % len(pieces)] for i in range(chunks)]
    return [texts[i : i + per_document] for i in range(0, chunks, per_document)]


async def _store(
    catalog: SqlCatalog,
    jobs: SqlJobTable,
    vectors: EngineVectorStore,
    keywords: Fts5KeywordIndex,
    embedder: _GivenVectors,
    texts: list[str],
) -> None:
    name = uuid.uuid4().hex
    document = await catalog.accept(
        Document(
            id=name,
            number=0,
            tenant=DEFAULT_TENANT,
            job_id=name,
            sha256=name,
            filename=f"{name}.txt",
            media_type="text/plain",
            size=0,
            created_at=utc_now(),
            state=JobState.QUEUED,
        ),
        NewJob(DEFAULT_TENANT, "ingest", name, "ingestion", id=name),
    )
    chunks = [
        Chunk(chunk_key(document.number, i), document.id, i, text, 250 * i, 250 * i + len(text))
        for i, text in enumerate(texts)
    ]
    job = await jobs.claim("benchmark", 60)
    if job is None:
        raise RuntimeError("the job was just queued")
    await catalog.add_chunks(document, chunks, job)
    await jobs.finish(job)
    await vectors.add(document, [c.key for c in chunks], await embedder.embed(texts))
    await keywords.add(document)
    await catalog.settle(document, Finished(len(chunks), 0))
    await catalog.publish(document)


async def questions(folder: Path) -> list[Figure]:
    """25 questions in both modes from each textbook chapter, nothing cached."""
    chapters = sorted(DATA.glob("textbook/*/chapter-*")) or [
        ROOT / "backend/samples/how-plants-make-food.txt"
    ]
    times, short = [], 0
    async with _opened(folder) as services:
        for chapter in chapters:
            document = await _ingest(services, chapter.read_bytes(), chapter.name)
            for mode in Mode:
                began = time.perf_counter()
                request = QuestionRequest(mode, 25, None, (document.id,))
                made = await services.generation.generate(DEFAULT_TENANT, request)
                times.append(time.perf_counter() - began)
                short += len(made.questions) < 25
    slowest = max(times)
    return [
        Figure(
            "25 questions from a chapter, p50", round(median(times), 3), "s", "< 1.5", median(times) < 1.5
        ),
        Figure("25 questions from a chapter, slowest", round(slowest, 3), "s", "< 1.5", slowest < 1.5),
        Figure(f"sets of {len(times)} with fewer than 25", short, "sets", "0", short == 0),
    ]


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Services]:
    """The product in this process, its worker running."""
    settings = load_settings(data_dir=folder / "library", sample_document=False)
    async with open_services(settings) as services:
        worker = asyncio.create_task(services.worker.run())
        try:
            yield services
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def _ingest(services: Services, content: bytes, name: str) -> Document:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    accepted = await services.ingestion.accept(DEFAULT_TENANT, name, pieces())
    return await services.ingestion.finished(accepted.document)


def _upload(url: str, name: str, content: bytes) -> dict[str, Any]:
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(  # noqa: S310 - our server
        url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    )
    with urllib.request.urlopen(request, timeout=600) as answer:  # noqa: S310
        said: dict[str, Any] = json.load(answer)
    return said


PARTS: dict[str, Callable[[Path], Any]] = {
    "setup": setup,
    "start": start,
    "ingestion": ingestion,
    "book": book,
    "retrieval": retrieval,
    "questions": questions,
}


def main() -> int:
    """Measure the named parts."""
    failed = 0
    for name in sys.argv[1:] or PARTS:
        folder = Path(tempfile.mkdtemp(prefix="quaestio-bench-"))
        try:
            figures = PARTS[name](folder)
            if asyncio.iscoroutine(figures):
                figures = asyncio.run(figures)
            failed |= write(name, figures)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
