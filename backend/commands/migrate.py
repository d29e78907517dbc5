"""Move a store of another product over."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tqdm import tqdm

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import Settings
from backend.errors import GaveUp, Stopped
from backend.models.documents import JobState, Progress
from backend.models.failures import error_of
from backend.models.jobs import Job
from backend.services.container import Services
from backend.services.migration import Wanted

_POLL_S = 0.1


def migrate(settings: Settings, options: argparse.Namespace) -> int:
    """Status 1 where the store did not move over or differs from its source afterwards.

    Interrupted, it leaves the job in the queue and says so: the same command, or a server, goes on with it.
    """
    try:
        report = asyncio.run(_migrate(settings, options))
    except KeyboardInterrupt:
        if not options.dry_run:
            print(
                "\nStopped. The same command, or `quaestio serve`, goes on where this was.", file=sys.stderr
            )
        raise
    if options.json:
        print(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _say(report)
    if report["skipped"] and not report["documents"]:
        print("quaestio: nothing in this store can be moved over; the report says why.", file=sys.stderr)
        return 1
    checked = report["verification"]
    return 0 if checked is None or checked["passed"] else 1


async def _migrate(settings: Settings, options: argparse.Namespace) -> Mapping[str, Any]:
    wanted = Wanted(
        options.folder, reembed=options.reembed, delete_source=options.delete_source, keep=options.keep
    )
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        with tqdm(total=100, file=sys.stderr, disable=None, bar_format=_BAR) as bar:
            if options.dry_run:
                report = await services.migration.look(DEFAULT_TENANT, wanted, lambda p: _show(bar, p))
                return report.as_json()
            job = await services.migration.begin(DEFAULT_TENANT, wanted)
            _say_how_long(services, job, wanted)
            return await _followed(services, job, bar)


async def _followed(services: Services, job: Job, bar: tqdm[Any]) -> Mapping[str, Any]:
    worker = asyncio.create_task(services.worker.run())
    try:
        while not job.state.ended:
            await asyncio.sleep(_POLL_S)
            job = await services.jobs.job(DEFAULT_TENANT, job.id)
            _show(bar, job.progress)
    finally:
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
    if job.state is JobState.STOPPED:
        raise Stopped("The migration was stopped. The same command goes on with it.")
    if job.error is not None:
        raise error_of(job.error.code, job.error.message)
    if job.result is None:
        raise GaveUp("The migration ended without a report. Run the same command again.")
    return job.result


_BAR = "{desc}: {percentage:3.0f}%|{bar}| [{elapsed}]"


def _show(bar: tqdm[Any], progress: Progress) -> None:
    words = progress.stage
    if progress.unit == "nodes" and progress.total:
        words += f" {progress.done:,} of {progress.total:,} nodes"
    bar.n = round(100 * progress.fraction)
    bar.set_description_str(words)


def _say_how_long(services: Services, job: Job, wanted: Wanted) -> None:
    found = services.migration.at(wanted.folder)
    if found is not None and job.attempt == 0:
        longer = ", and longer for making vectors anew" if wanted.reembed else ""
        print(
            f"{found.folder}: {found.size / 1e6:.1f} MB. Moving it over happens once and takes about "
            f"{found.seconds:.0f} s{longer}. The folder stays as it is"
            f"{' until everything is verified' if wanted.delete_source else ''}.",
            file=sys.stderr,
        )


def _say(report: Mapping[str, Any]) -> None:
    would = "would move" if report["dry_run"] else "moved"
    print(
        f"{would}: {report['documents']:,} documents, {report['nodes']:,} nodes, "
        f"{report['vectors']:,} vectors "
        f"({report['documents_already_here']:,} documents were here before)"
    )
    print(f"skipped: {report['skipped']:,}")
    for skip in report["skips"]:
        print(f"  {skip['count']:,} x {skip['why']}, e.g. {', '.join(skip['examples'][:3])}")
    for note in report["notes"]:
        print(f"note: {note}")
    if (checked := report["verification"]) is not None:
        outcome = "equal" if checked["passed"] else "NOT equal"
        print(
            f"verified against the source: {outcome} ({checked['nodes']:,} ids and texts, "
            f"{checked['vectors_compared']} vectors bit for bit, {checked['neighbours_compared']} searches)"
        )
        for fault in checked["faults"]:
            print(f"  {fault}")
    print(f"{report['seconds']:.1f} s")
