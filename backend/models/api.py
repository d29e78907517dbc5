"""Bodies that every route shares: errors, messages, sources."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.models.answers import Source
from backend.utils.links import link_at


class ErrorBody(BaseModel):
    """What every failed request answers with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "error",
                    "message": "There is no finished document to make questions from. Upload one first.",
                    "detail": "There is no finished document to make questions from. Upload one first.",
                    "code": "empty_library",
                    "fallback_used": False,
                    "retry_after": None,
                    "request_id": "6f1c0c2e9d7f4a5bb1f0a2f0d5f3c111",
                }
            ]
        }
    )

    status: str = "error"
    message: str = Field(description="A sentence for a person that says what to do.")
    detail: str | list[Any] = Field(
        description="The same sentence; the list of faults where a body is invalid."
    )
    code: str = Field(description="Stable name of what went wrong.")
    fallback_used: bool = False
    retry_after: int | None = Field(None, description="Seconds after which to try again, if that may help.")
    request_id: str = Field(description="Also in the header X-Request-ID and in the server's log.")


class Message(BaseModel):
    """A sentence for a person."""

    message: str


class FoundSource(BaseModel):
    """A passage that answers a search."""

    document_id: str
    filename: str
    title: str = Field(description="What the document calls itself, else its filename.")
    url: str | None = Field(description="Where the original can be seen.")
    link: str | None = Field(description="`url`, for a video at the second where it is said.")
    page: int | None = Field(description="1-based; null for formats without pages.")
    start_seconds: float | None = Field(description="Transcripts: when it is said.")
    heading: str | None = Field(description="The headings above it, outermost first, joined by ' > '.")
    chunk_id: str
    text: str = Field(description="The chunk that was found.")
    start: int = Field(description="Where `text` begins in the document's extracted text, in characters.")
    end: int = Field(description="Where it ends there.")
    context: str = Field(description="The chunk with the text around it.")
    score: float = Field(description="Relevance among the results of this search, 0..1.")

    @classmethod
    def of(cls, source: Source) -> FoundSource:
        """The source as clients see it."""
        document, found = source.document, source.chunk
        url = document.metadata.url
        return cls(
            document_id=document.id,
            filename=document.filename,
            title=document.metadata.title or document.filename,
            url=url,
            link=link_at(url, found.start_seconds) if url else None,
            page=found.page,
            start_seconds=found.start_seconds,
            heading=found.heading,
            chunk_id=found.id,
            text=found.text,
            start=found.start,
            end=found.end,
            context=source.passage.text,
            score=round(min(max(source.passage.score, 0.0), 1.0), 4),
        )


class SearchResponse(BaseModel):
    """Results, best first."""

    results: list[FoundSource]
