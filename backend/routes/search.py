"""Passages by words and by meaning, and what the library holds."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import ValidationError

from backend.errors import InvalidRequest
from backend.models.api import FoundSource, SearchResponse
from backend.models.filters import Filters, scope_of
from backend.models.scope import Scope
from backend.models.searching import BatchSearchRequest, BatchSearchResponse, StatsResponse
from backend.routes.deps import ERRORS, Asker, Caller, ServicesDep
from backend.services.container import Services

router = APIRouter(prefix="/api", tags=["search"], responses=ERRORS)

_AT_ONCE = 4
"""Queries of one request that are searched for at a time."""


@router.get("/search")
async def search(
    caller: Caller,
    services: ServicesDep,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="What to look for.")],
    k: Annotated[int, Query(ge=1, le=100, description="Most results.")] = 10,
    document_id: Annotated[
        list[str] | None, Query(max_length=1000, description="Only in these documents.")
    ] = None,
    collection: Annotated[
        list[str] | None, Query(max_length=100, description="Only in any of these.")
    ] = None,
    conditions: Annotated[
        str,
        Query(
            alias="filter",
            max_length=10_000,
            description="JSON: document_ids, collections, types, languages, uploaded_from, uploaded_to, "
            'e.g. {"types": ["pdf"]}.',
        ),
    ] = "",
) -> SearchResponse:
    """Passages by words and by meaning, best first; nothing is generated."""
    scope = scope_of(document_id or None, collection, _filters(conditions))
    return SearchResponse(results=await _found(services, caller, q, k, scope))


@router.post("/search")
async def batch_search(
    body: BatchSearchRequest, caller: Caller, services: ServicesDep
) -> BatchSearchResponse:
    """Several queries at once, each with results of its own."""
    scope = scope_of(body.document_ids, body.collections, body.filters)
    results: list[list[FoundSource]] = []
    for start in range(0, len(body.queries), _AT_ONCE):
        some = body.queries[start : start + _AT_ONCE]
        results += await asyncio.gather(*(_found(services, caller, q, body.k, scope) for q in some))
    return BatchSearchResponse(results=results)


@router.get("/stats")
async def stats(caller: Caller, services: ServicesDep) -> StatsResponse:
    """What the library holds, its vector index, and whether the language models are asked."""
    return await services.stats.read(caller.tenant)


async def _found(services: Services, caller: Asker, query: str, k: int, scope: Scope) -> list[FoundSource]:
    found = await services.answers.get_similar_documents(caller.tenant, query, k, scope)
    return [FoundSource.of(source) for source in found]


def _filters(written: str) -> Filters | None:
    if not written:
        return None
    try:
        return Filters.model_validate_json(written)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'filter'}: {fault['msg']}" for fault in error.errors()
        )
        raise InvalidRequest(f"The filter cannot be used. {faults}") from error
