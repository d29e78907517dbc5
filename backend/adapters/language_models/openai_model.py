"""A language model behind any server that speaks OpenAI's chat completions.

Whole answers come through the openai SDK, streamed ones over a lighter client (``streamed_calls``).
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from backend.adapters.language_models.dialect import Dialect
from backend.adapters.language_models.events import EventReader, usage_of
from backend.config.providers import Provider
from backend.errors import ModelBusy, ModelUnavailable
from backend.models.language import Completion, Piece, Prompt, Usage

if TYPE_CHECKING:
    import aiohttp
    import openai

    from backend.adapters.language_models.streamed_calls import Parameters, StreamedCalls

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
                from backend.adapters.language_models.streamed_calls import StreamedCalls  # noqa: PLC0415 - by now

                self._clients = client, StreamedCalls(self._provider, context, _connect_s(self._provider))
            return self._clients

    async def close(self) -> None:
        """Drop the connections."""
        if self._clients is not None:
            await asyncio.gather(*(client.close() for client in self._clients))

    async def complete(self, prompt: Prompt) -> Completion:
        """The whole answer within the provider's limit of time."""
        with _OwnErrors(self.name):
            await self._turn(prompt)
            try:
                return await self._completed(prompt)
            finally:
                self._lanes.release()

    async def _completed(self, prompt: Prompt) -> Completion:
        client, _ = await self.warm()
        create = client.chat.completions.create
        async with asyncio.timeout_at(self._limit(prompt.begin_by, prompt.deadline)):
            answer = await self._send(lambda chosen: create(**chosen()), prompt, stream=False)
        text = answer.choices[0].message.content or ""
        if not text.strip():
            raise ModelUnavailable(f"{self.name} gave no text.")
        counted = answer.usage.model_dump() if answer.usage else None
        return Completion(text, self.name, usage_of(counted) or Usage())

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Piece]:
        """Pieces as they come; an answer that ends without saying that it is complete is a failure."""
        with _OwnErrors(self.name):
            await self._turn(prompt)
            answer: aiohttp.ClientResponse | None = None
            try:
                answer = await self._open(prompt)
                events, begin_by = EventReader(), prompt.begin_by
                # No limit of time is open while the caller has a piece: its time is its own.
                while data := await self._arrived(answer, begin_by, prompt.deadline):
                    if text := events.feed(data):
                        begin_by = None
                        yield Piece(text, self.name)
                answer.release()
                if not events.finished:
                    raise ModelUnavailable(f"{self.name} broke off in the middle of its answer.")
                if events.usage is not None:
                    yield Piece("", self.name, events.usage)
            finally:
                if answer is not None:
                    answer.close()  # ends the call, unless all of it was read
                self._lanes.release()

    async def _open(self, prompt: Prompt) -> aiohttp.ClientResponse:
        _, streams = await self.warm()
        async with asyncio.timeout_at(self._limit(prompt.begin_by, prompt.deadline)):
            return await self._send(streams.open, prompt, stream=True)

    async def _arrived(self, answer: aiohttp.ClientResponse, *times: float | None) -> bytes:
        """What has come, as soon as anything has; nothing at its end."""
        async with asyncio.timeout_at(self._limit(*times)):
            return await answer.content.readany()

    def _limit(self, *times: float | None) -> float:
        """The first of ``times`` and the end of the silence that the provider may keep from now."""
        silence = asyncio.get_running_loop().time() + self._provider.timeout_s
        return min([silence, *(time for time in times if time is not None)])

    async def _send(self, call: Callable[[Parameters], Awaitable[T]], prompt: Prompt, *, stream: bool) -> T:
        """What the server answers; sent again with less where it refuses a parameter."""
        for _ in range(_REFUSALS):
            chosen = self._dialect.parameters(prompt, stream=stream)
            try:
                return await call(partial(_parameters, self._provider.model, prompt, chosen))
            except Exception as refusal:
                if getattr(refusal, "status_code", None) not in _REFUSED:
                    raise
                if not self._dialect.give_way(chosen, _said(refusal)):
                    raise
        raise ModelUnavailable(f"{self.name} refuses the call.")

    async def _turn(self, prompt: Prompt) -> None:
        """Wait to be one call among those that may run at a time: no fault of the provider."""
        try:
            async with asyncio.timeout_at(prompt.begin_by or prompt.deadline):
                await self._lanes.acquire()
        except TimeoutError:
            raise ModelBusy(f"{self.name} has other calls to answer.", 0.0) from None


class _OwnErrors:
    """Every failure as one of ours. No generator: it stays open as long as an answer is written."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, ModelUnavailable):
            return
        if isinstance(error, TimeoutError):
            raise ModelUnavailable(f"{self._name} did not answer in time.") from None
        raise _failure(self._name, error) from None


def _parameters(model: str, prompt: Prompt, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Of one call, with what is said: made when it is needed, since that is long."""
    messages = [{"role": m.role, "content": m.content} for m in prompt.messages]
    return {"model": model, "messages": messages, **chosen}


def _client(provider: Provider) -> tuple[openai.AsyncOpenAI, ssl.SSLContext]:
    """The SDK, and the certificates that it trusts."""
    import httpx2  # noqa: PLC0415 - as the SDK, which brings it
    import openai  # noqa: PLC0415 - half a second

    import backend.adapters.language_models.streamed_calls  # noqa: F401, PLC0415 - so that the loop need not wait

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
