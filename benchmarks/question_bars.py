"""What extractive questions are worth against the bars, and how long a request takes on a large library.

    python -m benchmarks.question_bars [bars] [request] [--pages 1000]

``bars`` measures 25 items a mode from chapters of both textbooks as ``quaestio eval questions`` does, with
the questions that people wrote for the same book beside them. ``request`` mines a library of ``--pages``
pages and times requests that nothing has cached. Results go to ``results/question_bars.json`` and
``results/question_request.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.commands.library import mined
from backend.config.settings import load_settings
from backend.models.questions import Mode
from backend.services.container import Services
from backend.services.generation import QuestionRequest
from benchmarks.common import DATA, Figure, paragraphs, write

PAGE = 2500
"""Characters of a page."""

ASKED = 25
_REPEATS = 40
_ANATOMY, _PHILOSOPHY = "anatomy-and-physiology", "introduction-to-philosophy"
_CHAPTERS = (f"{_ANATOMY}/chapter-03.txt", f"{_ANATOMY}/chapter-19.html", f"{_PHILOSOPHY}/chapter-09.html")


def bars() -> list[Figure]:
    """Runs the command itself on chapters of both books."""
    human = DATA / "textbook" / _ANATOMY / "questions.jsonl"
    paths = [*(DATA / "textbook" / name for name in _CHAPTERS), human]
    command = [sys.executable, "-m", "backend", "eval", "questions", *map(str, paths), "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    people = report["sets"][str(human)]
    return [figure for mode in Mode for figure in _of_mode(mode, report["modes"][mode.value], people)]


def _of_mode(mode: Mode, ours: dict[str, Any], people: dict[str, Any]) -> list[Figure]:
    def least(name: str, bar: float) -> Figure:
        value = ours[name]
        floor = people.get(name)
        label = f"{mode.value}: {name.replace('_', ' ')}"
        return Figure(label, value, "share", f">= {bar}", value >= bar, floor, "human items")

    def most(name: str, bar: float, unit: str = "share") -> Figure:
        label = f"{mode.value}: {name.replace('_', ' ')}"
        return Figure(
            label, ours[name], unit, f"<= {bar:g}", ours[name] <= bar, people.get(name), "human items"
        )

    figures = [
        least("structure_valid", 1.0),
        least("delivered_or_declared", 1.0),
        least("answer_in_cited_span", 1.0),
        most("duplicates", 0, "pairs"),
        least("at_most_one_flaw", 0.95),
        least("source_in_top_5", 0.95),
        least("sections_touched", 0.8),
    ]
    if mode is Mode.QUIZ:
        figures += [
            most("longest_is_key", 0.15),
            most("key_positions_chi_square", 7.815, "chi-square"),
            most("guessed", 0.4),
        ]
    return figures


async def request(folder: Path, pages: int) -> list[Figure]:
    """Mines one long document and asks it, with and without a topic."""
    settings = load_settings(data_dir=folder, host=None, port=None)
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        spent = await _mined(services, pages)
        figures = [Figure(f"mining {pages} pages", round(spent, 1), "s", "none", reached=True)]
        for mode in Mode:
            for topic, bar in ((None, 50), ("cell membrane", 50)):
                times = sorted([await _timed(services, mode, topic) for _ in range(_REPEATS)])
                label = f"{ASKED} {mode.value} questions, {'topic' if topic else 'no topic'}, p50"
                figures.append(Figure(label, round(median(times), 1), "ms", f"< {bar}", median(times) < bar))
    return figures


async def _mined(services: Services, pages: int) -> float:
    """Seconds from publication to the end of mining."""
    texts = paragraphs()
    whole: list[str] = []
    size = 0
    while size < pages * PAGE:
        part = texts[len(whole) % len(texts)]
        whole.append(part)
        size += len(part)
    worker = asyncio.create_task(services.worker.run())
    accepted = await services.ingestion.accept(
        DEFAULT_TENANT, "library.txt", _content("\n\n".join(whole).encode())
    )
    document = await services.ingestion.finished(accepted.document)
    started = time.perf_counter()
    await mined(services, document)
    spent = time.perf_counter() - started
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker
    return spent


async def _timed(services: Services, mode: Mode, topic: str | None) -> float:
    started = time.perf_counter()
    await services.generation.generate(DEFAULT_TENANT, QuestionRequest(mode, ASKED, topic))
    return 1000 * (time.perf_counter() - started)


async def _content(text: bytes) -> AsyncIterator[bytes]:
    yield text


def main() -> int:
    """Runs what is named, or both; status 1 where a bar is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("parts", nargs="*", choices=["bars", "request"], default=["bars", "request"])
    arguments.add_argument("--pages", type=int, default=1000)
    options = arguments.parse_args()
    missed = 0
    if "bars" in options.parts:
        missed |= write("question_bars", bars())
    if "request" in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            missed |= write("question_request", asyncio.run(request(Path(folder), options.pages)))
    return missed


if __name__ == "__main__":
    sys.exit(main())
