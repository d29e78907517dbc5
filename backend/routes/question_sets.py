"""Kept question sets: look at, change item by item, export."""

from __future__ import annotations

import asyncio
import re
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from backend.models.api import Message
from backend.models.question_api import (
    ItemChange,
    NewOrder,
    QuestionSetList,
    QuestionSetView,
    RenameRequest,
    SetSummaryView,
)
from backend.routes.deps import ERRORS, Caller, Offset, ServicesDep
from backend.services.question_bank import item_in
from backend.services.question_changes import changed

router = APIRouter(prefix="/api/question-sets", tags=["question sets"], responses=ERRORS)

_LONGEST_NAME = 80
_UNSAFE = re.compile(r"[^\w.-]+")
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as an attachment.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Format(StrEnum):
    """What a set can be exported as."""

    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    GIFT = "gift"
    QTI = "qti"
    ANKI = "anki"


Search = Annotated[str, Query(max_length=200, description="Looked for in the titles.")]
Limit = Annotated[int, Query(ge=1, le=100, description="Most sets of a page.")]
As = Annotated[
    Format,
    Query(alias="format", description="gift is for Moodle, qti (1.2) for Canvas, anki for Anki."),
]


@router.get("")
async def sets(
    caller: Caller, services: ServicesDep, offset: Offset = 0, limit: Limit = 20, search: Search = ""
) -> QuestionSetList:
    """The sets, newest first, without their questions."""
    page = await services.question_store.sets(caller.tenant, offset=offset, limit=limit, search=search)
    items = [SetSummaryView.summed(about) for about in page.items]
    return QuestionSetList(items=items, total=page.total, offset=offset, limit=limit)


@router.get("/{set_id}")
async def question_set(set_id: str, caller: Caller, services: ServicesDep) -> QuestionSetView:
    """One set with its questions, answers and sources."""
    return QuestionSetView.of(await services.question_store.question_set(caller.tenant, set_id))


@router.patch("/{set_id}")
async def rename(set_id: str, body: RenameRequest, caller: Caller, services: ServicesDep) -> QuestionSetView:
    """Give a set another title."""
    return QuestionSetView.of(await services.question_store.rename(caller.tenant, set_id, body.title))


@router.delete("/{set_id}")
async def delete(set_id: str, caller: Caller, services: ServicesDep) -> Message:
    """Forget a set and its questions."""
    await services.question_store.delete(caller.tenant, set_id)
    return Message(message="The question set is deleted.")


@router.put("/{set_id}/order")
async def reorder(set_id: str, body: NewOrder, caller: Caller, services: ServicesDep) -> QuestionSetView:
    """Put the questions in another order; every one must be named once."""
    stored = await services.question_store.reorder(caller.tenant, set_id, body.item_ids)
    return QuestionSetView.of(stored)


@router.patch("/{set_id}/items/{item_id}")
async def edit(
    set_id: str, item_id: str, body: ItemChange, caller: Caller, services: ServicesDep
) -> QuestionSetView:
    """Change the wording, answer, options or rubric of one question; what is left out stays."""
    stored = await services.question_store.question_set(caller.tenant, set_id)
    question = changed(item_in(stored, item_id).question, body)
    return QuestionSetView.of(await services.questions.edit(caller.tenant, set_id, item_id, question))


@router.delete("/{set_id}/items/{item_id}")
async def drop(set_id: str, item_id: str, caller: Caller, services: ServicesDep) -> QuestionSetView:
    """Take one question out of a set."""
    return QuestionSetView.of(await services.question_store.drop(caller.tenant, set_id, item_id))


@router.post("/{set_id}/items/{item_id}/regenerate")
async def regenerate(set_id: str, item_id: str, caller: Caller, services: ServicesDep) -> QuestionSetView:
    """Put another question of the same kind from the same place in the place of one.

    409 where that place carries no further question.
    """
    return QuestionSetView.of(await services.questions.regenerate(caller.tenant, set_id, item_id))


@router.get("/{set_id}/export", response_class=Response, responses=_FILE)
async def export(set_id: str, form: As, caller: Caller, services: ServicesDep) -> Response:
    """A set as a file: for a spreadsheet, to print, or to import into Moodle, Canvas or Anki."""
    stored = await services.question_store.question_set(caller.tenant, set_id)
    exporter = services.exports[form.value]
    content = await asyncio.to_thread(exporter.write, stored)
    headers = {"Content-Disposition": disposition(stored.summary.title, exporter.extension)}
    return Response(content, media_type=exporter.media_type, headers=headers)


def disposition(title: str, extension: str) -> str:
    """An attachment's name for old and new clients (RFC 6266), safe on every file system."""
    safe = _UNSAFE.sub("-", title).strip("-.")[:_LONGEST_NAME] or "questions"
    plain = safe.encode("ascii", "ignore").decode().strip("-.") or "questions"
    return f"attachment; filename=\"{plain}{extension}\"; filename*=UTF-8''{quote(safe + extension)}"
