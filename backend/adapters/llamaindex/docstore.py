"""One pass over a docstore: where each node stands, and what it belongs to; no text is kept."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.adapters.llamaindex.entries import Entry, entries
from backend.adapters.llamaindex.nodes import Stored, clean, stored_node
from backend.adapters.llamaindex.values import parsed

_DOCUMENT, _IMAGE, _EMPTY = 1, 2, 4


@dataclass(slots=True)
class Docstore:
    """What the pass found, by the number of a node in the order of the file."""

    numbers: dict[str, int] = field(default_factory=dict)
    offsets: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("q"))
    pages: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    """UTF-8 bytes of each text."""
    digests: list[bytes] = field(default_factory=list)
    sources: list[str | None] = field(default_factory=list)
    flags: bytearray = field(default_factory=bytearray)
    refs: dict[str, str] = field(default_factory=dict)
    """Documents by node, from the section ``metadata``."""
    said: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Metadata by document."""
    order: dict[str, dict[str, int]] = field(default_factory=dict)
    """Order of the nodes of a document, where the store tells it."""
    bad: list[tuple[str, str]] = field(default_factory=list)
    """(id, reason) of what cannot be used."""

    def is_document(self, number: int) -> bool:
        """Whether it is a whole document, not a piece of one."""
        return bool(self.flags[number] & _DOCUMENT)

    def is_image(self, number: int) -> bool:
        """Whether it stands for an image."""
        return bool(self.flags[number] & _IMAGE)

    def is_empty(self, number: int) -> bool:
        """Whether it has no text."""
        return bool(self.flags[number] & _EMPTY)

    def take(self, entry: Entry) -> None:
        """Note one entry of the file."""
        kind = entry.section.rpartition("/")[2]
        if entry.key is None:
            return
        if kind in {"data", "docs"}:
            self._node(entry.key, entry)
        elif kind == "metadata":
            value = parsed(entry.raw)
            ref = value.get("ref_doc_id") if isinstance(value, dict) else None
            if isinstance(ref, str) and ref:
                self.refs[clean(entry.key)] = clean(ref)
        elif kind == "ref_doc_info":
            self._document(clean(entry.key), parsed(entry.raw))

    def _node(self, key: str, entry: Entry) -> None:
        stored = stored_node(key, entry.raw)
        name = clean(key)
        if isinstance(stored, str):
            self.bad.append((name, stored))
            return
        number = self.numbers.get(name)
        if number is None:
            self.numbers[name] = len(self.offsets)
            for column in (self.offsets, self.lengths, self.pages, self.sizes):
                column.append(0)
            self.digests.append(b"")
            self.sources.append(None)
            self.flags.append(0)
            number = len(self.offsets) - 1
        else:
            self.bad.append((name, "duplicate"))
        self._keep(number, entry, stored)

    def _keep(self, number: int, entry: Entry, stored: Stored) -> None:
        node = stored.node
        self.offsets[number], self.lengths[number] = entry.offset, len(entry.raw)
        self.pages[number] = node.page or 0
        self.sizes[number] = len(node.text.encode())
        self.digests[number] = stored.digest
        self.sources[number] = node.source
        self.flags[number] = (
            _DOCUMENT * stored.is_document | _IMAGE * stored.is_image | _EMPTY * (not node.text.strip())
        )

    def _document(self, ref: str, value: Any) -> None:  # noqa: ANN401 - whatever stands there
        if not isinstance(value, dict):
            return
        said = value.get("metadata", value.get("extra_info"))
        if isinstance(said, dict):
            self.said[ref] = said
        names = value.get("node_ids", value.get("doc_ids"))
        if isinstance(names, list):
            told = (clean(name) for name in names if isinstance(name, str))
            self.order[ref] = {name: place for place, name in enumerate(told)}


def read_docstore(path: Path, tell: Callable[[int], None]) -> Docstore:
    """Read the file from end to end; raises DamagedFile."""
    found = Docstore()
    with path.open("rb") as file:
        for entry in entries(file, path.name, tell):
            found.take(entry)
    return found
