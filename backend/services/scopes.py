"""The documents that meet the conditions of a request."""

from __future__ import annotations

from fnmatch import fnmatchcase

from backend.errors import EmptyLibrary
from backend.models.documents import Document
from backend.models.scope import Scope
from backend.ports.catalog import Catalog
from backend.ports.collections import Collections

NOTHING_READY = (
    "There is no finished document to answer from. Upload one first, or wait until it has been read."
)
_NOTHING_MEETS = "No finished document meets these conditions. Ask for fewer of them."


class Scopes:
    """Resolves scopes against the catalog and the collections of a tenant."""

    def __init__(self, *, catalog: Catalog, collections: Collections) -> None:
        self._catalog = catalog
        self._collections = collections

    async def documents(self, tenant: str, scope: Scope) -> list[Document] | None:
        """Published documents that meet every condition; None where there is no condition.

        Raises DocumentNotFound and CollectionNotFound for names of nothing: wrong ones are said, not ignored.
        """
        if scope.is_everything:
            return None
        ids = set(scope.document_ids) if scope.document_ids is not None else None
        if scope.collections:
            members = await self._members(tenant, scope)
            ids = members if ids is None else ids & members
        found = await self._catalog.published(tenant, None if ids is None else sorted(ids))
        for missing in sorted(set(scope.document_ids or ()) - {document.id for document in found}):
            await self._catalog.document(tenant, missing)
        return [document for document in found if _meets(document, scope)]

    async def some(self, tenant: str, scope: Scope) -> list[Document] | None:
        """The same; raises EmptyLibrary where no document is left."""
        found = await self.documents(tenant, scope)
        if found is not None and not found:
            only_named = Scope(document_ids=scope.document_ids) == scope
            raise EmptyLibrary(NOTHING_READY if only_named else _NOTHING_MEETS)
        return found

    async def _members(self, tenant: str, scope: Scope) -> set[str]:
        named = [await self._collections.collection(tenant, name) for name in scope.collections]
        return {document_id for collection in named for document_id in collection.document_ids}


def _meets(document: Document, scope: Scope) -> bool:
    return (
        (not scope.types or any(_is_of(document, kind.lower()) for kind in scope.types))
        and (not scope.languages or (document.language or "") in {code.lower() for code in scope.languages})
        and (scope.uploaded_from is None or document.created_at >= scope.uploaded_from)
        and (scope.uploaded_to is None or document.created_at <= scope.uploaded_to)
    )


def _is_of(document: Document, kind: str) -> bool:
    if "/" in kind:
        return fnmatchcase(document.media_type.lower(), kind)
    return document.filename.lower().endswith(f".{kind.removeprefix('.')}")
