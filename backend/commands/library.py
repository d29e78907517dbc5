"""Work on the library without a server: ingest and search."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.commands.progress import progress_words
from backend.commands.sidecar import SIDECAR, read_sidecar
from backend.config.settings import Settings
from backend.errors import (
    DocumentNotFound,
    InvalidRequest,
    JobNotFound,
    QuaestioError,
    UnsupportedFile,
)
from backend.models.api import FoundSource
from backend.models.documents import Document, DocumentMetadata, JobState
from backend.models.jobs import mine_job_id
from backend.services.container import Services

_PIECE = 1 << 20
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A file to take."""

    path: Path
    named: bool = False
    """By the person, not found in a folder."""
    metadata: DocumentMetadata | None = None


@dataclass(slots=True)
class Outcome:
    """What became of one file."""

    path: Path
    status: str
    document: Document | None = None
    message: str = ""

    def as_json(self) -> dict[str, Any]:
        """What ``ingest --json`` prints of it."""
        document = self.document
        return {
            "path": str(self.path),
            "status": self.status,
            "document_id": document.id if document else None,
            "pages": document.pages if document else None,
            "chunks": document.chunks if document else 0,
            "message": self.message,
        }


def ingest(settings: Settings, options: argparse.Namespace) -> int:
    """Status 1 where a file failed; files of other types inside folders are skipped.

    Interrupted, it leaves what was accepted in the queue and says so.
    """
    outcomes: list[Outcome] = []
    try:
        asyncio.run(_ingest(settings, options.paths, outcomes))
    except KeyboardInterrupt:
        _say_what_stays(outcomes)
        raise
    if options.json:
        print(json.dumps([o.as_json() for o in outcomes], indent=2, ensure_ascii=False))
    else:
        for outcome in outcomes:
            print(_line(outcome))
    return 1 if any(o.status in {"failed", "refused"} for o in outcomes) else 0


def _say_what_stays(outcomes: Iterable[Outcome]) -> None:
    left = sum(o.document is not None and not o.document.state.ended for o in outcomes)
    if left:
        files, they = (
            ("1 accepted file stays", "it goes") if left == 1 else (f"{left} accepted files stay", "they go")
        )
        print(
            f"\n{files} in the queue: {they} on with `quaestio serve` or the next `quaestio ingest`.",
            file=sys.stderr,
        )


async def _ingest(settings: Settings, paths: Iterable[Path], outcomes: list[Outcome]) -> None:
    """Take in and follow files; ``outcomes`` is filled on the way, for whoever is interrupted."""
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        worker = asyncio.create_task(services.worker.run())
        try:
            for chosen in _files(paths):
                outcomes.append(await _take(services, chosen))  # noqa: PERF401 - seen when interrupted
            await _watch(services, outcomes)
            await _prepare(services, outcomes)
        finally:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker


async def take_in(services: Services, paths: Iterable[Path]) -> list[Outcome]:
    """Take files in and follow them to their end; somebody else works on the jobs."""
    outcomes = [await _take(services, chosen) for chosen in _files(paths)]
    await _watch(services, outcomes)
    return outcomes


def _files(paths: Iterable[Path]) -> list[_Chosen]:
    """Files to take; hidden ones in folders are left out, and what describes other files is read here."""
    found: list[_Chosen] = []
    for path in paths:
        if path.is_dir():
            inside = [p for p in sorted(path.rglob("*")) if p.is_file()]
            seen = [p for p in inside if not any(n.startswith(".") for n in p.relative_to(path).parts)]
            sidecars = {p: read_sidecar(p) for p in seen if p.name == SIDECAR}
            said = {
                file: metadata for known in sidecars.values() if known for file, metadata in known.items()
            }
            found += [_Chosen(p, metadata=said.get(p.resolve())) for p in seen if sidecars.get(p) is None]
        elif path.is_file():
            found.append(_Chosen(path, named=True))
        else:
            raise InvalidRequest(f"There is no file or folder {path}.")
    return found


