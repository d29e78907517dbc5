"""Work that outlives a request: ask by a job, follow, stop, repeat and list jobs."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from backend.errors import Stopped
from backend.models.asking import ChatQuery
from backend.models.documents import JobState
from backend.models.failures import error_of
from backend.models.jobs import Job
from backend.models.tracking import ChatAccepted, JobList, JobResult, JobView
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(tags=["jobs"], responses=ERRORS)

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

_BODIES = {
    "requestBody": {
        "required": False,
        "content": {
            kind: {"schema": ChatQuery.model_json_schema()} for kind in ("application/json", *_FORMS)
        },
    }
}


@router.post("/chat", openapi_extra=_BODIES)
async def chat(
    request: Request,
    caller: Caller,
    services: ServicesDep,
    query: Annotated[str | None, Query(description="The question, unless the body holds it.")] = None,
) -> ChatAccepted:
    """Queue a question, given as a query parameter, a form field or JSON; the job answers it.

    Follow it at `/job-status/{job_id}`, fetch the answer at `/result/{job_id}`.
    """
    place, given = ("query", {"query": query}) if query is not None else ("body", await _body(request))
    try:
        asked = ChatQuery.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(_placed(place, error)) from error
    job = await services.answer_jobs.submit(caller.tenant, asked.query)
    return ChatAccepted(job_id=job.id)


@router.get("/job-status/{job_id}")
async def job_status(job_id: str, caller: Caller, services: ServicesDep) -> JobView:
    """A job of any kind and how far it is."""
    return _view(await services.job_control.job(caller.tenant, job_id))


@router.get("/result/{job_id}", responses={202: {"model": JobResult, "description": "Not finished yet."}})
async def result(job_id: str, caller: Caller, services: ServicesDep, response: Response) -> JobResult:
    """What a job came to: 202 until it has finished, the error of one that failed, 409 if it was stopped."""
    job = await services.job_control.job(caller.tenant, job_id)
    if job.error is not None:
        raise error_of(job.error.code, job.error.message)
    if job.state is JobState.STOPPED:
        raise Stopped("The job was stopped, so there is no result. Retry it to have one.")
    response.status_code = 200 if job.state is JobState.FINISHED else 202
    return JobResult(job_id=job.id, status=job.state.value, result=job.result)


@router.get("/jobs")
async def jobs(
    caller: Caller,
    services: ServicesDep,
    status: Annotated[JobState | None, Query(description="Only these; failed ones are dead letters.")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> JobList:
    """Jobs, newest first; parts of a larger job are counted in it."""
    page = await services.job_control.jobs(caller.tenant, offset=offset, limit=limit, state=status)
    return JobList(items=list(map(_view, page.items)), total=page.total, offset=offset, limit=limit)


@router.delete("/jobs/{job_id}")
async def stop(job_id: str, caller: Caller, services: ServicesDep) -> JobView:
    """Stop a job and remove what it wrote; one that has ended stays as it is."""
    return _view(await services.job_control.stop(caller.tenant, job_id))


@router.post("/jobs/{job_id}/retry")
async def retry(job_id: str, caller: Caller, services: ServicesDep) -> JobView:
    """Do a failed or stopped job again from its beginning."""
    return _view(await services.job_control.retry(caller.tenant, job_id))


def _view(job: Job) -> JobView:
    return JobView.of(job)


async def _body(request: Request) -> Any:  # noqa: ANN401 - whatever the client sent
    """A form's fields, or parsed JSON; nothing where there is no body."""
    if request.headers.get("content-type", "").lower().startswith(_FORMS):
        async with request.form(max_files=0, max_fields=20) as form:
            return dict(form)
    content = await request.body()
    if not content.strip():
        return {}
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        fault = {"type": "object_expected", "loc": ("body",), "msg": "Send a JSON object, a form or ?query=."}
        raise RequestValidationError([fault])
    return given


def _placed(place: str, error: ValidationError) -> list[Any]:
    return [{**fault, "loc": (place, *fault["loc"])} for fault in error.errors(include_url=False)]
