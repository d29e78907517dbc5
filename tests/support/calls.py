"""Every call that an OpenAPI document describes, filled in with given ids."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

SOME = {"q": "chlorophyll", "query": "Which pigment makes leaves green?", "format": "json", "vector": "1,2"}
"""Values that are nobody's."""

IN_BODIES = {"vector": [1.0, 2.0], "radius": 1.0}
"""The same for what a schema leaves open, and the route wants."""


@dataclass(frozen=True)
class Call:
    verb: str
    template: str
    path: str
    json: Any = None
    files: dict[str, tuple[str, bytes]] | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.verb} {self.template}"


def calls(document: Mapping[str, Any], ids: Mapping[str, str]) -> Iterator[Call]:
    """Each path and verb; names that ``ids`` lacks get its ``document_id``, so new routes are met as well."""
    for template, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield _call(document, template, verb, operation, ids)


def _call(
    document: Mapping[str, Any],
    template: str,
    verb: str,
    operation: Mapping[str, Any],
    ids: Mapping[str, str],
) -> Call:
    path = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], ids["document_id"]), template)
    query = {
        p["name"]: (ids | SOME)[p["name"]]
        for p in operation.get("parameters", [])
        if p["in"] == "query" and p["name"] in ids | SOME
    }
    body = operation.get("requestBody", {}).get("content", {})
    files = json = None
    if "multipart/form-data" in body and "application/json" not in body:
        (name,) = body["multipart/form-data"]["schema"]["properties"]
        own = zlib.crc32(ids["document_id"].encode())  # not the same file for other ids
        files = {
            name: ("plain.txt", f"Geysers throw hot water into the air, as number {own:010} does.".encode())
        }
    elif "application/json" in body:
        json = _value(document, "", body["application/json"]["schema"], ids)
    return Call(verb.upper(), template, f"{path}?{urlencode(query)}" if query else path, json, files)


def _value(document: Mapping[str, Any], name: str, schema: Mapping[str, Any], ids: Mapping[str, str]) -> Any:
    """A value that the schema allows, with an id wherever a property is named like one."""
    if "$ref" in schema:
        return _value(document, name, _resolved(document, schema["$ref"]), ids)
    if "anyOf" in schema:
        return _value(document, name, schema["anyOf"][0], ids)
    if "properties" in schema:
        wanted = {
            key: inner
            for key, inner in schema["properties"].items()
            if key in schema.get("required", []) or key in IN_BODIES or key.rstrip("s") in ids
        }
        return {key: IN_BODIES.get(key) or _value(document, key, inner, ids) for key, inner in wanted.items()}
    if schema.get("type") == "array":
        return [_value(document, name.rstrip("s"), schema["items"], ids)]
    plain = {"integer": schema.get("default", 1), "number": 1.0, "boolean": False, "object": {}}
    text = ids.get(name) or SOME.get(name) or schema.get("enum", ["leaf"])[0]
    return plain.get(schema.get("type", "string"), text)


def _resolved(document: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    resolved: Mapping[str, Any] = found
    return resolved
