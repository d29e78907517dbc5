"""Whether indexes, rows and files agree."""

from __future__ import annotations

from collections.abc import AsyncIterator

from backend.models.integrity import Fault
from backend.ports.blob_store import BlobStore
from backend.ports.catalog import Catalog
from backend.ports.store_audit import StoreAudit, StoredFile
from backend.ports.vector_store import VectorStore

ABANDONED_S = 3600.0
"""A file that no document needs may be an upload under way; after this long it is none."""

_PAGE = 500
_LOOKS = 3


class Integrity:
    """Proves that everything stored agrees; runs beside a server, which may go on working."""

    def __init__(
        self, *, audit: StoreAudit, catalog: Catalog, blobs: BlobStore, vectors: VectorStore
    ) -> None:
        self._audit = audit
        self._catalog = catalog
        self._blobs = blobs
        self._vectors = vectors

    async def check(self) -> list[Fault]:
        """Every disagreement; none where all is well."""
        faults = list(await self._audit.faults())
        if not any(fault.area == "vectors" for fault in faults):
            # An index is not made from rows that are wrong.
            faults += [fault async for fault in self._searches()]
        faults += [fault async for fault in self._missing_files()]
        return faults + await self._needless_files()

    async def _searches(self) -> AsyncIterator[Fault]:
        """The index that searches use must hold what is published and nothing else."""
        for tenant in await self._audit.findable():
            for look in range(_LOOKS):
                wanted = (await self._audit.findable()).get(tenant, 0)
                held = await self._vectors.warm(tenant)
                if held == wanted:
                    break
                if look == _LOOKS - 1:  # not just a publication between the two counts
                    said = f"Searches of {tenant} can find {held} passages by meaning, not {wanted}."
                    yield Fault("vectors", said)
            for sentence in await self._vectors.faults(tenant):
                yield Fault("vectors", sentence)

    async def _missing_files(self) -> AsyncIterator[Fault]:
        after = ""
        while page := await self._audit.files(after, _PAGE):
            after = page[-1].document_id
            for file in page:
                found = await self._blobs.hash_of(file.tenant, file.sha256)
                if found != file.sha256 and await self._is_needed(file):
                    lost = "is not stored" if found is None else "was changed"
                    yield Fault("files", f"The file of {file.filename} ({file.document_id}) {lost}.")

    async def _is_needed(self, file: StoredFile) -> bool:
        """Not deleted while we looked."""
        return (file.tenant, file.sha256) in await self._catalog.sha256s()

    async def _needless_files(self) -> list[Fault]:
        """Files first, then documents: a document stored in between is then known, too."""
        stored = await self._blobs.stored()
        needed = await self._catalog.sha256s()
        needless = [blob for blob in stored if (blob.tenant, blob.name) not in needed]
        ages = [blob.age_s for blob in needless if await self._blobs.hash_of(blob.tenant, blob.name)]
        old = sum(age > ABANDONED_S for age in ages)
        faults = []
        if old:
            faults.append(Fault("files", f"{old} files are needed by no document and were not swept."))
        if recent := len(ages) - old:
            said = f"{recent} files are of uploads under way or broken off; the sweep removes what is left."
            faults.append(Fault("files", said, harmless=True))
        return faults
