"""Searching several things at once, as clients see it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from backend.models.api import FoundSource
from backend.models.filters import CollectionNames, DocumentIds, Filters

MOST_QUERIES = 50
QueryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class BatchSearchRequest(BaseModel):
    """Several queries to the same documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"queries": ["chlorophyll", "water in roots"], "k": 3, "collections": ["botany"]}]
        }
    )

    queries: list[QueryText] = Field(min_length=1, max_length=MOST_QUERIES)
    k: StrictInt = Field(10, ge=1, le=100, description="Most results of each query.")
    document_ids: DocumentIds | None = None
    collections: CollectionNames | None = None
    filters: Filters | None = None


class BatchSearchResponse(BaseModel):
    """The results of each query, in the order of the queries."""

    results: list[list[FoundSource]]


class StatsResponse(BaseModel):
    """What the library holds and how its parts are."""

    documents: int = Field(description="That can be asked about.")
    chunks: int
    vectors: int
    collections: int
    index: IndexView
    caches: dict[str, CacheView]
    providers: list[BreakerView] = Field(description="Language models, first choice first.")
    streams: int = Field(description="Answers that are being streamed now, of all tenants.")


class IndexView(BaseModel):
    """The vector index of the tenant."""

    kind: str = Field(description="memory (nothing is on the disk yet), flat, sq8 or hnsw.")
    dimension: int
    pending: int = Field(description="Vectors that are found though the files do not hold them yet.")
    bytes: int
    generation: int = Field(description="Snapshots made so far.")
    mapped: bool
    check: str = Field(description="Of the blocks on the disk: unchecked, checking, sound or damaged.")
    recall: float | None = Field(description="Recall@10 beside exact search; null for an exact index.")
    troubles: list[str] = Field(description="What was found damaged and put right.")


class CacheView(BaseModel):
    """How often work was saved since the start of the process."""

    hits: int
    misses: int
    hit_rate: float = Field(description="0..1.")

    @classmethod
    def counted(cls, hits: int, misses: int) -> CacheView:
        """From counts."""
        return cls(hits=hits, misses=misses, hit_rate=round(hits / max(1, hits + misses), 4))


class BreakerView(BaseModel):
    """Whether a language model is asked."""

    model: str
    state: str = Field(description="ready, paused (it asked to wait) or open (left alone after failures).")
