"""Folders laid out as versions of LlamaIndex lay them out, with vectors of the tests' own model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.fakes import WordEmbedder

Json = dict[str, Any]


@dataclass
class Store:
    """Parts of a store as JSON; change them, then ``write``."""

    texts: Mapping[str, tuple[str, str]]
    """(document, text) by node."""
    embedder: WordEmbedder = field(default_factory=WordEmbedder)
    files: dict[str, Any] = field(default_factory=dict)
    """JSON by name of file; text is written as it is."""

    async def vectors(self) -> dict[str, list[float]]:
        made = await self.embedder.embed([text for _, text in self.texts.values()])
        return {name: vector.tolist() for name, vector in zip(self.texts, made, strict=True)}

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return folder


async def namespaced(texts: Mapping[str, tuple[str, str]]) -> Store:
    """As from 0.8 on."""
    store = Store(texts)
    data = {name: _wrapped(_node(name, ref, text)) for name, (ref, text) in texts.items()}
    info: dict[str, Json] = {}
    for name, (ref, _) in texts.items():
        kept = info.setdefault(ref, {"node_ids": [], "metadata": {"file_name": f"{ref}.txt"}})
        kept["node_ids"].append(name)
    store.files = {
        "docstore.json": {
            "docstore/data": data,
            "docstore/metadata": {n: {"doc_hash": n, "ref_doc_id": r} for n, (r, _) in texts.items()},
            "docstore/ref_doc_info": info,
        },
        "default__vector_store.json": {
            "embedding_dict": await store.vectors(),
            "text_id_to_ref_doc_id": {name: ref for name, (ref, _) in texts.items()},
            "metadata_dict": {name: {"file_name": f"{ref}.txt"} for name, (ref, _) in texts.items()},
        },
        "index_store.json": {"index_store/data": {"i": _index(list(texts))}},
        "graph_store.json": {"graph_dict": {}},
    }
    return store


async def legacy(texts: Mapping[str, tuple[str, str]]) -> Store:
    """As 0.5 and 0.6: relationships are ids, and what a node says of itself has other names."""
    store = Store(texts)
    names = list(texts)
    data = {}
    for place, (name, (ref, text)) in enumerate(texts.items()):
        related: Json = {"1": ref, "5": [f"{name}-child"]}
        if place + 1 < len(names):
            related["3"] = names[place + 1]
        node = {"text": text, "doc_id": name, "embedding": None, "doc_hash": name, "relationships": related}
        data[name] = {
            "__type__": "1",
            "__data__": node | {"extra_info": {"title": f"About {ref}"}, "node_info": {"start": 0}},
        }
    store.files = {
        "docstore.json": {"docstore/data": data, "docstore/metadata": {}},
        "vector_store.json": {
            "embedding_dict": await store.vectors(),
            "text_id_to_doc_id": {name: ref for name, (ref, _) in texts.items()},
        },
    }
    return store


def _node(name: str, ref: str, text: str) -> Json:
    return {
        "id_": name,
        "embedding": None,
        "metadata": {"file_name": f"{ref}.txt", "page_label": "3", "tags": ["a", 1]},
        "excluded_embed_metadata_keys": [],
        "relationships": {"1": {"node_id": ref, "node_type": None, "metadata": {}, "hash": None}},
        "text": text,
        "text_template": "{metadata_str}\n\n{content}",
        "class_name": "TextNode",
    }


def _wrapped(node: Json, kind: str = "1") -> Json:
    return {"__data__": node, "__type__": kind}


def _index(names: list[str]) -> Json:
    data = {"index_id": "i", "nodes_dict": {name: name for name in names}, "doc_id_dict": {}}
    return {"__type__": "vector_store", "__data__": json.dumps(data)}
