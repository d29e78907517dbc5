"""Asking a question, as clients see it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from backend.models.answers import Answer, Source

LONGEST_QUESTION = 2000
DEFAULT_SOURCES = 4
MOST_SOURCES = 20

QuestionText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)
]

_QUESTION = "Which pigment gives leaves their colour?"


class AskRequest(BaseModel):
    """A question to the documents."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"question": _QUESTION, "k": 4, "document_ids": None}]}
    )

    question: QuestionText
    k: StrictInt = Field(DEFAULT_SOURCES, ge=1, le=MOST_SOURCES, description="Most sources.")
    document_ids: list[str] | None = Field(
        None, min_length=1, max_length=1000, description="Only from these documents; null: from all."
    )
    filters: dict[str, Any] | None = Field(
        None, description="Not supported yet: anything but null or {} is refused."
    )
    stream: bool = Field(False, description="Not supported yet: true is refused.")


class ChatQuery(BaseModel):
    """A question to be answered by a job."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query": _QUESTION}]})

    query: QuestionText


class SourceView(BaseModel):
    """A passage that an answer can be checked against."""

    document_id: str
    filename: str
    title: str = Field(description="What the document calls itself, else its filename.")
    url: str | None = Field(description="Where the original can be seen, e.g. the video of a transcript.")
    page: int | None = Field(description="1-based; null for formats without pages.")
    start_seconds: float | None = Field(description="Transcripts: when it is said.")
    heading: str | None = Field(description="The headings above it, outermost first, joined by ' > '.")
    chunk_id: str = Field(description="The chunk that says most about the question.")
    text: str = Field(description="That chunk with the text around it.")
    score: float = Field(description="Relevance among the passages found for this question, 0..1.")

    @classmethod
    def of(cls, source: Source) -> SourceView:
        """The source as clients see it."""
        document, chunk = source.document, source.chunk
        return cls(
            document_id=document.id,
            filename=document.filename,
            title=document.metadata.title or document.filename,
            url=document.metadata.url,
            page=chunk.page,
            start_seconds=chunk.start_seconds,
            heading=chunk.heading,
            chunk_id=chunk.id,
            text=source.passage.text,
            score=round(min(max(source.passage.score, 0.0), 1.0), 4),
        )


class AskTimings(BaseModel):
    """Where the time went, in milliseconds."""

    retrieval_ms: float
    total_ms: float


class AskResponse(BaseModel):
    """An answer whose markers [1], [2] ... count the sources from 1."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "answer": "Chlorophyll absorbs red and blue light, so that leaves look green. [1]",
                    "sources": [
                        {
                            "document_id": "0b8f6c0c5e3c4d0f8a4b6a0f5d3c2b1a",
                            "filename": "leaves.pdf",
                            "title": "On leaves",
                            "url": None,
                            "page": 3,
                            "start_seconds": None,
                            "heading": "Pigments",
                            "chunk_id": "1000004",
                            "text": "… Chlorophyll absorbs red and blue light, so that leaves look green. …",
                            "score": 0.97,
                        }
                    ],
                    "model": "extractive",
                    "cached": False,
                    "timings": {"retrieval_ms": 8.1, "total_ms": 31.4},
                }
            ]
        }
    )

    answer: str = Field(description="Says so plainly where the documents do not answer the question.")
    sources: list[SourceView] = Field(
        description="Best first, at most k, not all of them cited; empty where nothing was found."
    )
    model: str = Field(description="What made the answer: extractive quotes the documents.")
    cached: bool
    timings: AskTimings

    @classmethod
    def of(cls, answer: Answer) -> AskResponse:
        """The answer as clients see it."""
        return cls(
            answer=answer.text,
            sources=[SourceView.of(source) for source in answer.sources],
            model=answer.model,
            cached=False,
            timings=AskTimings(
                retrieval_ms=round(answer.retrieval_ms, 1), total_ms=round(answer.total_ms, 1)
            ),
        )
