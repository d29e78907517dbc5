"""``specialized_search``: searches of other kinds than the nearest ``k``."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from fastapi import Request, Response

from backend.errors import InvalidRequest
from backend.models import frames
from backend.models.vector_index import Neighbours
from backend.routes import index_bodies as bodies
from backend.services.vector_ids import number_of
from backend.services.vector_indexes import VectorIndexService

_MOST_IN_RANGE = 10_000


async def search_frame(tenant: str, name: str, indexes: VectorIndexService, body: bytes) -> bytes:
    """A search as a frame, answered by one."""
    query = await bodies.read_frame(body, bodies.query_of_frame)
    found = await indexes.search(tenant, name, query.vectors, query.k, query.filter, query.options)
    metadata = query.more.get("metadata", True) is not False
    return await bodies.off_loop(found.numbers.size, lambda: bodies.frame_of(found, metadata=metadata))


async def specialized(request: Request, tenant: str, name: str, indexes: VectorIndexService) -> Response:
    """Do what ``search_type`` says."""
    query = await bodies.read(request, _of_json, bodies.query_of_frame)
    kind = query.more.get("search_type")
    kinds: Mapping[object, Callable[[], Awaitable[Response]]] = {
        "range": lambda: _range(query, tenant, name, indexes, binary=bodies.is_frame(request)),
        "reconstruct": lambda: _reconstruct(query, tenant, name, indexes),
        "assign": lambda: _assign(query, tenant, name, indexes),
        "by_id": lambda: _by_id(query, tenant, name, indexes),
    }
    if not isinstance(kind, str) or kind not in kinds:
        raise InvalidRequest(f"search_type is one of {', '.join(map(str, kinds))}, not {str(kind)[:40]!r}.")
    if bodies.is_frame(request) and kind != "range":
        raise InvalidRequest(f"search_type {kind} takes a JSON body.")
    return await kinds[kind]()


def _of_json(body: Mapping[str, Any]) -> bodies.Query:
    if body.get("search_type") == "by_id":
        return bodies.query_of_json({**body, "vector": []})
    return bodies.query_of_json(body)


async def _range(
    query: bodies.Query, tenant: str, name: str, indexes: VectorIndexService, *, binary: bool
) -> Response:
    radius, limit = query.more.get("radius"), query.more.get("limit", _MOST_IN_RANGE)
    if isinstance(radius, bool) or not isinstance(radius, int | float) or not math.isfinite(radius):
        raise InvalidRequest("A range search has a radius, a number.")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidRequest("limit is a whole number from 1 on.")
    found = await indexes.range_search(
        tenant, name, query.vectors, float(radius), query.filter, query.options
    )
    truncated = any(one.scores.shape[1] > limit for one in found)
    cut = [_first(one, limit) for one in found]
    if binary:
        count = sum(one.numbers.size for one in cut)
        return await bodies.off_loop(count, lambda: _range_frame(cut, truncated=truncated))
    return await bodies.results_response(cut, single=query.single, more={"truncated": truncated})


def _first(found: Neighbours, limit: int) -> Neighbours:
    return Neighbours(found.scores[:, :limit], found.numbers[:, :limit], [found.metadata[0][:limit]])


def _range_frame(found: list[Neighbours], *, truncated: bool) -> Response:
    """Limits (n + 1), scores and numbers one behind the other, as FAISS gives them."""
    limits = np.concatenate([[0], np.cumsum([one.scores.shape[1] for one in found])]).astype(np.int64)
    ids = [bodies.external(one.numbers[0], one.metadata[0]) for one in found]
    header = {
        "ids": ids if any(isinstance(one, str) for row in ids for one in row) else None,
        "truncated": truncated,
    }
    scores = np.concatenate([one.scores[0] for one in found]) if found else np.empty(0, np.float32)
    numbers = np.concatenate([one.numbers[0] for one in found]) if found else np.empty(0, np.int64)
    return bodies.frame_response(frames.encode(header, [limits, scores, numbers]))


async def _reconstruct(query: bodies.Query, tenant: str, name: str, indexes: VectorIndexService) -> Response:
    found = await indexes.search(tenant, name, query.vectors, query.k, query.filter, query.options)
    values = await indexes.values_of(tenant, name, found.numbers.reshape(-1))
    return await bodies.results_response([found], single=query.single, values=values)


async def _assign(query: bodies.Query, tenant: str, name: str, indexes: VectorIndexService) -> Response:
    found = await indexes.search(tenant, name, query.vectors, query.k, query.filter, query.options)
    bodies.check_json(found.numbers.size)

    def told() -> Response:
        rows = zip(found.numbers, found.metadata, strict=True)
        labels = [bodies.external(numbers, texts) for numbers, texts in rows]
        return bodies.json_response({"labels": labels[0] if query.single else labels})

    return await bodies.off_loop(found.numbers.size, told)


async def _by_id(query: bodies.Query, tenant: str, name: str, indexes: VectorIndexService) -> Response:
    """Neighbours of a vector that is there, without itself."""
    wanted = query.more.get("vector_id")
    number = number_of(wanted)
    stored = await indexes.vector(tenant, name, str(wanted))
    if stored.values is None:
        raise InvalidRequest("This index cannot give its vectors back.")
    if query.k < 1:
        raise InvalidRequest(f"k must be 1 or more, not {query.k}.")
    found = await indexes.search(
        tenant, name, stored.values.reshape(1, -1), query.k + 1, query.filter, query.options
    )
    others = found.numbers[0] != number
    kept = np.flatnonzero(others)[: query.k]
    without = replace(
        found,
        scores=found.scores[:, kept],
        numbers=found.numbers[:, kept],
        metadata=[[found.metadata[0][place] for place in kept.tolist()]],
    )
    return await bodies.results_response([without], single=True)
