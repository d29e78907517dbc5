"""Question generation as the learning front end calls it."""

from __future__ import annotations

from fastapi import APIRouter

from backend.errors import DocumentNotFound, NoDocumentSelected
from backend.models.chat import DEFAULT_COUNT, ChatResponse, QuestionGenerationRequest
from backend.models.questions import Mode
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep, allowed
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
        count=allowed(DEFAULT_COUNT if body.count is None else body.count, services),
        topic=body.topic,
        document_ids=await _selected(services, caller),
    )
    made = await services.questions.make(caller.tenant, request)
    return ChatResponse(response=made.stored.as_made().to_contract_json(), timestamp=utc_now().isoformat())


async def _selected(services: Services, caller: Asker) -> tuple[str, ...] | None:
    try:
        document, _ = await services.catalog.selected(caller.tenant, caller.session)
    except (NoDocumentSelected, DocumentNotFound):
        return None
    return (document.id,)
