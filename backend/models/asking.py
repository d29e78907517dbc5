"""Asking a question, as clients see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from backend.models.answers import Answer, Citation, Inquiry, Source
from backend.models.filters import CollectionNames, DocumentIds, Filters, scope_of
from backend.utils.links import link_at

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
        json_schema_extra={
            "examples": [
                {
                    "question": _QUESTION,
                    "k": 4,
                    "document_ids": None,
                    "collections": ["botany"],
                    "filters": {"types": ["pdf"], "languages": ["en"]},
                    "conversation": False,
                    "stream": False,
                }
            ]
        }
    )

    question: QuestionText
    k: StrictInt | None = Field(
        None, ge=1, le=MOST_SOURCES, description="Most sources; null: DEFAULT_K_DOCUMENTS (4)."
    )
    document_ids: DocumentIds | None = Field(None, description="Only from these documents; null: from all.")
    collections: CollectionNames | None = Field(None, description="Only from documents in any of these.")
    filters: Filters | None = Field(None, description="Only from documents that meet all of these.")
    conversation: bool = Field(
        False,
        description="As the next turn of this session (X-Session-Id): it may refer to what was said before, "
        "and is remembered.",
    )
    stream: bool = Field(False, description="Answer as Server-Sent Events, as /api/ask/stream does.")

    def to_inquiry(self, default_k: int, session: str) -> Inquiry:
        """What is asked; ``session`` counts where it is a turn of a conversation."""
        scope = scope_of(self.document_ids, self.collections, self.filters)
        return Inquiry(self.question, self.k or default_k, scope, session if self.conversation else None)


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
    link: str | None = Field(description="`url`, for a video at the second where it is said.")
    heading: str | None = Field(description="The headings above it, outermost first, joined by ' > '.")
    chunk_id: str = Field(description="The chunk that says most about the question.")
    text: str = Field(description="That chunk with the text around it.")
    start: int = Field(description="Where `text` begins in the document's extracted text, in characters.")
    end: int = Field(description="Where it ends there.")
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
            link=link_at(document.metadata.url, chunk.start_seconds) if document.metadata.url else None,
            heading=chunk.heading,
            chunk_id=chunk.id,
            text=source.passage.text,
            start=source.passage.chunks[0].start,
            end=source.passage.chunks[-1].end,
            score=round(min(max(source.passage.score, 0.0), 1.0), 4),
        )


class CitationView(BaseModel):
    """A marker of the answer, and the sentences that support what stands before it."""

    source: int = Field(description="The number in the marker: counts `sources` from 1.")
    document_id: str
    chunk_id: str
    quote: str = Field(description="As it stands in the document.")
    start: int = Field(description="Where the quote begins in the document's extracted text, in characters.")
    end: int
    page: int | None
    start_seconds: float | None = Field(description="Transcripts: about when the quote begins to be said.")
    link: str | None = Field(description="Opens the video at that second.")

    @classmethod
    def of(cls, citation: Citation, source: Source) -> CitationView:
        """The citation as clients see it."""
        chunk, url = citation.chunk, source.document.metadata.url
        return cls(
            source=citation.number,
            document_id=source.document.id,
            chunk_id=chunk.id,
            quote=citation.quote,
            start=citation.start,
            end=citation.end,
            page=chunk.page,
            start_seconds=citation.start_seconds,
            link=link_at(url, citation.start_seconds) if url else None,
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
                            "link": None,
                            "heading": "Pigments",
                            "chunk_id": "1000004",
                            "text": "… Chlorophyll absorbs red and blue light, so that leaves look green. …",
                            "start": 512,
                            "end": 1490,
                            "score": 0.97,
                        }
                    ],
                    "citations": [
                        {
                            "source": 1,
                            "document_id": "0b8f6c0c5e3c4d0f8a4b6a0f5d3c2b1a",
                            "chunk_id": "1000004",
                            "quote": "Chlorophyll absorbs red and blue light, so that leaves look green.",
                            "start": 760,
                            "end": 826,
                            "page": 3,
                            "start_seconds": None,
                            "link": None,
                        }
                    ],
                    "dropped_citations": 0,
                    "kind": "fact",
                    "standalone_question": "Which pigment gives leaves their colour?",
                    "model": "extractive",
                    "fallback_used": False,
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
    citations: list[CitationView] = Field(description="Every marker of the answer, checked, in their order.")
    dropped_citations: int = Field(description="Markers that were taken out: their source did not say so.")
    kind: str = Field(description="What was asked for: fact, summary, comparison, list or how-to.")
    standalone_question: str = Field(description="The question as it was searched for.")
    model: str = Field(description="What made the answer, e.g. openai:gpt-4.1-mini; extractive quotes.")
    fallback_used: bool = Field(description="Whether it was quoted because no model answered.")
    cached: bool
    timings: AskTimings

    @classmethod
    def of(cls, answer: Answer) -> AskResponse:
        """The answer as clients see it."""
        return cls(
            answer=answer.text,
            sources=[SourceView.of(source) for source in answer.sources],
            citations=[
                CitationView.of(citation, answer.sources[citation.number - 1])
                for citation in answer.citations
            ],
            dropped_citations=answer.dropped_citations,
            kind=answer.kind,
            standalone_question=answer.standalone,
            model=answer.model,
            fallback_used=answer.fallback_used,
            cached=False,
            timings=AskTimings(
                retrieval_ms=round(answer.retrieval_ms, 1), total_ms=round(answer.total_ms, 1)
            ),
        )
