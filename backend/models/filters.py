"""Conditions on documents, as clients send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, StringConstraints

from backend.models.scope import Scope

DocumentIds = Annotated[list[str], Field(min_length=1, max_length=1000)]
CollectionName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
CollectionNames = Annotated[list[CollectionName], Field(min_length=1, max_length=100)]
_Names = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=128)]], Field(max_length=50)
]
_Moment = AwareDatetime | NaiveDatetime


class Filters(BaseModel):
    """Documents that meet every condition given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"types": ["pdf"], "languages": ["en"], "uploaded_from": "2026-11-01T00:00:00Z"}]
        },
    )

    document_ids: DocumentIds | None = None
    collections: CollectionNames | None = Field(None, description="In any of these.")
    types: _Names = Field(
        default=[], description="Endings of file names, e.g. pdf, or media types, e.g. text/*."
    )
    languages: _Names = Field(default=[], description="ISO 639-1, e.g. en.")
    uploaded_from: _Moment | None = Field(None, description="UTC where no zone is given.")
    uploaded_to: _Moment | None = None


def scope_of(
    document_ids: Sequence[str] | None, collections: Sequence[str] | None, filters: Filters | None
) -> Scope:
    """Everything that a request says of its documents; ids in both places must be in both."""
    said = filters or Filters()
    ids = [set(named) for named in (document_ids, said.document_ids) if named is not None]
    return Scope(
        document_ids=tuple(sorted(set.intersection(*ids))) if ids else None,
        collections=tuple(dict.fromkeys([*(collections or ()), *(said.collections or ())])),
        types=tuple(said.types),
        languages=tuple(said.languages),
        uploaded_from=_aware(said.uploaded_from),
        uploaded_to=_aware(said.uploaded_to),
    )


def _aware(moment: _Moment | None) -> _Moment | None:
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)
