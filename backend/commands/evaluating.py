"""``quaestio eval``: figures on what the product makes."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.commands.library import mined, take_in
from backend.config.settings import Settings
from backend.errors import InvalidRequest, TooManyQuestions
from backend.models.documents import Document, JobState
from backend.models.questions import LETTERS
from backend.services.container import Services
from backend.services.item_flaws import Item

_SETS = frozenset({".json", ".jsonl"})
_SHOWN = (
    "delivered",
    "structure_valid",
    "answer_in_cited_span",
    "duplicates",
    "at_most_one_flaw",
    "longest_is_key",
    "key_positions_even",
    "guessed",
    "source_in_top_5",
    "sections_touched",
)


def evaluate(settings: Settings, options: argparse.Namespace) -> int:
    """Measure questions from documents, in a library of their own that is thrown away, and stored sets."""
    if not 1 <= options.count <= settings.max_questions:
        raise TooManyQuestions(f"--count must be from 1 to {settings.max_questions}.")
    for path in options.paths:
        if not path.exists():
            raise InvalidRequest(f"There is no file or folder {path}.")
    report = asyncio.run(_evaluate(settings, options))
    if options.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _print(report)
    return 0


async def _evaluate(settings: Settings, options: argparse.Namespace) -> dict[str, Any]:
    sets = [p for p in options.paths if p.suffix in _SETS]
    files = [p for p in options.paths if p.suffix not in _SETS]
    report: dict[str, Any] = {"sets": {}}
    with tempfile.TemporaryDirectory(prefix="quaestio-eval-") as folder:
        own = settings.model_copy(update={"sample_document": False, "data_dir": Path(folder)})
        async with open_services(own) as services:
            for path in sets:
                items = await asyncio.to_thread(read_set, path)
                report["sets"][str(path)] = await services.evaluation.of_items(items)
            if files:
                documents = await _ready(services, files)
                report |= await services.evaluation.of_documents(
                    DEFAULT_TENANT, documents, options.count, items=options.items
                )
    return report


async def _ready(services: Services, files: Sequence[Path]) -> list[Document]:
    """The documents, read and mined; what cannot be read is said and left out."""
    worker = asyncio.create_task(services.worker.run())
    try:
        outcomes = await take_in(services, files)
        documents = [o.document for o in outcomes if o.document and o.document.state is JobState.FINISHED]
        for outcome in outcomes:
            if outcome.document is None or outcome.document.state is not JobState.FINISHED:
                print(f"left out: {outcome.path}: {outcome.message}", file=sys.stderr)
        for document in documents:
            await mined(services, document)
        return list({d.id: d for d in documents}.values())
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker


def read_set(path: Path) -> list[Item]:
    """Items of a stored set: one JSON object with ``questions``, a list, or one object a line.

    Each has ``question`` and ``answer``, and for multiple choice ``options``; the answer may be a letter.
    Raises InvalidRequest.
    """
    text = path.read_text(encoding="utf-8")
    try:
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            whole = json.loads(text)
            rows = whole["questions"] if isinstance(whole, dict) else whole
        return [_item(row) for row in rows if row.get("answer") or row.get("correctAnswer")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidRequest(
            f"{path} is no set of questions: objects with question, answer and options are expected."
        ) from error


def _item(row: dict[str, Any]) -> Item:
    options = tuple(_unlettered(str(o)) for o in row.get("options") or ())
    answer = str(row.get("correctAnswer") or row["answer"])
    if options and answer not in options and len(answer) == 1:
        answer = options["ABCDEFGH".index(answer.upper())]
    return Item(str(row["question"]), answer, options)


def _unlettered(option: str) -> str:
    return option[3:] if option[:1] in LETTERS and option[1:3] == ") " else option


def _print(report: dict[str, Any]) -> None:
    groups = {**report["sets"], **report.get("modes", {})}
    for name, figures in groups.items():
        print(f"{name}: {figures['items']} items")
        for label in _SHOWN:
            if figures.get(label) is not None:
                print(f"  {label.replace('_', ' '):24} {figures[label]}")
        for flaw, times in figures["flaws"].items():
            print(f"    {times:4} x {flaw}")
