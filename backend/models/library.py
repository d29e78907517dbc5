"""Documents as clients see them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from backend.models.documents import Document, Passage


class DocumentProblem(BaseModel):
    """Why a document could not be used."""

    code: str
    message: str


class DocumentView(BaseModel):
    """A document and how far its ingestion is."""

    document_id: str
    job_id: str
    filename: str
    title: str | None
    status: str = Field(description="queued, started, finished, failed or stopped")
    stage: str = Field(description="waiting, extracting, embedding, indexing or ready")
    progress: float = Field(description="Share of the whole ingestion, 0..1.")
    done: int = Field(description="Units of this stage that are done.")
    total: int = Field(description="Units in all; 0 while unknown.")
    unit: str = Field(description="What `done` and `total` count: pages, bytes or passages; else empty.")
    waiting: bool = Field(description="Nobody works on it: it waits for a worker. False once it has ended.")
    heartbeat_at: datetime | None = Field(description="When whoever works on it was last heard of.")
    rate: float | None = Field(description="Units per second; null while unknown.")
    seconds_left: int | None = Field(description="Until it can be asked about; null while unknown.")
    pages: int | None
    chunks: int
    size: int = Field(description="Bytes of the uploaded file.")
    text_length: int = Field(description="Characters of extracted text.")
    media_type: str
    language: str | None = Field(description="ISO 639-1, by its text; null where it could not be told.")
    created_at: datetime
    warning: str | None = Field(description="What to know though it worked, e.g. unreadable pages.")
    error: DocumentProblem | None

    @classmethod
    def of(cls, document: Document) -> DocumentView:
        """The document as clients see it."""
        progress, error = document.progress, document.error
        work = None if document.state.ended else document.work
        rate, left = work.pace(progress.done, progress.fraction) if work else (None, None)
        return cls(
            document_id=document.id,
            job_id=document.job_id,
            filename=document.filename,
            title=document.metadata.title,
            status=document.state.value,
            stage=progress.stage,
            progress=round(progress.fraction, 4),
            done=progress.done,
            total=progress.total,
            unit=progress.unit,
            waiting=document.waiting,
            heartbeat_at=document.work.heartbeat_at if document.work else None,
            rate=rate,
            seconds_left=left,
            pages=document.pages,
            chunks=document.chunks,
            size=document.size,
            text_length=document.text_length,
            media_type=document.media_type,
            language=document.language,
            created_at=document.created_at,
            warning=document.warning,
            error=DocumentProblem(code=error.code, message=error.message) if error else None,
        )


class DocumentList(BaseModel):
    """One page of the library, newest first."""

    items: list[DocumentView]
    total: int
    offset: int
    limit: int


class UploadedDocument(BaseModel):
    """What became of one file of an upload."""

    filename: str
    document_id: str | None = None
    job_id: str | None = None
    status: str = Field(description="State of the document, or `refused`.")
    duplicate_of: str | None = Field(None, description="The same bytes are already this document.")
    error: DocumentProblem | None = None


class UploadResponse(BaseModel):
    """One entry per uploaded file, in their order."""

    documents: list[UploadedDocument]


class PassageView(BaseModel):
    """A chunk with the text around it."""

    document_id: str
    filename: str
    page: int | None
    heading: str | None
    chunk_id: str
    before: str
    text: str
    after: str

    @classmethod
    def of(cls, passage: Passage) -> PassageView:
        """The passage, split at its chunk."""
        found = passage.found
        before = passage.text_before_hit
        return cls(
            document_id=passage.document_id,
            filename=passage.filename,
            page=found.page,
            heading=found.heading,
            chunk_id=found.id,
            before=before,
            text=found.text,
            after=passage.text[len(before) + len(found.text) :],
        )


class PdfMetadata(BaseModel):
    """Fixed: what the file says of itself. Strings are empty where it says nothing."""

    title: str
    author: str
    subject: str
    creator: str
    producer: str
    creation_date: str
    modification_date: str
    pages: int = Field(description="0 for formats without pages.")
    file_size: int

    @classmethod
    def of(cls, document: Document) -> PdfMetadata:
        """The metadata as the learning front end reads it."""
        said = document.metadata
        return cls(
            title=said.title or "",
            author=said.author or "",
            subject=said.subject or "",
            creator=said.creator or "",
            producer=said.producer or "",
            creation_date=said.creation_date or "",
            modification_date=said.modification_date or "",
            pages=document.pages or 0,
            file_size=document.size,
        )


class PdfItem(BaseModel):
    """Fixed: one line of the list."""

    filename: str
    title: str
    author: str
    pages: int
    file_size: int
    file_path: str = Field(description="Where the API describes the document; never a path on the server.")


class PdfList(BaseModel):
    """Fixed: one page of the list."""

    items: list[PdfItem]
    total: int
    offset: int
    limit: int


class PdfSelection(BaseModel):
    """Fixed: which document to select."""

    filename: str = Field(min_length=1, max_length=255)


class PdfReady(BaseModel):
    """Fixed: a document that can be asked about."""

    message: str
    filename: str
    metadata: PdfMetadata
    text_length: int


class PdfInfo(BaseModel):
    """Fixed: the selected document."""

    filename: str
    selected_at: datetime
    text_length: int
    metadata: PdfMetadata
