"""Measures questions by a model server that takes 2 s a call: 25 verified ones, and the first of a stream.

The server runs in a process of its own and sends an answer at once at its end, or over the whole time. The
floor is one call of the same server in the same run.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

from backend.adapters.extractive.writer import ExtractiveWriter
from backend.adapters.language_models.chain import ModelChain
from backend.adapters.onnx_embedder.embedder import OnnxEmbedder
from backend.config.providers import Provider
from backend.models.documents import Chunk, Passage
from backend.models.language import Message, Prompt
from backend.models.questions import Mode, Order, Question
from backend.services.chunking import CHUNK_SIZE
from backend.services.model_questions.writer import ModelQuestionWriter
from benchmarks.common import ROOT, Figure, paragraphs, write

SECONDS = 2.0
COUNT = 25
RUNS = 5


@dataclass(frozen=True)
class Run:
    """One request: seconds to its first question and to its last, and the questions."""

    first: float
    last: float
    questions: list[Question]


def main() -> int:
    """Measure both kinds of server and keep the figures."""
    figures: list[Figure] = []
    for name, options in (("at its end", ()), ("over the time", ("--spread",))):
        with model_server(*options) as url:
            figures += asyncio.run(_measured(name, url))
    return write("models", figures)


@contextmanager
def model_server(*options: str) -> Iterator[str]:
    """The base URL of a server of its own process."""
    command = [sys.executable, "-m", "benchmarks.model_server", "--seconds", str(SECONDS), *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        said = process.stdout.readline() if process.stdout else ""
        found = re.search(r"ready at (\S+)", said)
        if found is None:
            raise RuntimeError("the model server did not start")
        yield found[1]
    finally:
        process.terminate()
        process.wait(10)


async def _measured(name: str, url: str) -> list[Figure]:
    chain = ModelChain([Provider("local", "bench", url, "")])
    if chain.model is None:
        raise AssertionError
    await chain.warm()
    embedder = OnnxEmbedder(threads=2)
    await embedder.embed(["warm"])
    writer = ModelQuestionWriter(
        model=chain.model,
        names=chain.names,
        embedder=embedder,
        last=ExtractiveWriter(),
        deadline_s=60.0,
        max_tokens=4096,
    )
    passages = _passages()
    one = statistics.median([await _one_call(chain, passages[0]) for _ in range(3)])
    runs = [await _run(writer, passages, mode) for _ in range(RUNS) for mode in Mode]
    await chain.close()
    await embedder.close()
    first = statistics.median(run.first for run in runs)
    last = statistics.median(run.last for run in runs)
    made = [question for run in runs for question in run.questions]
    verified = sum(q.model == chain.names[0] for q in made) / (len(runs) * COUNT)
    beside = f"one call, answer {name}"
    return [
        Figure(f"{COUNT} verified questions, {name}", last, "s", "under 1.4x", last < 1.4 * one, one, beside),
        Figure(f"first question, {name}", first, "s", "under 1.1x", first < 1.1 * one, one, beside),
        Figure(f"share by the model, {name}", verified, "of those asked", "1", verified == 1.0),
    ]


async def _one_call(chain: ModelChain, passage: Passage) -> float:
    if chain.model is None:
        raise AssertionError
    asked = (
        f"Write 5 open questions.\nPassage 1, write 5 about it:\n[[ab passage 1]]\n{passage.text}\n[[ab end"
    )
    began = time.perf_counter()
    async with aclosing(chain.model.stream(Prompt((Message("user", asked),)))) as pieces:
        async for _ in pieces:
            pass
    return time.perf_counter() - began


async def _run(writer: ModelQuestionWriter, passages: list[Passage], mode: Mode) -> Run:
    began, first = time.perf_counter(), 0.0
    questions: list[Question] = []
    async with aclosing(writer.stream(passages, Order(mode, COUNT))) as stream:
        async for question in stream:
            first = first or time.perf_counter() - began
            questions.append(question)
    return Run(first, time.perf_counter() - began, questions)


def _passages() -> list[Passage]:
    """About 100,000 characters of a book in passages as a request without a topic reads them."""
    passages: list[Passage] = []
    key, start = 1, 0
    for text in paragraphs():
        chunks = []
        for begin in range(0, len(text), CHUNK_SIZE):
            piece = text[begin : begin + CHUNK_SIZE]
            chunks.append(Chunk(key, "book", key, piece, start + begin, start + begin + len(piece)))
            key += 1
        passages.append(Passage("book", "book.txt", tuple(chunks)))
        start += len(text) + 2
        if start > 100_000:
            break
    return passages


if __name__ == "__main__":
    sys.exit(main())
