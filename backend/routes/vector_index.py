"""``/v1/index``: named FAISS indexes over HTTP, in JSON or binary bodies with the same meaning."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request, Response
from starlette.convertors import PathConvertor, register_url_convertor

from backend.errors import InvalidRequest
from backend.models.index_api import (
    CreateIndex,
    Deleted,
    DeleteVectors,
    IndexInfo,
    IndexPage,
    Ntotal,
    Upserted,
)
from backend.routes import index_bodies as bodies
from backend.routes.deps import ERRORS, Caller, Offset
from backend.routes.index_docs import (
    BINARY_ANSWER,
    SEARCH,
    SPECIALIZED,
    TRAIN,
    UPGRADE,
    UPSERT,
    VECTOR,
    VECTORS,
)
from backend.routes.index_lines import hand_over
from backend.routes.index_search import search_frame, specialized
from backend.routes.measured import IndexesDep, Measured, measured


class _Text(PathConvertor):
    """All of the rest, lines after the first as well."""

    regex = "(?s:.*)"


register_url_convertor("text", _Text())
router = APIRouter(prefix="/v1", tags=["vector indexes"], responses=ERRORS, route_class=Measured)

Name = Annotated[str, Path(description="Name of the index.")]
VectorName = Annotated[str, Path(description="Id of the vector: a whole number or a text.")]


@router.post("/index", status_code=201)
async def create(body: Annotated[CreateIndex, Body()], caller: Caller, indexes: IndexesDep) -> IndexInfo:
    """Make an empty index. 409 where there is one of this name, 429 over the quota."""
    if body.tenant_id is not None and body.tenant_id != caller.tenant:
        raise InvalidRequest("tenant_id is not the caller's own; leave it out.")
    figures = await indexes.create(caller.tenant, body.name, body.dimension, body.index_type, body.metric)
    return IndexInfo.of(figures)


@router.get("/index")
async def list_indexes(
    caller: Caller,
    indexes: IndexesDep,
    offset: Offset = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> IndexPage:
    """The caller's indexes by name; a damaged one is among them with its `troubles`."""
    found, total = await indexes.page_of_indexes(caller.tenant, offset, limit)
    return IndexPage(items=[IndexInfo.of(one) for one in found], total=total, offset=offset, limit=limit)


@router.get("/index/{index_id}")
async def get(index_id: Name, caller: Caller, indexes: IndexesDep) -> IndexInfo:
    """One index in figures."""
    return IndexInfo.of(await indexes.figures(caller.tenant, index_id))


@router.delete("/index/{index_id}")
async def drop(index_id: Name, caller: Caller, indexes: IndexesDep) -> dict[str, str]:
    """Remove an index for good, once the requests that use it have ended."""
    await indexes.drop(caller.tenant, index_id)
    return {"deleted": index_id}


@router.post("/index/{index_id}/vectors", openapi_extra=UPSERT)
async def upsert(
    index_id: Name,
    request: Request,
    caller: Caller,
    indexes: IndexesDep,
    replace: Annotated[bool, Query(description="False: an id that is there is a 409.")] = True,
) -> Upserted:
    """Add vectors, and replace those of ids that are there: all or nothing, durable when it answers."""
    batch = await bodies.read(request, bodies.batch_of_json, bodies.batch_of_frame)
    return Upserted.of(await indexes.write(caller.tenant, index_id, batch, replace=replace))


