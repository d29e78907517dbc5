"""Question generation: the learning front end's fixed call, and the typed one."""

from __future__ import annotations

import time

from fastapi import APIRouter

from backend.errors import DocumentNotFound, NoDocumentSelected, TooManyQuestions
from backend.models.chat import (
    DEFAULT_COUNT,
    ChatResponse,
    QuestionGenerationRequest,
    QuestionsRequest,
    QuestionsResponse,
)
from backend.models.questions import Mode
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep
from backend.services.container import Services
from backend.services.generation import QuestionRequest
from backend.utils.clock import utc_now

router = APIRouter(prefix="/api", tags=["questions"], responses=ERRORS)


@router.post("/chat/generate-questions")
async def generate_questions(
    body: QuestionGenerationRequest, caller: Caller, services: ServicesDep
) -> ChatResponse:
    """Questions for the learning front end; `response` is one JSON object as a string.

    From the document that the session has selected, else from all of them.
    """
    request = QuestionRequest(
        mode=Mode(body.mode or Mode.PRACTICE),
        count=_allowed(DEFAULT_COUNT if body.count is None else body.count, services),
        topic=body.topic,
        document_ids=await _selected(services, caller),
    )
    made = await services.generation.generate(caller.tenant, request)
    return ChatResponse(response=made.to_contract_json(), timestamp=utc_now().isoformat())


@router.post("/questions")
async def questions(body: QuestionsRequest, caller: Caller, services: ServicesDep) -> QuestionsResponse:
    """Questions with answer, explanation and source, from all documents or those named."""
    started = time.perf_counter()
    request = QuestionRequest(
        mode=Mode(body.mode),
        count=_allowed(body.count, services),
        topic=body.topic,
        document_ids=tuple(body.document_ids) if body.document_ids is not None else None,
    )
    for document_id in request.document_ids or ():
        await services.catalog.document(caller.tenant, document_id)  # a wrong id is said, not ignored
    made = await services.generation.generate(caller.tenant, request)
    return QuestionsResponse.of(made, utc_now(), (time.perf_counter() - started) * 1000)


def _allowed(count: int, services: Services) -> int:
    most = services.limits.max_questions
    if count > most:
        raise TooManyQuestions(f"count: at most {most} questions can be asked for at once, not {count}.")
    return count


async def _selected(services: Services, caller: Asker) -> tuple[str, ...] | None:
    try:
        document, _ = await services.catalog.selected(caller.tenant, caller.session)
    except (NoDocumentSelected, DocumentNotFound):
        return None
    return (document.id,)
