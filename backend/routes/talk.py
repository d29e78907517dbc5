"""The conversation of a session, as the learning front end calls it."""

from __future__ import annotations

from fastapi import APIRouter

from backend.errors import DocumentNotFound, NoDocumentSelected
from backend.models.answers import Inquiry
from backend.models.api import Message
from backend.models.chat import ChatResponse
from backend.models.scope import EVERYTHING, Scope
from backend.models.talking import ChatHistory, ChatMessage, ChatTurn
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep
from backend.services.container import Services
from backend.utils.clock import utc_now

router = APIRouter(prefix="/api", tags=["conversation"], responses=ERRORS)

_MOST_TURNS = 1000


@router.post("/chat")
@router.post("/chat/", include_in_schema=False)
async def chat(body: ChatMessage, caller: Caller, services: ServicesDep) -> ChatResponse:
    """Answer the next message of the session's conversation, as Markdown.

    From the document that the session has selected, else from all of them.
    """
    scope = await _selected(services, caller)
    inquiry = Inquiry(body.message, services.limits.default_k, scope, caller.session)
    answer = await services.answers.answer_question(caller.tenant, inquiry)
    return ChatResponse(response=answer.text, timestamp=utc_now().isoformat())


@router.get("/chat/history")
async def history(caller: Caller, services: ServicesDep) -> ChatHistory:
    """The turns of this session, oldest first."""
    turns = await services.conversations.recent(caller.tenant, caller.session, _MOST_TURNS)
    return ChatHistory(history=[ChatTurn.of(turn) for turn in turns])


@router.delete("/chat/history")
async def forget(caller: Caller, services: ServicesDep) -> Message:
    """Forget the turns of this session."""
    gone = await services.conversations.forget(caller.tenant, caller.session)
    return Message(message=f"The history is cleared ({gone} {'turn' if gone == 1 else 'turns'}).")


async def _selected(services: Services, caller: Asker) -> Scope:
    try:
        document, _ = await services.catalog.selected(caller.tenant, caller.session)
    except (NoDocumentSelected, DocumentNotFound):
        return EVERYTHING
    return Scope(document_ids=(document.id,))
