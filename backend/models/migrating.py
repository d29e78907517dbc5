"""Migrations as clients see them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.models.migration import FoundStore
from backend.models.tracking import JobView


class FoundStoreView(BaseModel):
    """A store that can be moved over."""

    folder: str = Field(description="How `POST /api/migrations` names it.")
    layout: str
    size: int = Field(description="Bytes of its files.")
    seconds: float = Field(description="About how long moving it over takes.")

    @classmethod
    def of(cls, store: FoundStore) -> FoundStoreView:
        """The store as clients see it."""
        return cls(folder=store.name, layout=store.layout, size=store.size, seconds=round(store.seconds, 1))


class FoundStores(BaseModel):
    """Stores below the folders that are looked through."""

    stores: list[FoundStoreView]


class MigrationRequest(BaseModel):
    """Which store to move over, and how."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"folder": "storage", "dry_run": True}]})

    folder: str = Field(max_length=4096, description="As `GET /api/migrations` names it.")
    dry_run: bool = Field(False, description="Only say what would be done.")
    reembed: bool = Field(False, description="Make all vectors anew with the model in use.")
    keep: bool = Field(
        False, description="Keep vectors of another model as an index of their own, bit for bit."
    )


class MigrationView(BaseModel):
    """The report of a dry run, or the job that moves the store over."""

    report: dict[str, Any] | None = Field(
        None,
        description="documents, nodes, vectors, skipped (with skips and reasons), model, notes, seconds.",
    )
    job: JobView | None = None
