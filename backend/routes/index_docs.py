"""What OpenAPI says about the bodies that the vector routes read themselves."""

from __future__ import annotations

from typing import Any

from backend.models.frames import MEDIA_TYPE

_FRAME = {
    "schema": {
        "type": "string",
        "format": "binary",
        "description": "FXP1, header length (u32), JSON header, arrays; see docs/http.md.",
    }
}
_NUMBERS = {"type": "array", "items": {"type": "number"}}
_ID = {"oneOf": [{"type": "integer"}, {"type": "string"}]}
_METADATA = {"type": ["object", "null"]}
_RESULT = {
    "type": "object",
    "required": ["id", "score", "metadata"],
    "properties": {"id": _ID, "score": {"type": "number"}, "metadata": _METADATA},
}
_ASKED: dict[str, Any] = {
    "vector": _NUMBERS,
    "vectors": {
        "type": "array",
        "items": _NUMBERS,
        "description": "In place of vector: one list of results each.",
    },
    "k": {"type": "integer", "minimum": 1, "default": 10},
    "filter": {
        "type": "object",
        "description": "Equality, $in, $nin, $gt, $gte, $lt, $lte, $ne, $exists, $and, $or, $not.",
    },
    "params": {"type": "object", "description": "nprobe, max_codes, efSearch, k_factor, for this search."},
}


def _body(schema: dict[str, Any], example: dict[str, Any], *, binary: bool = True) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": schema, "example": example}}
    if binary:
        content[MEDIA_TYPE] = _FRAME
    return {"requestBody": {"required": True, "content": content}}


UPSERT = _body(
    {
        "type": "object",
        "required": ["vectors"],
        "properties": {
            "vectors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "values"],
                    "properties": {"id": _ID, "values": _NUMBERS, "metadata": _METADATA},
                },
            }
        },
    },
    {"vectors": [{"id": "a-1", "values": [0.1, 0.2, 0.3, 0.4], "metadata": {"year": 2020}}]},
)
SEARCH = _body(
    {"type": "object", "properties": _ASKED},
    {"vector": [0.1, 0.2, 0.3, 0.4], "k": 3, "filter": {"year": {"$gte": 2000}}, "params": {"efSearch": 64}},
)
SPECIALIZED = _body(
    {
        "type": "object",
        "required": ["search_type"],
        "properties": _ASKED
        | {
            "search_type": {"enum": ["range", "reconstruct", "assign", "by_id"]},
            "radius": {
                "type": "number",
                "description": "range: how far at most (inner product: how much at least).",
            },
            "limit": {"type": "integer", "default": 10000, "description": "range: most results of a query."},
            "vector_id": _ID | {"description": "by_id: whose neighbours, without itself."},
        },
    },
    {"search_type": "range", "vector": [0.1, 0.2, 0.3, 0.4], "radius": 0.5},
)
TRAIN = _body(
    {
        "type": "object",
        "required": ["vectors"],
        "properties": {"vectors": {"type": "array", "items": _NUMBERS}},
    },
    {"vectors": [[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]]},
)


def _answer(
    schema: dict[str, Any], example: dict[str, Any], *, binary: bool = False
) -> dict[int | str, dict[str, Any]]:
    content: dict[str, Any] = {"application/json": {"schema": schema, "example": example}}
    if binary:
        content[MEDIA_TYPE] = _FRAME
    return {200: {"description": "Found.", "content": content}}


_VECTOR = {
    "type": "object",
    "required": ["id", "metadata"],
    "properties": {"id": _ID, "metadata": _METADATA, "values": _NUMBERS},
}
BINARY_ANSWER = _answer(
    {"type": "object", "properties": {"results": {"type": "array", "items": _RESULT}}},
    {"results": [{"id": "a-1", "score": 0.25, "metadata": {"year": 2020}}]},
    binary=True,
)
VECTOR = _answer(_VECTOR, {"id": "a-1", "metadata": {"year": 2020}, "values": [0.1, 0.2, 0.3, 0.4]})
VECTORS = _answer(
    {
        "type": "object",
        "properties": {
            "vectors": {"type": "array", "items": _VECTOR},
            "next": {"type": ["integer", "null"]},
        },
    },
    {"vectors": [{"id": "a-1", "metadata": {"year": 2020}}], "next": None},
)


UPGRADE: dict[int | str, dict[str, Any]] = {
    101: {"description": "The connection is a line now."},
    426: {"description": "It cannot become one: TLS, a proxy, or no `Upgrade`."},
}
