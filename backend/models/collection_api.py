"""Collections as clients see and change them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from backend.models.collections import Collection
from backend.models.filters import CollectionName, DocumentIds

_ID = "0b8f6c0c5e3c4d0f8a4b6a0f5d3c2b1a"


class NewCollection(BaseModel):
    """A name, and the documents to begin with."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "botany", "document_ids": [_ID]}]})

    name: CollectionName
    document_ids: list[str] = Field(default=[], max_length=1000)


class CollectionMembers(BaseModel):
    """Documents to put into a collection."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"document_ids": [_ID]}]})

    document_ids: DocumentIds


class CollectionView(BaseModel):
    """A named set of documents that are searched together."""

    name: str
    document_ids: list[str]
    created_at: datetime

    @classmethod
    def of(cls, collection: Collection) -> CollectionView:
        """The collection as clients see it."""
        return cls(
            name=collection.name,
            document_ids=list(collection.document_ids),
            created_at=collection.created_at,
        )


class CollectionList(BaseModel):
    """All collections, by name."""

    items: list[CollectionView]
