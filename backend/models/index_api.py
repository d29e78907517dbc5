"""Bodies of ``/v1/index``. Vectors are read past pydantic, which takes longer than a search."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.models.vector_index import IndexFigures, Written


class CreateIndex(BaseModel):
    """A new index."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "papers", "dimension": 384, "index_type": "Auto"}]}
    )

    name: str = Field(description="1 to 80 letters, digits or . _ : @ -; also its id.")
    dimension: int = Field(description="Numbers of a vector; bits for a binary index.")
    index_type: str = Field(
        "Flat",
        description="A factory string (IVF64,Flat) or class name (IndexHNSWFlat) of FAISS, or `Auto`: flat, "
        "and searched through a graph that is made in the background from 5,000 vectors on.",
    )
    metric: str = Field(
        "l2", description="l2, ip, l1, linf, canberra, braycurtis, jensenshannon. Binary: Hamming."
    )
    tenant_id: str | None = Field(None, description="Only the caller's own is taken.")


class GraphInfo(BaseModel):
    """The graph that an `Auto` index makes of its vectors in the background."""

    state: str = Field(
        description="none (too few vectors), building, ready, or refused (it found too little)."
    )
    covered: int = Field(description="Vectors that are searched through it; those since are compared each.")
    recall: float | None = Field(description="Of the ten nearest, beside exact search, when it was made.")
    effort: int = Field(description="Candidates (efSearch) of a search for ten.")
    failed: str = Field(description="Why it could not be made; it is tried again.")


class IndexInfo(BaseModel):
    """An index in figures."""

    id: str
    name: str
    index_type: str
    metric: str
    dimension: int
    binary: bool
    ntotal: int
    is_trained: bool
    removed: int = Field(description="Positions that wait to be cleared out.")
    bytes: int = Field(description="Of vectors as handed in, and metadata.")
    disk_bytes: int
    generation: int = Field(description="Number of the newest snapshot.")
    state: str = Field(description="Checksums: unchecked, checking, sound or damaged.")
    troubles: list[str]
    graph: GraphInfo | None = Field(None, description="Only of an Auto index.")

    @classmethod
    def of(cls, figures: IndexFigures) -> IndexInfo:
        """As clients see it."""
        return cls(
            id=figures.name,
            name=figures.name,
            index_type=figures.index_type,
            metric=figures.metric,
            dimension=figures.dimension,
            binary=figures.binary,
            ntotal=figures.ntotal,
            is_trained=figures.trained,
            removed=figures.removed,
            bytes=figures.bytes,
            disk_bytes=figures.disk_bytes,
            generation=figures.generation,
            state=figures.check,
            troubles=list(figures.troubles),
            graph=None if figures.graph is None else GraphInfo(**asdict(figures.graph)),
        )


class IndexPage(BaseModel):
    """Some indexes of the caller, by name."""

    items: list[IndexInfo]
    total: int
    offset: int
    limit: int


class Upserted(BaseModel):
    """What was written."""

    upserted: int
    added: int
    replaced: int

    @classmethod
    def of(cls, written: Written) -> Upserted:
        """As clients see it."""
        return cls(upserted=written.added + written.replaced, added=written.added, replaced=written.replaced)


class Deleted(BaseModel):
    """How many vectors are gone."""

    deleted: int


class DeleteVectors(BaseModel):
    """By ids, or by what their metadata says; one of both."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"filter": {"year": {"$lt": 2000}}}]})

    ids: list[int | str] | None = Field(None, description="Unknown ones are passed over.")
    filter: dict[str, Any] | None = None


class Ntotal(BaseModel):
    """Vectors that can be found."""

    ntotal: int
