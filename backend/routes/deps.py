"""What routes are given: the services, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import HTTPConnection

from backend.errors import TooManyQuestions
from backend.models.access import Identity
from backend.models.api import ErrorBody
from backend.services.container import Services

ERRORS: dict[int | str, dict[str, object]] = {
    "4XX": {"model": ErrorBody, "description": "The request cannot be served; the body says what to do."},
    "5XX": {"model": ErrorBody, "description": "The server failed; the request id leads to its log."},
    422: {"model": ErrorBody, "description": "The body, a parameter or the file cannot be used."},
}
"""Documented on every router."""

FILE: dict[str, object] = {"type": "string", "format": "binary"}


def multipart(field: str, schema: dict[str, object]) -> dict[str, Any]:
    """Document a form with one field; the routes read the form themselves, to stream its files."""
    body = {"type": "object", "required": [field], "properties": {field: schema}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": body}}}}


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose documents, and whose selection among them. Only the gate makes one (``routes/access.py``)."""

    tenant: str
    session: str
    identity: Identity
    """The credential behind it."""


def allowed(count: int, services: Services) -> int:
    """``count`` where so many questions may be asked for at once; raises TooManyQuestions."""
    most = services.limits.max_questions
    if count > most:
        raise TooManyQuestions(f"count: at most {most} questions can be asked for at once, not {count}.")
    return count


async def _services(connection: HTTPConnection) -> Services:
    services: Services = connection.state.services
    return services


async def _asker(connection: HTTPConnection) -> Asker:
    """Whom the gate let through; a route that is open to all has nobody."""
    asker: Asker = connection.state.asker
    return asker


Offset = Annotated[int, Query(ge=0, le=1_000_000_000, description="Items to skip.")]
ServicesDep = Annotated[Services, Depends(_services)]
Caller = Annotated[Asker, Depends(_asker)]
