"""Answers without a language model: how often they hold the known answer, and the source they cite does.

    python -m benchmarks.answers

Every article of XQuAD is a document, all its questions are asked in the whole library. Beside the product
stand simpler choices from the same passages. Questions asked where their article is left out show how
often it is said that the documents do not answer. Last, how soon the worker starts a queued question.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import load_settings
from backend.models.answers import Answer, Inquiry
from backend.models.asking import DEFAULT_SOURCES
from backend.models.documents import Document, Passage
from backend.models.jobs import Job
from backend.models.scope import Scope
from backend.services.answering.forms import Form
from backend.services.answering.kinds import Kind
from backend.services.container import Services
from backend.services.sentence_choice import by_words, candidates, chosen
from benchmarks.common import DATA, Figure, write

FOREIGN = 5
"""Every so many questions are also asked without their article."""
OTHERS = 3
"""Every so many are also answered by simpler choices and from transcripts: all of them take minutes."""
QUEUED = 100
WORDS_A_SECOND, WORDS_A_CUE = 2.5, 8


@dataclass(frozen=True)
class Asked:
    """A question of the data set and the answer that people marked in the text."""

    question: str
    gold: str
    article: str


async def measure(folder: Path) -> list[Figure]:
    """All figures, from one library."""
    articles = json.loads((DATA / "squad" / "xquad.en.json").read_text())["data"]
    async with _opened(folder) as services:
        for article in articles:
            await _ingest(
                services, article["title"], "\n\n".join(p["context"] for p in article["paragraphs"])
            )
        documents = {d.id: d for d in await services.catalog.published(DEFAULT_TENANT)}
        asked = [
            Asked(qa["question"], qa["answers"][0]["text"], article["title"])
            for article in articles
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        ]
        return [
            *await _answered(services, asked),
            *await _simpler(services, asked[::OTHERS], documents),
            await _foreign(services, asked[::FOREIGN], list(documents.values())),
            await _started(services, asked[:QUEUED]),
            await _in_time(services, articles),
        ]


async def _answered(services: Services, asked: Sequence[Asked]) -> list[Figure]:
    told, cited, refused, lengths, times = 0, 0, 0, [], []
    for one in asked:
        began = time.perf_counter()
        answer = await services.answers.answer(DEFAULT_TENANT, one.question, DEFAULT_SOURCES)
        times.append(1000 * (time.perf_counter() - began))
        told += one.gold in answer.text
        cited += any(one.gold in text for text in _cited(answer))
        refused += not answer.sources
        lengths.append(len(answer.text))
    n, p50 = len(asked), median(times)
    p95 = sorted(times)[int(0.95 * n)]
    return [
        Figure("known answer in the answer", _percent(told, n), "%", ">= 80", told >= 0.8 * n),
        Figure("known answer in a cited source", _percent(cited, n), "%", ">= 92", cited >= 0.92 * n),
        Figure("answers refused though they are there", _percent(refused, n), "%", "-", reached=True),
        Figure("characters of an answer, median", median(lengths), "", "-", reached=True),
        Figure("time of an answer, p50", round(p50, 1), "ms", "< 60", p50 < 60),
        Figure("time of an answer, p95", round(p95, 1), "ms", "-", reached=True),
    ]


def _cited(answer: Answer) -> list[str]:
    numbers = {int(n) for n in re.findall(r"\[(\d+)\]", answer.text)}
    return [answer.sources[n - 1].passage.text for n in sorted(numbers)]


async def _simpler(
    services: Services, asked: Sequence[Asked], documents: dict[str, Document]
) -> list[Figure]:
    """The same passages, nothing refused: the best chunk alone, and words alone."""
    counts = {"the best chunk": 0, "the passage around it": 0, "sentences by words": 0}
    for one in asked:
        found = await services.retriever.search(DEFAULT_TENANT, one.question, DEFAULT_SOURCES)
        counts["the best chunk"] += one.gold in found.passages[0].found.text
        counts["the passage around it"] += one.gold in found.passages[0].text
        counts["sentences by words"] += one.gold in _by_words(one.question, found.passages, documents)
    n = len(asked)
    return [
        Figure(f"known answer in {name}", _percent(count, n), "%", "-", reached=True)
        for name, count in counts.items()
    ]


def _by_words(question: str, passages: Sequence[Passage], documents: dict[str, Document]) -> str:
    form = Form.of(question, Kind.FACT)
    ranked = by_words(form, candidates(passages, documents))
    return " ".join(c.text for c in chosen(form, ranked, [0.0] * len(ranked)))


async def _foreign(services: Services, asked: Sequence[Asked], documents: Sequence[Document]) -> Figure:
    refused = 0
    for one in asked:
        others = [d.id for d in documents if d.filename != _filename(one.article)]
        answer = await services.answers.answer(DEFAULT_TENANT, one.question, DEFAULT_SOURCES, others)
        refused += not answer.sources
    share = _percent(refused, len(asked))
    return Figure("refused where the article is not there", share, "%", ">= 90", share >= 90)


async def _started(services: Services, asked: Sequence[Asked]) -> Figure:
    """By the database's clock: from the row to the worker's lease on it."""
    waits = []
    for one in asked:
        job = await services.answer_jobs.submit(DEFAULT_TENANT, one.question)
        done = await _ended(services, job)
        if done.started_at is not None:
            waits.append(1000 * (done.started_at - done.created_at).total_seconds())
    wait = round(median(waits), 2)
    return Figure("queued question to started, p50", wait, "ms", "< 3", wait < 3)


async def _in_time(services: Services, articles: Sequence[Any]) -> Figure:
    """The same articles spoken at 150 words a minute: how far the cited second is from the known answer's."""
    asked: list[tuple[str, str, float]] = []
    for article in articles:
        cues, now = ["WEBVTT"], 0.0
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            asked += [
                (
                    qa["question"],
                    qa["answers"][0]["text"],
                    now + len(text[: qa["answers"][0]["answer_start"]].split()) / WORDS_A_SECOND,
                )
                for qa in paragraph["qas"]
            ]
            words = text.split()
            for first in range(0, len(words), WORDS_A_CUE):
                some = words[first : first + WORDS_A_CUE]
                end = now + len(some) / WORDS_A_SECOND
                cues.append(f"{_clock(now)} --> {_clock(end)}\n{' '.join(some)}")
                now = end
        await _ingest(services, article["title"], "\n\n".join(cues), ".vtt")
    scope, near, cited = Scope(types=("vtt",)), 0, 0
    for question, gold, second in asked[::OTHERS]:
        answer = await services.answers.answer_question(
            DEFAULT_TENANT, Inquiry(question, DEFAULT_SOURCES, scope)
        )
        times = [c.start_seconds for c in answer.citations if gold in c.quote]
        cited += bool(times)
        near += any(at is not None and abs(at - second) <= 30 for at in times)
    share = _percent(near, max(1, cited))
    return Figure("transcripts: cited second within 30 s", share, "% of those cited", ">= 99", share >= 99)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}:{rest:06.3f}"


