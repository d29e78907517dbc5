"""From one embedding model to another without uploading anything again."""

from __future__ import annotations

from collections.abc import Callable

from backend.ports.embedder import Embedder
from backend.ports.next_vectors import NextVectors

BATCH = 64


class Reembedding:
    """Embeds every passage again, beside what is in use; an interrupted run goes on where it stopped."""

    def __init__(self, vectors: NextVectors, embedder: Embedder) -> None:
        self._vectors = vectors
        self._embedder = embedder

    async def run(self, tell: Callable[[int, int], None]) -> bool:
        """Make all vectors, then switch; ``tell`` hears how many of how many. False: the model is in use."""
        fingerprint = self._embedder.fingerprint
        if not await self._vectors.begin(fingerprint):
            return False
        while not await self._vectors.switch(fingerprint):  # a server may have added passages meanwhile
            while batch := await self._vectors.missing(BATCH):
                made = await self._embedder.embed([text for _, text in batch])
                await self._vectors.keep([key for key, _ in batch], made)
                tell(*await self._vectors.count())
        return True