async def _take(services: Services, chosen: _Chosen) -> Outcome:
    path = chosen.path
    try:
        accepted = await services.ingestion.accept(
            DEFAULT_TENANT, path.name, _pieces(path), metadata=chosen.metadata
        )
    except UnsupportedFile as error:
        return Outcome(path, "refused" if chosen.named else "skipped", message=error.message)
    except QuaestioError as error:
        return Outcome(path, "refused", message=error.message)
    if accepted.duplicate and accepted.document.state.ended:
        return Outcome(path, "duplicate", accepted.document, f"already here as {accepted.document.filename}")
    return Outcome(path, accepted.document.state.value, accepted.document)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def _watch(services: Services, outcomes: list[Outcome]) -> None:
    """Follow every document to its end, with one bar for all of them."""
    waiting = [o for o in outcomes if o.document and not o.document.state.ended and o.status != "duplicate"]
    total = len(waiting)
    with tqdm(total=total, unit="file", file=sys.stderr, disable=None, bar_format=_BAR) as bar:
        while waiting:
            for outcome in waiting:
                await _refresh(services, outcome)
            shares = [o.document.progress.fraction if o.document else 1.0 for o in waiting]
            waiting = [o for o in waiting if o.document and not o.document.state.ended]
            bar.n = round(total - len(shares) + sum(shares), 2)
            bar.set_description_str(_doing(waiting), refresh=False)
            bar.refresh()
            if waiting:
                await asyncio.sleep(_POLL_S)


async def _prepare(services: Services, outcomes: list[Outcome]) -> None:
    """Wait until questions of the new documents are prepared; interrupted, that goes on later."""
    done = [o.document for o in outcomes if o.status == "finished" and o.document]
    for document in tqdm(done, unit="file", file=sys.stderr, disable=None, desc="preparing questions"):
        with suppress(JobNotFound):
            await mined(services, document)


async def mined(services: Services, document: Document) -> None:
    """Wait until the questions of a document are prepared; somebody else works on the jobs."""
    job = await services.jobs.job(DEFAULT_TENANT, mine_job_id(document))
    while not job.state.ended:
        await asyncio.sleep(_POLL_S)
        job = await services.jobs.job(DEFAULT_TENANT, job.id)


_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.1f}/{total_fmt} files [{elapsed}]"


def _doing(waiting: list[Outcome]) -> str:
    """The first document that someone works on, and how far it is."""
    documents = [o.document for o in waiting if o.document]
    if not documents:
        return "done"
    shown = next((d for d in documents if not d.waiting), documents[0])
    return f"{shown.filename[:30]}: {progress_words(shown)}"


async def _refresh(services: Services, outcome: Outcome) -> None:
    if outcome.document is None:
        return
    try:
        document = await services.catalog.document(DEFAULT_TENANT, outcome.document.id)
    except DocumentNotFound:
        outcome.document, outcome.status, outcome.message = None, "stopped", "deleted while it was read"
        return
    outcome.document, outcome.status = document, document.state.value
    outcome.message = document.error.message if document.error else document.warning or ""


def _line(outcome: Outcome) -> str:
    document = outcome.document
    size = ""
    if document and document.state is JobState.FINISHED:
        pages = f"{document.pages} pages, " if document.pages else ""
        size = f" ({pages}{document.chunks} chunks)"
    message = f": {outcome.message}" if outcome.message else ""
    return f"{outcome.status:9} {outcome.path}{size}{message}"


def search(settings: Settings, options: argparse.Namespace) -> int:
    """Print passages, best first; status 1 where nothing is found."""
    results = asyncio.run(_search(settings, options))
    if options.json:
        print(json.dumps({"results": [r.model_dump() for r in results]}, indent=2, ensure_ascii=False))
    else:
        for result in results:
            place = f"page {result.page}" if result.page else result.heading or ""
            print(f"{result.score:.2f}  {result.filename}  {place}\n      {' '.join(result.text.split())}\n")
    return 0 if results else 1


async def _search(settings: Settings, options: argparse.Namespace) -> list[FoundSource]:
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        found = await services.answers.get_similar_documents(DEFAULT_TENANT, options.query, max(1, options.k))
        return [FoundSource.of(source) for source in found]