async def _ended(services: Services, job: Job) -> Job:
    while True:
        seen = await services.job_control.job(DEFAULT_TENANT, job.id)
        if seen.state.ended:
            return seen
        await asyncio.sleep(0.01)


def _percent(count: int, of: int) -> float:
    return round(100 * count / of, 1)


def _filename(title: str, ending: str = ".txt") -> str:
    return f"{title}{ending}"


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[Services]:
    async with open_services(load_settings(data_dir=folder, sample_document=False)) as services:
        worker = asyncio.create_task(services.worker.run())
        try:
            yield services
        finally:
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)


async def _ingest(services: Services, title: str, text: str, ending: str = ".txt") -> Any:  # noqa: ANN401 - not used
    async def pieces() -> AsyncIterator[bytes]:
        yield text.encode()

    accepted = await services.ingestion.accept(DEFAULT_TENANT, _filename(title, ending), pieces())
    return await services.ingestion.finished(accepted.document)


def main() -> int:
    """Measure in a folder of its own."""
    if not (DATA / "squad" / "xquad.en.json").exists():
        print("XQuAD is not here; set QUAESTIO_SHARED_DATA.")
        return 1
    folder = Path(tempfile.mkdtemp(prefix="quaestio-bench-"))
    try:
        return write("answers", asyncio.run(measure(folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
