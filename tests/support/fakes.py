"""Small real implementations of ports, for tests of what uses them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np

from backend.errors import UnsupportedFile
from backend.models.documents import DocumentMetadata, Extracted, ExtractionEnd, FileSummary, Segment
from backend.ports.embedder import Vectors
from backend.utils.words import query_terms

DIMENSION = 64


class WordEmbedder:
    """Vectors from hashed words: texts that share words are near each other."""

    def __init__(self, fingerprint: str = "words/64") -> None:
        self.fingerprint = fingerprint
        self.dimension = DIMENSION
        self.calls: list[int] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(len(texts))
        rows = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in query_terms(text) or ["nothing"]:
                row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % DIMENSION] += 1.0
        return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)


class PlainExtractor:
    """Reads UTF-8 text in this process; a form feed ends a page."""

    def __init__(self) -> None:
        self.extractions = 0
        self.hold = asyncio.Event()
        self.hold.set()

    def recognise(self, head: bytes, filename: str) -> str:  # noqa: ARG002 - goes by name
        if not filename.endswith(".txt"):
            raise UnsupportedFile(f"{filename} is not read; .txt is.")
        return "text/plain"

    async def extract(self, path: Path, media_type: str) -> AsyncGenerator[Extracted]:  # noqa: ARG002
        self.extractions += 1
        pages = (await asyncio.to_thread(path.read_text, "utf-8")).split("\f")
        yield FileSummary(DocumentMetadata(title="A title"), len(pages))
        for number, text in enumerate(pages, 1):
            await self.hold.wait()
            if text.strip():
                yield Segment(text.strip(), page=number, done=number, total=len(pages))
        yield ExtractionEnd()