@router.get("/index/{index_id}/vectors", responses=VECTORS)
async def vectors(
    index_id: Name,
    caller: Caller,
    indexes: IndexesDep,
    after: Annotated[int | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    values: Annotated[bool, Query(description="With the values of each vector.")] = False,
) -> Response:
    """Vectors by internal number, a page at a time; `next` is null on the last one."""
    found, following = await indexes.vectors(caller.tenant, index_id, after, limit, values=values)
    return bodies.json_response({"vectors": [bodies.vector_of(one) for one in found], "next": following})


@router.post("/index/{index_id}/vectors/delete")
async def delete(
    index_id: Name, body: Annotated[DeleteVectors, Body()], caller: Caller, indexes: IndexesDep
) -> Deleted:
    """Take vectors away by ids, or by a filter on their metadata."""
    if (body.ids is None) == (body.filter is None):
        raise InvalidRequest("Say which vectors by ids, or by a filter; one of both.")
    if body.filter is not None:
        return Deleted(deleted=await indexes.remove_where(caller.tenant, index_id, body.filter))
    return Deleted(deleted=await indexes.remove(caller.tenant, index_id, body.ids or []))


@router.get("/index/{index_id}/vectors/{vector_id:text}", responses=VECTOR)
async def vector(index_id: Name, vector_id: VectorName, caller: Caller, indexes: IndexesDep) -> Response:
    """One vector; its values as near as the type of the index keeps them."""
    return bodies.json_response(bodies.vector_of(await indexes.vector(caller.tenant, index_id, vector_id)))


@router.delete("/index/{index_id}/vectors/{vector_id:text}")
async def remove(index_id: Name, vector_id: VectorName, caller: Caller, indexes: IndexesDep) -> Deleted:
    """Take one vector away; 404 where there is none."""
    await indexes.remove_one(caller.tenant, index_id, vector_id)
    return Deleted(deleted=1)


@router.post("/index/{index_id}/search", openapi_extra=SEARCH, responses=BINARY_ANSWER)
async def search(index_id: Name, request: Request, caller: Caller, indexes: IndexesDep) -> Response:
    """The nearest vectors, best first; fewer than `k` where the index holds fewer."""
    if bodies.is_frame(request):
        return bodies.frame_response(
            await search_frame(caller.tenant, index_id, indexes, await request.body())
        )
    query = await bodies.read(request, bodies.query_of_json, bodies.query_of_frame)
    found = await indexes.search(caller.tenant, index_id, query.vectors, query.k, query.filter, query.options)
    return await bodies.results_response([found], single=query.single)


@router.post("/index/{index_id}/attach", responses=UPGRADE)
async def attach(index_id: Name, request: Request, caller: Caller, indexes: IndexesDep) -> Response:
    """Search on this connection from now on, frame after frame, with `Upgrade: faiss-index`: 101, then lines.

    A frame's length (u64) and the frame of a search are answered by a status and a length (u64 each) and the
    frame, or the body of an error. The connection ends after five minutes.
    """
    tenant = caller.tenant
    await indexes.figures(tenant, index_id)

    async def line(frame: bytes) -> bytes:
        return await measured("search", indexes, search_frame(tenant, index_id, indexes, frame))

    return hand_over(request, line)


@router.get("/index/{index_id}/search", responses=BINARY_ANSWER)
async def search_by_link(
    index_id: Name,
    caller: Caller,
    indexes: IndexesDep,
    vector: Annotated[str, Query(description="Numbers separated by commas, or a JSON list.")],
    k: int = 10,
    filter_: Annotated[str | None, Query(alias="filter", description="A filter as JSON.")] = None,
    params: Annotated[str | None, Query(description="Search parameters as JSON.")] = None,
) -> Response:
    """The same search with its parts in the address."""
    query = bodies.query_of_json(bodies.body_of_link(vector, k, filter_, params))
    found = await indexes.search(caller.tenant, index_id, query.vectors, query.k, query.filter, query.options)
    return await bodies.results_response([found], single=True)


@router.post("/index/{index_id}/specialized_search", openapi_extra=SPECIALIZED, responses=BINARY_ANSWER)
async def specialized_search(
    index_id: Name, request: Request, caller: Caller, indexes: IndexesDep
) -> Response:
    """Searches of other kinds, by `search_type`: `range`, `reconstruct`, `assign`, `by_id`."""
    return await specialized(request, caller.tenant, index_id, indexes)


@router.post("/index/{index_id}/train", openapi_extra=TRAIN)
async def train(index_id: Name, request: Request, caller: Caller, indexes: IndexesDep) -> IndexInfo:
    """Let an empty index learn from examples; 409 where it holds vectors."""
    examples = await bodies.read(request, bodies.examples_of_json, bodies.examples_of_frame)
    return IndexInfo.of(await indexes.train(caller.tenant, index_id, examples))


@router.get("/index/{index_id}/ntotal")
async def ntotal(index_id: Name, caller: Caller, indexes: IndexesDep) -> Ntotal:
    """How many vectors can be found."""
    return Ntotal(ntotal=(await indexes.figures(caller.tenant, index_id)).ntotal)


@router.post("/index/{index_id}/reset")
async def reset(index_id: Name, caller: Caller, indexes: IndexesDep) -> Deleted:
    """Take all vectors away; what was trained stays."""
    return Deleted(deleted=await indexes.reset(caller.tenant, index_id))


@router.post("/index/{index_id}/optimize")
async def optimize(index_id: Name, caller: Caller, indexes: IndexesDep) -> IndexInfo:
    """Clear removed vectors out and take a snapshot now; both also happen by themselves."""
    return IndexInfo.of(await indexes.optimise(caller.tenant, index_id))


@router.get("/health")
async def health(indexes: IndexesDep) -> dict[str, Any]:
    """The service answers; how many indexes are open."""
    return {"status": "ok", "open_indexes": indexes.opened()}


@router.get("/metrics")
async def metrics(indexes: IndexesDep) -> Response:
    """Requests, latencies, vectors and open indexes in Prometheus's text format."""
    return Response(await indexes.report(), media_type="text/plain; version=0.0.4")
