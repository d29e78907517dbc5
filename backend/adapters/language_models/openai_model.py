"""A language model behind any server that speaks OpenAI's chat completions.

Whole answers come through the openai SDK, streamed ones over a lighter client (``streamed_calls``).
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from backend.adapters.language_models.dialect import Dialect
from backend.adapters.language_models.events import EventReader, usage_of
from backend.adapters.language_models.streamed_calls import StreamedCalls, arriving
from backend.config.providers import Provider
from backend.errors import ModelBusy, ModelUnavailable
from backend.models.language import Completion, Piece, Prompt, Usage

if TYPE_CHECKING:
    import openai

T = TypeVar("T")

_CONNECT_S = 5.0
_REFUSALS = 4
"""Parameters that a provider may refuse of one call before it is given up."""
_REFUSED = frozenset({400, 422})


class OpenAIModel:
    """One provider; the SDK is imported at the first call, since that takes half a second.

    Errors name the provider and the kind of failure only: what a server says may hold a part of the key.
    """

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._dialect = Dialect(provider.kind)
        self._clients: tuple[openai.AsyncOpenAI, StreamedCalls] | None = None
        self._opening = asyncio.Lock()
        self._lanes = asyncio.Semaphore(provider.concurrency)

    @property
    def name(self) -> str:
        """Provider and model."""
        return self._provider.name

    async def warm(self) -> tuple[openai.AsyncOpenAI, StreamedCalls]:
        """The clients for whole and for streamed answers, imported in a thread."""
        async with self._opening:
            if self._clients is None:
                client, context = await asyncio.to_thread(_client, self._provider)
                self._clients = client, StreamedCalls(self._provider, context, _connect_s(self._provider))
            return self._clients

    async def close(self) -> None:
        """Drop the connections."""
        if self._clients is not None:
            await asyncio.gather(*(client.close() for client in self._clients))

    async def complete(self, prompt: Prompt) -> Completion:
        """The whole answer within the provider's limit of time."""
        async with self._lane(prompt), self._own_errors():
            client, _ = await self.warm()
            async with asyncio.timeout_at(self._limit(prompt.begin_by, prompt.deadline)):
                create = client.chat.completions.create
                answer = await self._send(lambda chosen: create(**chosen), prompt, stream=False)
            text = answer.choices[0].message.content or ""
            if not text.strip():
                raise ModelUnavailable(f"{self.name} gave no text.")
            return Completion(
                text, self.name, usage_of(answer.usage.model_dump() if answer.usage else None) or Usage()
            )

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """Pieces as they come; an answer that ends without saying that it is complete is a failure."""
        async with self._lane(prompt), self._own_errors():
            _, streams = await self.warm()
            # No limit of time is open while the caller has a piece: its time is its own.
            async with asyncio.timeout_at(self._limit(prompt.begin_by, prompt.deadline)):
                answer = await self._send(streams.open, prompt, stream=True)
            events, begin_by = EventReader(), prompt.begin_by
            async with aclosing(arriving(answer)) as pieces:
                while True:
                    async with asyncio.timeout_at(self._limit(begin_by, prompt.deadline)):
                        data = await anext(pieces, None)
                    if data is None:
                        break
                    if text := events.feed(data):
                        begin_by = None
                        yield Piece(text, self.name)
            if not events.finished:
                raise ModelUnavailable(f"{self.name} broke off in the middle of its answer.")
            if events.usage is not None:
                yield Piece("", self.name, events.usage)

    def _limit(self, *times: float | None) -> float:
        """The first of ``times`` and the end of the silence that the provider may keep from now."""
        silence = asyncio.get_running_loop().time() + self._provider.timeout_s
        return min([silence, *(time for time in times if time is not None)])

    async def _send(
        self, call: Callable[[dict[str, Any]], Awaitable[T]], prompt: Prompt, *, stream: bool
    ) -> T:
        """What the server answers; sent again with less where it refuses a parameter."""
        for _ in range(_REFUSALS):
            chosen = self._dialect.parameters(prompt, stream=stream)
            try:
                return await call({"model": self._provider.model, **chosen})
            except Exception as refusal:
                if getattr(refusal, "status_code", None) not in _REFUSED:
                    raise
                if not self._dialect.give_way(chosen, _said(refusal)):
                    raise
        raise ModelUnavailable(f"{self.name} refuses the call.")

    @asynccontextmanager
    async def _lane(self, prompt: Prompt) -> AsyncIterator[None]:
        """One call among those that may run at a time; to wait for it is no fault of the provider."""
        try:
            async with asyncio.timeout_at(prompt.begin_by or prompt.deadline):
                await self._lanes.acquire()
        except TimeoutError:
            raise ModelBusy(f"{self.name} has other calls to answer.", 0.0) from None
        try:
            yield
        finally:
            self._lanes.release()

    @asynccontextmanager
    async def _own_errors(self) -> AsyncIterator[None]:
        """Every failure as one of ours."""
        try:
            yield
        except ModelUnavailable:
            raise
        except TimeoutError:
            raise ModelUnavailable(f"{self.name} did not answer in time.") from None
        except Exception as error:  # noqa: BLE001 - whatever a server or the SDK makes of a bad answer
            raise _failure(self.name, error) from None


def _client(provider: Provider) -> tuple[openai.AsyncOpenAI, ssl.SSLContext]:
    """The SDK, and the certificates that it trusts."""
    import aiohttp  # noqa: F401, PLC0415 - so that the loop need not wait for it
    import httpx2  # noqa: PLC0415 - as the SDK, which brings it
    import openai  # noqa: PLC0415 - half a second

    for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
        # At the level debug they write whole prompts, which hold people's documents.
        logging.getLogger(name).setLevel(logging.WARNING)
    client = openai.AsyncOpenAI(
        api_key=provider.api_key or "none",
        base_url=provider.base_url,
        timeout=openai.Timeout(provider.timeout_s, connect=_connect_s(provider)),
        max_retries=0,  # how often and when is decided by the wrappers, for all calls together
    )
    return client, httpx2.create_ssl_context()


def _connect_s(provider: Provider) -> float:
    return min(_CONNECT_S, provider.timeout_s)


def _said(refusal: Exception) -> str:
    """What a server says of a call that it refuses: of ours, or of the SDK's."""
    said = getattr(refusal, "said", None) or getattr(refusal, "body", None)
    return str(said or refusal)


def _failure(name: str, error: Exception) -> ModelUnavailable:
    status = getattr(error, "status_code", None)
    if status == 429:  # noqa: PLR2004 - Too Many Requests
        return ModelBusy(f"{name} asks to wait.", _retry_after(error))
    if status in {401, 403}:
        return ModelUnavailable(f"{name} refuses the key.")
    if status is not None:
        return ModelUnavailable(f"{name} answered with status {status}.")
    return ModelUnavailable(f"{name} failed: {type(error).__name__}.")


def _retry_after(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", error), "headers", {})
    for header, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(header, "")) * unit
        except ValueError:
            continue
        if 0 <= seconds < math.inf:
            return seconds
    return None
