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

_BYTES_PER_NUMBER = 4


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
        index_kind: str,
        dimension: int,
    ) -> None:
        self._catalog = catalog
        self._collections = collections
        self._vectors = vectors
        self._evidence = evidence
        self._streams = streams
        self._providers = providers
        self._index_kind = index_kind
        self._dimension = dimension

    async def read(self, tenant: str) -> StatsResponse:
        """The figures of one tenant; those of caches, models and streams are of the process."""
        documents = await self._catalog.published(tenant)
        vectors = await self._vectors.warm(tenant)
        hits, misses = self._evidence.shared, self._evidence.searched
        return StatsResponse(
            documents=len(documents),
            chunks=sum(document.chunks for document in documents),
            vectors=vectors,
            collections=len(await self._collections.collections(tenant)),
            index=IndexView(
                kind=self._index_kind,
                dimension=self._dimension,
                bytes=vectors * self._dimension * _BYTES_PER_NUMBER,
            ),
            caches={"shared_searches": CacheView.counted(hits, misses)},
            providers=[BreakerView(model=s.name, state=s.state) for s in await self._providers()],
            streams=self._streams.count,
        )
