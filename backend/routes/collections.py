"""Named sets of documents that are searched, asked and questioned together."""

from __future__ import annotations

from fastapi import APIRouter

from backend.models.api import Message
from backend.models.collection_api import CollectionList, CollectionMembers, CollectionView, NewCollection
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(prefix="/api/collections", tags=["collections"], responses=ERRORS)


@router.get("")
async def collections(caller: Caller, services: ServicesDep) -> CollectionList:
    """All of them, by name."""
    found = await services.collections.collections(caller.tenant)
    return CollectionList(items=[CollectionView.of(collection) for collection in found])


@router.post("", status_code=201)
async def create(body: NewCollection, caller: Caller, services: ServicesDep) -> CollectionView:
    """Make a collection, empty or with documents; 409 where the name is taken."""
    made = await services.collections.create(caller.tenant, body.name, body.document_ids)
    return CollectionView.of(made)


@router.get("/{name}")
async def collection(name: str, caller: Caller, services: ServicesDep) -> CollectionView:
    """One collection."""
    return CollectionView.of(await services.collections.collection(caller.tenant, name))


@router.delete("/{name}")
async def delete(name: str, caller: Caller, services: ServicesDep) -> Message:
    """Forget a collection; its documents stay."""
    await services.collections.delete(caller.tenant, name)
    return Message(message="The collection is deleted; its documents stay.")


@router.post("/{name}/documents")
async def add(name: str, body: CollectionMembers, caller: Caller, services: ServicesDep) -> CollectionView:
    """Put documents in; those that are there already stay."""
    return CollectionView.of(await services.collections.add(caller.tenant, name, body.document_ids))


@router.delete("/{name}/documents/{document_id}")
async def remove(name: str, document_id: str, caller: Caller, services: ServicesDep) -> CollectionView:
    """Take a document out of a collection; it stays in the library."""
    return CollectionView.of(await services.collections.remove(caller.tenant, name, document_id))
