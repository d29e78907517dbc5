"""The conversation of a session, and the events of a streamed answer, as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.models.answers import Answer, AnswerEvent, Failed, SourcesFound
from backend.models.asking import AskRequest, AskResponse, QuestionText, SourceView
from backend.models.conversation import Turn


class ChatMessage(BaseModel):
    """Fixed: what the learning front end asks."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"message": "What is chlorophyll?"}]})

    message: QuestionText


class ChatTurn(BaseModel):
    """Fixed: a question, its answer, and when it was asked."""

    user: str
    assistant: str
    timestamp: datetime

    @classmethod
    def of(cls, turn: Turn) -> ChatTurn:
        """The turn as clients see it."""
        return cls(user=turn.question, assistant=turn.answer, timestamp=turn.asked_at)


class ChatHistory(BaseModel):
    """Fixed: the turns of the session, oldest first."""

    history: list[ChatTurn]


class SocketAsk(AskRequest):
    """A question over the WebSocket; a turn of the session's conversation unless it says otherwise."""

    type: Literal["ask"]
    conversation: bool = True


class SourcesEvent(BaseModel):
    """The first event: what the answer may use."""

    sources: list[SourceView]


class TokenEvent(BaseModel):
    """The next characters of the answer."""

    text: str


class ErrorEvent(BaseModel):
    """The last event of an answer that broke off."""

    code: str
    message: str
    retryable: bool = Field(description="Whether asking again may help.")


def event_of(event: AnswerEvent) -> tuple[str, BaseModel]:
    """Name and body of an event: ``sources``, ``token``, ``done`` (the body of /api/ask) or ``error``."""
    if isinstance(event, SourcesFound):
        return "sources", SourcesEvent(sources=[SourceView.of(source) for source in event.sources])
    if isinstance(event, Answer):
        return "done", AskResponse.of(event)
    if isinstance(event, Failed):
        return "error", ErrorEvent(code=event.code, message=event.message, retryable=event.retryable)
    return "token", TokenEvent(text=event.text)


def socket_message(name: str, body: BaseModel) -> dict[str, Any]:
    """The same as one WebSocket message."""
    return {"type": name} | body.model_dump(mode="json")
