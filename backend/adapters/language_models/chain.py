"""The configured providers as one model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from backend.adapters.language_models.breaker import Breaker
from backend.adapters.language_models.fallback_model import FallbackModel
from backend.adapters.language_models.meter import MeteredModel
from backend.adapters.language_models.openai_model import OpenAIModel
from backend.adapters.language_models.pauses import MemoryPauses, PatientModel, Pauses
from backend.config.providers import Provider
from backend.models.language import ProviderState
from backend.utils.clock import utc_now


@dataclass(frozen=True, slots=True)
class _Link:
    provider: Provider
    client: OpenAIModel
    meter: MeteredModel
    breaker: Breaker


class ModelChain:
    """Every provider wrapped, in the order of the settings; ``model`` asks them, None without any."""

    def __init__(self, providers: Sequence[Provider], pauses: Pauses | None = None) -> None:
        self._pauses = pauses or MemoryPauses(time.monotonic)
        self._links = [self._link(provider) for provider in providers]
        self.model = FallbackModel([link.breaker for link in self._links]) if self._links else None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the providers, first choice first."""
        return tuple(link.provider.name for link in self._links)

    def _link(self, provider: Provider) -> _Link:
        client = OpenAIModel(provider)
        meter = MeteredModel(client, provider, utc_now)
        return _Link(provider, client, meter, Breaker(PatientModel(meter, self._pauses), time.monotonic))

    async def warm(self) -> None:
        """Import the SDK and make the clients, so that the first request need not."""
        for link in self._links:
            await link.client.warm()

    async def close(self) -> None:
        """Drop the connections."""
        await asyncio.gather(*(link.client.close() for link in self._links))

    async def states(self) -> list[ProviderState]:
        """What became of the calls so far, provider by provider."""
        return [await self._state(link) for link in self._links]

    async def _state(self, link: _Link) -> ProviderState:
        paused, opened = await self._pauses.left(link.provider.name), link.breaker.retry_in_s
        return ProviderState(
            name=link.provider.name,
            state="open" if link.breaker.is_open else "paused" if paused else "ready",
            retry_in_s=round(max(paused, opened), 1),
            calls=link.meter.calls,
            failures=link.meter.failures,
            usage=link.meter.usage,
            cost_usd=round(link.meter.cost_usd, 6),
        )
