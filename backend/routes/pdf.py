"""The learning front end's documents (fixed): upload and wait, list, select, describe."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile

from backend.errors import InvalidRequest
from backend.models.documents import Document
from backend.models.library import PdfInfo, PdfItem, PdfList, PdfMetadata, PdfReady, PdfSelection
from backend.routes.deps import ERRORS, FILE, Caller, Offset, ServicesDep, multipart
from backend.routes.documents import pieces

router = APIRouter(prefix="/api/pdf", tags=["learning front end"], responses=ERRORS)


@router.get("/list")
async def list_documents(
    caller: Caller,
    services: ServicesDep,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    search: Annotated[str, Query(max_length=200)] = "",
) -> PdfList:
    """Documents that can be asked about, newest first."""
    page = await services.catalog.documents(
        caller.tenant, offset=offset, limit=limit, search=search, published_only=True
    )
    return PdfList(items=[_item(d) for d in page.items], total=page.total, offset=offset, limit=limit)


@router.post("/upload", openapi_extra=multipart("file", FILE))
async def upload(request: Request, caller: Caller, services: ServicesDep) -> PdfReady:
    """Take in one file and answer when it can be asked about."""
    async with request.form(max_files=1) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidRequest("Send the file as multipart/form-data in a field `file`.")
        accepted = await services.ingestion.accept(caller.tenant, file.filename or "", pieces(file))
    document = await services.ingestion.finished(accepted.document)
    known = "was already there" if accepted.duplicate else "was read"
    return _ready(document, f"{document.filename} {known} and can be asked about.")


@router.post("/select")
async def select(body: PdfSelection, caller: Caller, services: ServicesDep) -> PdfReady:
    """Choose the document that this session asks about."""
    document = await services.catalog.document_named(caller.tenant, body.filename)
    await services.catalog.select(caller.tenant, caller.session, document.id)
    return _ready(document, f"{document.filename} is selected.")


@router.get("/info")
async def info(caller: Caller, services: ServicesDep) -> PdfInfo:
    """The selected document of this session."""
    document, selected_at = await services.catalog.selected(caller.tenant, caller.session)
    return PdfInfo(
        filename=document.filename,
        selected_at=selected_at,
        text_length=document.text_length,
        metadata=PdfMetadata.of(document),
    )


@router.get("/metadata")
async def metadata(caller: Caller, services: ServicesDep) -> PdfMetadata:
    """What the selected document says of itself."""
    document, _ = await services.catalog.selected(caller.tenant, caller.session)
    return PdfMetadata.of(document)


def _ready(document: Document, message: str) -> PdfReady:
    return PdfReady(
        message=message,
        filename=document.filename,
        metadata=PdfMetadata.of(document),
        text_length=document.text_length,
    )


def _item(document: Document) -> PdfItem:
    return PdfItem(
        filename=document.filename,
        title=document.metadata.title or "",
        author=document.metadata.author or "",
        pages=document.pages or 0,
        file_size=document.size,
        file_path=f"/api/documents/{document.id}",
    )
