"""Answers with sources, at once."""

from __future__ import annotations

from fastapi import APIRouter

from backend.errors import InvalidRequest
from backend.models.asking import AskRequest, AskResponse
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(prefix="/api", tags=["answers"], responses=ERRORS)


@router.post("/ask")
async def ask(body: AskRequest, caller: Caller, services: ServicesDep) -> AskResponse:
    """An answer from the documents; markers [1], [2] ... count its sources from 1.

    Where the documents do not answer the question, `answer` says so and `sources` is empty.
    """
    if body.stream:
        raise InvalidRequest("stream: answers cannot be streamed yet. Send false or leave it out.")
    if body.filters:
        raise InvalidRequest("filters: not supported yet. Name documents in document_ids instead.")
    answer = await services.answers.answer(caller.tenant, body.question, body.k, body.document_ids)
    return AskResponse.of(answer)
