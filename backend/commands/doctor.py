"""Say what is configured, what is missing and what to do."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import shutil
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from backend import __version__
from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import BUNDLED_MODEL, Settings
from backend.errors import QuaestioError
from backend.models.integrity import Fault
from backend.models.vector_index import VectorIndexState

_LITTLE_DISK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: ``ok``, ``note`` (works without), or ``problem`` (with what to do)."""

    name: str
    state: str
    detail: str


def doctor(settings: Settings, options: argparse.Namespace) -> int:
    """Status 1 where there is a problem."""
    findings = [
        *_machine(settings),
        *_extras(settings),
        *asyncio.run(_product(settings, deep=options.deep)),
        _server(settings),
    ]
    if options.json:
        report = {"version": __version__, "findings": [asdict(f) for f in findings]}
        print(json.dumps(report, indent=2))
    else:
        for finding in findings:
            print(f"{finding.state:8} {finding.name:22} {finding.detail}")
    return 1 if any(f.state == "problem" for f in findings) else 0


def _machine(settings: Settings) -> Iterator[Finding]:
    version = sys.version_info
    yield Finding("python", "ok", f"{version.major}.{version.minor}.{version.micro}")
    yield Finding("sqlite", "ok", sqlite3.sqlite_version)
    folder = _existing(settings.data_dir)
    free = shutil.disk_usage(folder).free
    state = "ok" if free > _LITTLE_DISK else "problem"
    advice = "" if state == "ok" else ": free some, or set DATA_DIR to another disk"
    yield Finding("disk", state, f"{free / 1e9:.1f} GB free for {settings.data_dir}{advice}")


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder


def _extras(settings: Settings) -> Iterator[Finding]:
    yield _ocr(settings)
    if importlib.util.find_spec("sentence_transformers"):
        yield Finding("sentence-transformers", "ok", "installed: any of its models can be EMBEDDING_MODEL")
    elif settings.embedding_model == BUNDLED_MODEL:
        yield Finding("sentence-transformers", "note", "not installed; for other models than bundled")


def _ocr(settings: Settings) -> Finding:
    if settings.ocr == "off":
        return Finding("tesseract", "note", "not used (OCR=off): scanned pages are not read")
    if shutil.which("tesseract"):
        return Finding("tesseract", "ok", "installed: the text of scanned PDF pages is recognised")
    return Finding("tesseract", "note", "not installed; reads scans: sudo apt install tesseract-ocr")


async def _product(settings: Settings, *, deep: bool) -> list[Finding]:
    """Open everything for real, as a start would."""
    found = [Finding("embedding model", "ok", settings.embedding_model)]
    try:
        async with open_services(settings.model_copy(update={"sample_document": False})) as services:
            for component in await services.health.check():
                state = "ok" if component.ok else "problem" if component.needed else "note"
                found.append(
                    Finding(component.name, state, component.detail or f"{component.latency_ms:.1f} ms")
                )
            listing = await services.catalog.documents(DEFAULT_TENANT, offset=0, limit=1)
            ready = len(await services.catalog.published(DEFAULT_TENANT))
            found.append(_index(await services.vectors.stats(DEFAULT_TENANT)))
            checked = [_of(fault) for fault in await services.integrity.check()] if deep else []
    except QuaestioError as error:
        return [Finding("start", "problem", error.message)]
    found.append(Finding("library", "ok", f"{ready} of {listing.total} documents can be asked about"))
    found.append(Finding("question writer", "ok", "extractive (built in, no key needed)"))
    if deep and not any(finding.state == "problem" for finding in checked):
        found.append(Finding("integrity", "ok", "documents, passages, both indexes, jobs and files agree"))
    return found + checked


def _index(state: VectorIndexState) -> Finding:
    """How the library is searched by meaning."""
    exact = "exact" if state.recall is None else f"recall@10 {state.recall:.3f}"
    said = f"{state.kind}, {exact}: {state.vectors} passages"
    if state.kind != "memory":
        said += f", {state.pending} of them in memory, generation {state.generation}, blocks {state.check}"
    if state.refused:
        said += "; not kept: " + ", ".join(f"{kind} ({r:.3f})" for kind, r in state.refused.items())
    trouble = "; ".join([*state.troubles, *([state.upkeep_failed] if state.upkeep_failed else [])])
    bad = state.check == "damaged"
    state_ = "problem" if bad else "note" if trouble else "ok"
    return Finding("vector index", state_, f"{said}{'; ' if trouble else ''}{trouble}")


def _of(fault: Fault) -> Finding:
    return Finding(fault.area, "note" if fault.harmless else "problem", fault.sentence)


def _server(settings: Settings) -> Finding:
    url = f"http://{settings.host}:{settings.port}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return Finding("server", "ok", f"{url} answers {answer.status}")
    except urllib.error.HTTPError as error:
        return Finding("server", "problem", f"{url} answers {error.code}: look into its log")
    except OSError:
        return Finding("server", "note", f"none at {settings.host}:{settings.port}; start it with `make run`")
