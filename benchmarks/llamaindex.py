"""Moving LlamaIndex stores over, and opening vectors, beside the real LlamaIndex.

    LLAMAINDEX_PYTHON=/path/to/venv/bin/python python -m benchmarks.llamaindex

The peer needs an environment of its own: `python3 -m venv V && V/bin/pip install llama-index-core==0.14.25`
(no torch). Without LLAMAINDEX_PYTHON, or llama_index beside this program, everything is skipped: the stores
to move over are written by the real library, too.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil

from backend.adapters.embedded_queue import EmbeddedQueue
from backend.adapters.engine_kept import EngineKeptVectors
from backend.adapters.engine_vectors import EngineVectorStore, product_engine
from backend.adapters.llamaindex.stores import LlamaIndexStores
from backend.adapters.sql.catalog import SqlCatalog
from backend.adapters.sql.database import Database
from backend.adapters.sql.job_table import SqlJobTable
from backend.adapters.sql.transfers import SqlTransfers
from backend.ports.embedder import Vectors
from backend.services.keeping import Keeping
from backend.services.migration import Migration, Wanted
from backend.services.transfer_check import TransferCheck
from benchmarks.common import ROOT, Figure, paragraphs, peak_memory, write

DIMENSION = 1024
SMALL, LARGE = 2_000, 10_000
OPENINGS = 3
TENANT = "benchmark"

WRITE = """
import json, sys
import numpy as np
from llama_index.core import StorageContext
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.storage.docstore import SimpleDocumentStore
from llama_index.core.vector_stores import SimpleVectorStore
folder, count, dimension, texts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.load(sys.stdin)
nodes = []
for number in range(count):
    vector = np.random.default_rng(number).standard_normal(dimension).astype(np.float32)
    node = TextNode(
        id_=f"{number:032x}",
        text=f"Node {number}. {texts[number % len(texts)]}",
        metadata={"file_name": f"book{number // 100}.pdf", "page_label": str(number % 100 + 1)},
        embedding=(vector / np.linalg.norm(vector)).tolist(),
    )
    node.relationships[NodeRelationship.SOURCE] = RelatedNodeInfo(node_id=f"document-{number // 100}")
    nodes.append(node)
vectors, documents = SimpleVectorStore(), SimpleDocumentStore()
vectors.add(nodes)
for node in nodes:
    node.embedding = None
documents.add_documents(nodes)
StorageContext.from_defaults(docstore=documents, vector_store=vectors).persist(folder)
"""

OPEN = """
import sys, time
from llama_index.core.vector_stores import SimpleVectorStore
began = time.perf_counter()
store = SimpleVectorStore.from_persist_path(sys.argv[1])
print(time.perf_counter() - began, len(store.data.embedding_dict))
"""


class NumberEmbedder:
    """The model of the written stores: the vector of a text follows from the number it begins with."""

    fingerprint = "numbers/1024"
    dimension = DIMENSION

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        made = np.empty((len(texts), DIMENSION), np.float32)
        for row, text in zip(made, texts, strict=True):
            number = re.search(r"Node (\d+)\.", text)
            row[:] = np.random.default_rng(int(number[1]) if number else 0).standard_normal(DIMENSION)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made


def peer_python() -> str | None:
    """The interpreter that has LlamaIndex; None where there is none."""
    if named := os.environ.get("LLAMAINDEX_PYTHON"):
        return named
    return sys.executable if importlib.util.find_spec("llama_index") else None


def written(peer: str, folder: Path, count: int) -> Path:
    """A store of ``count`` nodes, persisted by the real library."""
    texts = [text[:900] for text in paragraphs()]
    arguments = [peer, "-c", WRITE, str(folder), str(count), str(DIMENSION)]
    subprocess.run(arguments, input=json.dumps(texts), text=True, check=True)
    return folder


def peer_open(peer: str, folder: Path) -> float:
    """Seconds of SimpleVectorStore.from_persist_path, once: it takes up to minutes."""
    command = [peer, "-c", OPEN, str(folder / "default__vector_store.json")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(said.split()[0])


def own_open(data: Path) -> float:
    """Seconds until the same vectors can be searched here, median of some, each in a process of its own."""
    said = [_child("open", data)["seconds"] for _ in range(OPENINGS)]
    return float(median(said))


def _child(*arguments: object) -> Any:  # noqa: ANN401 - parsed JSON
    command = [sys.executable, "-m", "benchmarks.llamaindex", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


async def open_library(data: Path) -> dict[str, float]:
    """Child: open the vectors of a migrated library; which vector store is measured stands here alone."""
    began = time.perf_counter()
    database = Database(data / "quaestio.db")
    engine = product_engine(data / "indexes")
    store = EngineVectorStore(database, engine, DIMENSION)
    try:
        held = await store.warm(TENANT)
        seconds = time.perf_counter() - began
        query = np.ones(DIMENSION, np.float32) / np.sqrt(np.float32(DIMENSION))
        began = time.perf_counter()
        await store.search(TENANT, query, 10)
        return {"seconds": seconds, "vectors": held, "first_search": time.perf_counter() - began}
    finally:
        await store.close()
        engine.close()
        database.close()


class OtherEmbedder(NumberEmbedder):
    """A model that did not make the written stores."""

    fingerprint = "other/1024"

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        return np.ascontiguousarray(-(await super().embed(texts))[:, ::-1])


def newest(data: Path, name: str) -> Path:
    """The folder of an index's newest snapshot."""
    return max((data / "indexes" / TENANT / name).glob("gen-*"))


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


