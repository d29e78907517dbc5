"""What a migration says of itself."""

from __future__ import annotations

import time

from backend.models.migration import MigrationReport, ModelMatch
from backend.ports.foreign_store import ForeignStore


def could_move(store: ForeignStore) -> bool:
    """Whether there is text that vectors of the right model would let in."""
    return bool(store.documents) or any(skip.reason == "no_vector" for skip in store.skips)


def ways(model: ModelMatch) -> str:
    """What can be done with vectors of another model."""
    return (
        f"{model.reason} Vectors of two models cannot be searched together. Have the text embedded by the "
        "model in use (--reembed, or `reembed` over HTTP), keep the vectors as an index of their own "
        "(--keep, or `keep`), or set EMBEDDING_MODEL to the model that made them and choose an empty "
        "DATA_DIR."
    )


def report_of(
    folder: str,
    store: ForeignStore,
    model: ModelMatch,
    here: int,
    began: float,
    dimension: int | None,
    reembedded: bool,
) -> MigrationReport:
    """``here``: documents that were here before; ``began`` by the monotonic clock."""
    return MigrationReport(
        folder=folder,
        layout=store.layout,
        documents=len(store.documents),
        nodes=store.nodes,
        vectors=store.nodes if reembedded else store.vectors,
        skipped=sum(skip.count for skip in store.skips),
        skips=tuple(store.skips),
        documents_already_here=here,
        dimension=dimension,
        model=model,
        reembedded=reembedded,
        dry_run=False,
        bytes=store.size,
        seconds=time.monotonic() - began,
        notes=tuple(store.notes),
    )
