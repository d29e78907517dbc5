"""What the library holds and how its parts are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from backend.models.language import ProviderState
from backend.models.searching import BreakerView, CacheView, IndexView, StatsResponse
from backend.ports.catalog import Catalog
from backend.ports.collections import Collections
from backend.ports.vector_store import VectorStore
from backend.services.answering.evidence import EvidenceSearch
from backend.services.answering.running import RunningAnswers


class Stats:
    """Reads figures from where they are kept."""

    def __init__(
        self,
        *,
        catalog: Catalog,
        collections: Collections,
        vectors: VectorStore,
        evidence: EvidenceSearch,
        streams: RunningAnswers,
        providers: Callable[[], Awaitable[list[ProviderState]]],
        dimension: int,
    ) -> None:
        self._catalog = catalog
        self._collections = collections
        self._vectors = vectors
        self._evidence = evidence
        self._streams = streams
        self._providers = providers
        self._dimension = dimension

    async def read(self, tenant: str) -> StatsResponse:
        """The figures of one tenant; those of caches, models and streams are of the process."""
        documents = await self._catalog.published(tenant)
        await self._vectors.warm(tenant)
        index = await self._vectors.stats(tenant)
        hits, misses = self._evidence.shared, self._evidence.searched
        return StatsResponse(
            documents=len(documents),
            chunks=sum(document.chunks for document in documents),
            vectors=index.vectors,
            collections=len(await self._collections.collections(tenant)),
            index=IndexView(
                kind=index.kind,
                dimension=self._dimension,
                pending=index.pending,
                bytes=index.bytes,
                generation=index.generation,
                mapped=index.mapped,
                check=index.check,
                recall=index.recall,
                troubles=list(index.troubles),
            ),
            caches={"shared_searches": CacheView.counted(hits, misses)},
            providers=[BreakerView(model=s.name, state=s.state) for s in await self._providers()],
            streams=self._streams.count,
        )