async def keep(folder: Path, data: Path) -> dict[str, Any]:
    """Child: keep the vectors of a store as an index of their own."""
    return await migrate(folder, data, keep=True)


async def migrate(folder: Path, data: Path, *, keep: bool = False) -> dict[str, Any]:
    """Child: move a store over; seconds, and by how many MB this process grew at most."""
    database = Database(data / "quaestio.db")
    await database.migrate()
    transfers, jobs = SqlTransfers(database), SqlJobTable(database)
    engine, catalog = product_engine(data / "indexes"), SqlCatalog(database)
    vectors = EngineVectorStore(database, engine, DIMENSION)
    migration = Migration(
        stores=LlamaIndexStores(data),
        transfers=transfers,
        check=TransferCheck(transfers=transfers, vectors=vectors, catalog=catalog),
        keeping=Keeping(EngineKeptVectors(engine)),
        embedder=OtherEmbedder() if keep else NumberEmbedder(),
        jobs=jobs,
        queue=EmbeddedQueue(),
        roots=[],
        tenant=TENANT,
    )
    await migration.begin(TENANT, Wanted(folder, keep=keep))
    job = await jobs.claim("benchmark", 600)
    if job is None:
        raise RuntimeError("no job")
    process = psutil.Process()
    before = process.memory_info().rss / 1e6
    began = time.perf_counter()
    with peak_memory(process) as peak:
        report = await migration.run(job)
    seconds = time.perf_counter() - began
    if not keep:
        await vectors.settle(TENANT)
    await vectors.close()
    engine.close()
    database.close()
    if not report["verification"]["passed"] or report["nodes"] != report["vectors"]:
        raise RuntimeError(f"did not move over: {report}")
    return {"seconds": seconds, "grown_mb": peak[0] - before, "file_mb": report["bytes"] / 1e6}


def measure(peer: str, scratch: Path) -> list[Figure]:
    """Everything, on stores of two sizes."""
    figures: list[Figure] = []
    opened: dict[int, float] = {}
    for count in (SMALL, LARGE):
        folder = written(peer, scratch / f"store-{count}", count)
        data = scratch / f"data-{count}"
        data.mkdir()
        moved = _child("migrate", folder, data)
        other = scratch / f"kept-{count}"
        other.mkdir()
        kept = _child("keep", folder, other)
        written_json = (folder / "default__vector_store.json").stat().st_size
        share = size_of(newest(data, "%2elibrary")) / written_json
        whole = size_of(newest(other, f"llamaindex-store-{count}")) / size_of(folder)
        raw = size_of(newest(data, "%2elibrary")) / (4 * count * DIMENSION)
        opened[count] = peer_open(peer, folder)
        ours = own_open(data)
        name = f"{count:,} x {DIMENSION}"
        figures += [
            Figure(
                f"open {name}", round(ours, 4), "s", "-", True, round(opened[count], 3), "s of LlamaIndex"
            ),
            Figure(
                f"open {name}, times faster",
                round(opened[count] / ours),
                "x",
                ">= 300",
                opened[count] >= 300 * ours,
            ),
            Figure(f"move {name} over", round(moved["seconds"], 2), "s", "< 10", moved["seconds"] < 10),
            Figure(
                f"memory to move {name} over",
                round(moved["grown_mb"]),
                "MB",
                "< 1.5 x",
                moved["grown_mb"] < 1.5 * moved["file_mb"],
                round(moved["file_mb"]),
                "MB of files",
            ),
            Figure(f"keep {name}", round(kept["seconds"], 2), "s", "< 10", kept["seconds"] < 10),
            Figure(
                f"memory to keep {name}",
                round(kept["grown_mb"]),
                "MB",
                "< 1.5 x",
                kept["grown_mb"] < 1.5 * kept["file_mb"],
                round(kept["file_mb"]),
                "MB of files",
            ),
            Figure(f"index of {name} over its JSON", round(share, 3), "x", "<= 0.2", share <= 0.2),
            Figure(f"index of {name} over raw float32", round(raw, 4), "x", "<= 1.05", raw <= 1.05),
            Figure(
                f"kept index of {name}, texts and all, over its folder",
                round(whole, 3),
                "x",
                "-",
                reached=True,
            ),
        ]
    growth = opened[LARGE] / opened[SMALL]
    figures.append(
        Figure(f"LlamaIndex: from {SMALL:,} to {LARGE:,}", round(growth, 2), "x the time", "-", reached=True)
    )
    return figures


def main() -> int:
    """Measure, or do one part as a child."""
    if arguments := sys.argv[1:]:
        works: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]] = {
            "open": open_library,
            "migrate": migrate,
            "keep": keep,
        }
        print(json.dumps(asyncio.run(works[arguments[0]](*map(Path, arguments[1:])))))
        return 0
    peer = peer_python()
    if peer is None:
        print("skipped: LlamaIndex is not installed; see the docstring of benchmarks/llamaindex.py")
        return 0
    with tempfile.TemporaryDirectory(prefix="quaestio-bench-") as scratch:
        return write("llamaindex", measure(peer, Path(scratch)))


if __name__ == "__main__":
    sys.exit(main())
