"""Bodies that every route shares: errors, messages, sources."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.models.documents import Passage


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
    page: int | None = Field(description="1-based; null for formats without pages.")
    heading: str | None = Field(description="The headings above it, outermost first, joined by ' > '.")
    chunk_id: str
    text: str = Field(description="The chunk that was found.")
    context: str = Field(description="The chunk with the text around it.")
    score: float = Field(description="Relevance among the results of this search, 0..1.")

    @classmethod
    def of(cls, passage: Passage) -> FoundSource:
        """The source as clients see it."""
        found = passage.found
        return cls(
            document_id=passage.document_id,
            filename=passage.filename,
            page=found.page,
            heading=found.heading,
            chunk_id=found.id,
            text=found.text,
            context=passage.text,
            score=round(min(max(passage.score, 0.0), 1.0), 4),
        )


class SearchResponse(BaseModel):
    """Results, best first."""

    results: list[FoundSource]
