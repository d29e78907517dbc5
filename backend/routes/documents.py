"""The library: upload, list, look at, delete, and search documents."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.datastructures import UploadFile

from backend.errors import InvalidRequest, NotFound, QuaestioError
from backend.models.api import Message
from backend.models.library import (
    DocumentList,
    DocumentProblem,
    DocumentView,
    PassageView,
    UploadedDocument,
    UploadResponse,
)
from backend.routes.deps import ERRORS, FILE, Asker, Caller, Offset, ServicesDep, multipart
from backend.services.container import Services
from backend.services.ingestion import Accepted, Kept

router = APIRouter(prefix="/api", tags=["documents"], responses=ERRORS)

_PIECE = 1 << 18
_MOST_FILES = 1000
_AT_ONCE = 8
"""Files of one upload that are stored at a time: their writes are committed together."""

_FILES: dict[str, object] = {"type": "array", "items": FILE}


@router.post("/documents", status_code=202, openapi_extra=multipart("files", _FILES))
async def upload(
    request: Request,
    caller: Caller,
    services: ServicesDep,
    idempotency_key: Annotated[
        str | None, Header(description="Sent again with the same files within a day: the same answer.")
    ] = None,
) -> UploadResponse:
    """Take in one or several files, up to 1,000; each is read, cut and embedded in the background.

    The same bytes again give the document there is. Of several files a bad one is refused in its own
    entry; a single bad file is refused as a whole.
    """
    async with request.form(max_files=_MOST_FILES) as form:
        files = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
        if not files:
            raise InvalidRequest("Send the files as multipart/form-data, each in a field `files`.")
        if idempotency_key is None:
            return await _accept_all(services, caller, files)

        async def work() -> str:
            return (await _accept_all(services, caller, files)).model_dump_json()

        answer = await services.idempotency.once(
            caller.tenant, idempotency_key, await _fingerprint(files), work
        )
        return UploadResponse.model_validate_json(answer)


@router.get("/documents")
async def documents(
    caller: Caller,
    services: ServicesDep,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    search: Annotated[str, Query(max_length=200, description="Part of a filename or title.")] = "",
) -> DocumentList:
    """The library, newest first."""
    page = await services.catalog.documents(caller.tenant, offset=offset, limit=limit, search=search)
    return DocumentList(
        items=[DocumentView.of(d) for d in page.items], total=page.total, offset=offset, limit=limit
    )


@router.get("/documents/{document_id}")
async def document(document_id: str, caller: Caller, services: ServicesDep) -> DocumentView:
    """One document and how far its ingestion is."""
    return DocumentView.of(await services.catalog.document(caller.tenant, document_id))


@router.delete("/documents/{document_id}")
async def delete(document_id: str, caller: Caller, services: ServicesDep) -> Message:
    """Remove a document everywhere: file, text, both indexes; also while it is being ingested."""
    gone = await services.ingestion.delete(caller.tenant, document_id)
    return Message(message=f"{gone.filename} was deleted.")


@router.get("/documents/{document_id}/passage")
async def passage(
    document_id: str, caller: Caller, services: ServicesDep, chunk_id: Annotated[str, Query(max_length=16)]
) -> PassageView:
    """A chunk with the text around it, to show where a question or an answer comes from."""
    found = await services.retriever.passage(caller.tenant, document_id, chunk_id)
    if found is None:
        raise NotFound("There is no such passage in this document.")
    return PassageView.of(found)


async def pieces(file: UploadFile) -> AsyncIterator[bytes]:
    """The file in pieces that fit in memory."""
    while piece := await file.read(_PIECE):
        yield piece
        await asyncio.sleep(0)


async def _accept_all(services: Services, caller: Asker, files: list[UploadFile]) -> UploadResponse:
    if len(files) == 1:
        return UploadResponse(documents=[await _accept(services, caller, files[0])])
    entries: list[UploadedDocument] = []
    for start in range(0, len(files), _AT_ONCE):
        some = files[start : start + _AT_ONCE]
        kept = await asyncio.gather(*(_keep_or_say(services, caller, file) for file in some))
        # Begun in their order: of the same bytes the first file is the document, the others its duplicates.
        entries += await asyncio.gather(*(_take_in_or_say(services, each) for each in kept))
    return UploadResponse(documents=entries)


async def _fingerprint(files: list[UploadFile]) -> str:
    """Names and contents as one hash; the files are read to their ends and wound back."""
    whole = hashlib.sha256()
    for file in files:
        content = hashlib.sha256()
        async for piece in pieces(file):
            content.update(piece)
        await file.seek(0)
        whole.update(json.dumps([file.filename, content.hexdigest()]).encode())
    return whole.hexdigest()


async def _accept(services: Services, caller: Asker, file: UploadFile) -> UploadedDocument:
    return _entry(await services.ingestion.accept(caller.tenant, file.filename or "", pieces(file)))


def _entry(accepted: Accepted) -> UploadedDocument:
    taken = accepted.document
    return UploadedDocument(
        filename=taken.filename,
        document_id=taken.id,
        job_id=taken.job_id,
        status=taken.state.value,
        duplicate_of=taken.id if accepted.duplicate else None,
    )


async def _keep_or_say(services: Services, caller: Asker, file: UploadFile) -> Kept | UploadedDocument:
    name = file.filename or ""
    try:
        return await services.ingestion.keep(caller.tenant, name, pieces(file))
    except QuaestioError as error:
        return _refused(name, error)


async def _take_in_or_say(services: Services, kept: Kept | UploadedDocument) -> UploadedDocument:
    if isinstance(kept, UploadedDocument):
        return kept
    try:
        return _entry(await services.ingestion.take_in(kept))
    except QuaestioError as error:
        return _refused(kept.name, error)


def _refused(name: str, error: QuaestioError) -> UploadedDocument:
    problem = DocumentProblem(code=error.code, message=error.message)
    return UploadedDocument(filename=name, status="refused", error=problem)
