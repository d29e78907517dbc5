"""What an index says of itself: which documents of which library it holds, made by which model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import orjson

UNFINISHED = 0
"""Stamp of a document of which only a part is in the index."""

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class LibraryNote:
    """Committed with the vectors that it speaks of, in one step.

    ``documents`` maps numbers to stamps, which tell a document from another one of the same number.
    """

    model: str
    documents: Mapping[int, int] = field(default_factory=dict)
    learnt: int = 0
    """Vectors there were when the structure was made; 0 for one that does not learn."""
    recall: float | None = None
    refused: Mapping[str, float] = field(default_factory=dict)
    """Recall of structures that were tried and not kept."""
    refused_at: int = 0
    """Vectors there were then."""

    def with_documents(self, documents: Mapping[int, int]) -> LibraryNote:
        """The same of other documents."""
        return replace(self, documents=documents)

    def to_bytes(self) -> bytes:
        """A line of JSON, then numbers and stamps."""
        told = {
            "format": _FORMAT,
            "model": self.model,
            "learnt": self.learnt,
            "recall": self.recall,
            "refused": dict(self.refused),
            "refused_at": self.refused_at,
        }
        numbers = np.fromiter(self.documents.keys(), np.int64, len(self.documents))
        stamps = np.fromiter(self.documents.values(), np.uint64, len(self.documents))
        return orjson.dumps(told) + b"\n" + numbers.tobytes() + stamps.tobytes()

    @classmethod
    def of(cls, content: bytes) -> LibraryNote | None:
        """None for what this version did not write."""
        head, _, rest = content.partition(b"\n")
        try:
            told = orjson.loads(head)
            if told.pop("format") != _FORMAT or len(rest) % 16:
                return None
            half = len(rest) // 2
            numbers, stamps = np.frombuffer(rest[:half], np.int64), np.frombuffer(rest[half:], np.uint64)
            return cls(documents=dict(zip(numbers.tolist(), stamps.tolist(), strict=True)), **told)
        except (orjson.JSONDecodeError, TypeError, KeyError, AttributeError):
            return None
