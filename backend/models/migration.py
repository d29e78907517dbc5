"""What another product's store holds, and what became of it here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from backend.models.documents import DocumentMetadata

REASONS: Mapping[str, str] = {
    "no_text": "vectors of nodes that the docstore no longer holds: without text nothing can be shown",
    "empty_text": "nodes without any text",
    "no_vector": "nodes without a usable vector: --reembed makes one",
    "not_indexed": "nodes of the docstore that are not in the index of vectors: deleted from it, or parents",
    "whole_document": "whole documents kept beside their nodes: their nodes hold the same text",
    "not_finite": "vectors that hold NaN, Infinity or a number too large for a float32",
    "not_numbers": "vectors that are no list of numbers",
    "zero_vector": "vectors of length zero, which have no direction",
    "other_length": "vectors of another length than the rest of the store",
    "image_vector": "vectors of images: searches here are by text",
    "duplicate": "ids that stand twice in one store: the last one counts, as in LlamaIndex",
    "not_a_node": "entries of the docstore that are no nodes",
}
"""Why something is left behind, as sentences for a person, by a stable name."""

_EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of text as the other product kept it."""

    id: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    relationships: Mapping[str, Any] = field(default_factory=dict)
    """As the store writes them: ids or objects by number (1 source, 2 previous, 3 next, 4 parent, 5 child)"""
    rest: Mapping[str, Any] = field(default_factory=dict)
    """Everything else that the node says: templates, excluded keys, hash, offsets."""
    source: str | None = None
    """Id of the document that it was cut from."""
    page: int | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignDocument:
    """A document to be made from nodes."""

    sha256: str
    """Of its id, and of ids, texts, metadata and relationships of its nodes in order: tells it apart."""
    ref_id: str | None
    """Its id there; None for nodes that name no document."""
    filename: str
    media_type: str
    size: int
    nodes: int
    first: int
    """Place of its first node among all nodes of the store; a document's nodes are neighbours."""
    pages: int | None = None
    metadata: DocumentMetadata = field(default_factory=DocumentMetadata)
    said: Mapping[str, Any] = field(default_factory=dict)
    """Metadata of the whole document, as the store writes it."""


@dataclass(slots=True)
class Skipped:
    """How much was left behind for one reason, and the ids of the first of it."""

    reason: str
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(name[:200])


@dataclass(frozen=True, slots=True)
class FoundStore:
    """A folder that looks like a store, not read yet."""

    folder: Path
    layout: str
    size: int
    """Bytes of its files."""
    name: str = ""
    """How a client names it: its path below the folder that was looked through."""

    @property
    def seconds(self) -> float:
        """About how long it takes to move over, text and vectors being what they usually are."""
        return 1.0 + self.size / _BYTES_A_SECOND


_BYTES_A_SECOND = 25_000_000
"""Measured on 10,000 vectors of 1,024 numbers, keyword index and verification included, and halved."""


@dataclass(frozen=True, slots=True)
class ModelMatch:
    """Whether the vectors come from the model in use."""

    same: bool
    reason: str
    sampled: int = 0
    cosine: float | None = None
    """Median over the sampled nodes of the cosine between their vector and one made anew."""

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared with the source after everything was stored."""

    passed: bool
    nodes: int
    """Nodes whose ids are all there, in order."""
    vectors_compared: int
    neighbours_compared: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a migration did, or would do."""

    folder: str
    layout: str
    documents: int
    """Documents of the source that are here now (or would be), those of an earlier run included."""
    nodes: int
    vectors: int
    """Vectors that are here now, taken over bit for bit or, with ``reembedded``, made anew."""
    skipped: int
    skips: tuple[Skipped, ...]
    documents_already_here: int
    dimension: int | None
    model: ModelMatch
    reembedded: bool
    dry_run: bool
    bytes: int
    seconds: float
    notes: tuple[str, ...] = ()
    verification: Verification | None = None
    source_deleted: bool = False
    kept_index: str | None = None
    """Name of the vector index that keeps vectors of another model; None where they became documents."""

    def as_json(self) -> dict[str, Any]:
        """As the command line, a job's result and the API give it."""
        whole = asdict(self)
        whole["skips"] = [{**asdict(skip), "why": REASONS[skip.reason]} for skip in self.skips]
        whole["seconds"] = round(self.seconds, 2)
        return whole
