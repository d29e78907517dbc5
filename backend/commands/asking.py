"""Ask the library, and look after its jobs, without a server or beside one."""

from __future__ import annotations

import argparse
import asyncio
import sys

from pydantic import ValidationError

from backend.bootstrap import DEFAULT_TENANT, open_services
from backend.config.settings import Settings
from backend.errors import InvalidRequest
from backend.models.asking import AskRequest, AskResponse, SourceView
from backend.models.documents import JobState
from backend.models.tracking import JobList, JobView

_MOST_JOBS = 10_000


def ask(settings: Settings, options: argparse.Namespace) -> int:
    """Print an answer and the sources it cites; status 1 where the documents do not answer."""
    answer = asyncio.run(_ask(settings, options))
    if options.json:
        print(answer.model_dump_json(indent=2))
    else:
        print(answer.answer)
        for number, source in enumerate(answer.sources, 1):
            if f"[{number}]" not in answer.answer:
                continue
            print(f"\n[{number}] {source.title}{_place(source)}\n    {' '.join(source.text.split())}")
    return 0 if answer.sources else 1


async def _ask(settings: Settings, options: argparse.Namespace) -> AskResponse:
    try:
        asked = AskRequest(question=options.question, k=options.k)
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise InvalidRequest(f"The question cannot be asked. {faults}.") from error
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        inquiry = asked.to_inquiry(services.limits.default_k, "")
        return AskResponse.of(await services.answers.answer_question(DEFAULT_TENANT, inquiry))


def _place(source: SourceView) -> str:
    if source.page:
        return f", page {source.page}"
    if source.start_seconds is not None:
        minutes, seconds = divmod(int(source.start_seconds), 60)
        return f", at {minutes}:{seconds:02}"
    return f", {source.heading}" if source.heading else ""


def jobs(settings: Settings, options: argparse.Namespace) -> int:
    """List jobs, or stop or repeat one and print it."""
    if options.action is None:
        page = asyncio.run(_list(settings, options))
        if options.json:
            print(page.model_dump_json(indent=2))
        else:
            for job in page.items:
                print(_line(job))
            print(f"{len(page.items)} of {page.total} jobs", file=sys.stderr)
        return 0
    job = asyncio.run(_change(settings, options))
    print(job.model_dump_json(indent=2) if options.json else _line(job))
    if options.action == "retry":
        print("A running server or worker takes it within a second.", file=sys.stderr)
    return 0


async def _list(settings: Settings, options: argparse.Namespace) -> JobList:
    if not 1 <= options.limit <= _MOST_JOBS:
        raise InvalidRequest(f"--limit must be from 1 to {_MOST_JOBS}.")
    state = JobState(options.status) if options.status else None
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        page = await services.job_control.jobs(DEFAULT_TENANT, offset=0, limit=options.limit, state=state)
    items = [JobView.of(job) for job in page.items]
    return JobList(items=items, total=page.total, offset=0, limit=options.limit)


async def _change(settings: Settings, options: argparse.Namespace) -> JobView:
    async with open_services(settings.model_copy(update={"sample_document": False})) as services:
        change = services.job_control.retry if options.action == "retry" else services.job_control.stop
        return JobView.of(await change(DEFAULT_TENANT, options.job_id))


def _line(job: JobView) -> str:
    status = "waiting" if job.waiting else job.status
    said = job.error or (f"{job.progress:.0%} {job.stage}" if job.status == "started" else "")
    return f"{status:9} {job.kind:8} {job.job_id}  {job.created_at:%Y-%m-%d %H:%M:%S}  {said}".rstrip()
