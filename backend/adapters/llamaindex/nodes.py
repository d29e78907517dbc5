"""A node of any version of LlamaIndex, from the JSON that its docstore keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.adapters.llamaindex.values import UNREADABLE, parsed
from backend.models.migration import Node
from backend.utils.unicode_text import without_surrogates

SOURCE = "1"
_DOCUMENT_TYPES = {"4", "Document", "ImageDocument"}
_IMAGE_TYPES = {"2", "ImageNode"}

_TEXT = {"text", "text_resource"}
_NAMES = {"id_", "doc_id", "embedding", "metadata", "extra_info", "relationships"}


@dataclass(frozen=True, slots=True)
class Stored:
    """A node and what the docstore says of its kind."""

    node: Node
    is_document: bool
    is_image: bool

    @property
    def digest(self) -> bytes:
        """Of everything that makes it this node; versions of the library write the same node differently."""
        node = self.node
        related = {kind: related_ids(value) for kind, value in node.relationships.items()}
        said = [node.id, node.text, dict(node.metadata), related]
        return hashlib.sha256(
            json.dumps(said, sort_keys=True, ensure_ascii=True, default=str).encode()
        ).digest()


def stored_node(key: str, raw: bytes) -> Stored | str:
    """The node, or the reason why it is none."""
    wrapped = parsed(raw)
    if isinstance(wrapped, dict) and "__data__" in wrapped:
        data, kind = wrapped["__data__"], str(wrapped.get("__type__", ""))
        data = parsed(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else data
    else:
        data, kind = wrapped, str(wrapped.get("__type__", "")) if isinstance(wrapped, dict) else ""
    if data is UNREADABLE or not isinstance(data, dict):
        return "not_a_node"
    text = _text(data)
    if text is None:
        return "not_a_node"
    names = {kind, str(data.get("class_name", ""))}
    return Stored(_node(clean(key), text, data), bool(names & _DOCUMENT_TYPES), bool(names & _IMAGE_TYPES))


def _node(key: str, text: str, data: Mapping[str, Any]) -> Node:
    metadata = _object(data.get("metadata", data.get("extra_info")))
    relationships = _object(data.get("relationships"))
    source = related_ids(relationships.get(SOURCE))
    named = data.get("ref_doc_id")
    rest = {name: value for name, value in data.items() if name not in _TEXT | _NAMES}
    return Node(
        id=key,
        text=clean(text),
        metadata=metadata,
        relationships=relationships,
        rest=rest,
        source=source[0] if source else named if isinstance(named, str) and named else None,
        page=page_of(metadata),
        heading=heading_of(metadata),
    )


def related_ids(value: Any) -> list[str]:  # noqa: ANN401 - an id, an object with one, or a list of these
    """Ids of the nodes that a relationship names."""
    if isinstance(value, str):
        return [clean(value)] if value else []
    if isinstance(value, Mapping):
        return related_ids(value.get("node_id") or value.get("doc_id"))
    if isinstance(value, list):
        return [name for each in value if not isinstance(each, list) for name in related_ids(each)]
    return []


def page_of(metadata: Mapping[str, Any]) -> int | None:
    """The page, 1-based, where the metadata tells it."""
    for name in ("page_label", "page_number", "page"):
        value = metadata.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 8:  # noqa: PLR2004 - a page
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000_000:  # noqa: PLR2004
            return value
    return None


def heading_of(metadata: Mapping[str, Any]) -> str | None:
    """The headings above the text, as the Markdown reader keeps them ("/A book/A chapter/")."""
    path = metadata.get("header_path")
    if not isinstance(path, str):
        return None
    return " > ".join(part for part in clean(path).split("/") if part) or None


def embedded_forms(node: Node) -> list[str]:
    """What LlamaIndex may have embedded for a node: its text, alone or under its metadata."""
    hidden = node.rest.get("excluded_embed_metadata_keys")
    hidden = hidden if isinstance(hidden, list) else []
    line = _format(node, "metadata_template", "{key}: {value}")
    gap = _format(node, "metadata_separator", _format(node, "metadata_seperator", "\n"))
    whole = _format(node, "text_template", "{metadata_str}\n\n{content}")
    shown = gap.join(
        line.replace("{key}", str(key)).replace("{value}", str(value))
        for key, value in node.metadata.items()
        if key not in hidden
    )
    forms = [node.text]
    if shown:
        forms.append(whole.replace("{metadata_str}", shown).replace("{content}", node.text).strip())
    return forms


def _format(node: Node, name: str, default: str) -> str:
    value = node.rest.get(name)
    return value if isinstance(value, str) else default


def clean(text: str) -> str:
    """Text that can be stored: half a surrogate pair becomes a question mark."""
    return without_surrogates(text)


def _text(data: Mapping[str, Any]) -> str | None:
    text = data.get("text")
    if text is None and isinstance(data.get("text_resource"), Mapping):
        text = data["text_resource"].get("text")
    if text is None:
        return "" if {"id_", "doc_id", "metadata", "extra_info"} & set(data) else None
    return text if isinstance(text, str) else None


def _object(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - whatever stands there
    return value if isinstance(value, dict) else {}
