"""Requests to ``quaestio serve-index``, over connections that are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backend.errors import ConfigurationError, Unavailable
from backend.models.relayed import Relayed

if TYPE_CHECKING:
    import aiohttp

_PASSED = ("content-type", "retry-after", "www-authenticate")
_CONNECT_S = 5.0
_SILENCE_S = 600.0
"""Longest wait for an answer: training takes long."""
_IDLE_S = 3.0
"""Shorter than the service keeps an unused connection, so that none ends as a request is sent."""


class HttpIndexRelay:
    """For one event loop; ``url`` as ``http://host:port``. Nothing is sent twice."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise ConfigurationError(
                f"INDEX_URL is the address of `quaestio serve-index` like http://127.0.0.1:8001, not {url!r}."
            )
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Relayed:
        """See the port."""
        import aiohttp  # noqa: PLC0415 - takes a fifth of a second, which a start without it need not pay
        from yarl import URL  # noqa: PLC0415

        session = self._session = self._session or _session()
        try:
            async with session.request(
                method,
                URL(self._url + target, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
            ) as answer:
                told = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
                return Relayed(answer.status, told, await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(
                "The vector index service does not answer. Try again; if it stays, "
                "start `quaestio serve-index`."
            ) from error

    async def ping(self) -> None:
        """See the port."""
        # Without a credential it may refuse; it is there then, too.
        if (await self.ask("GET", "/v1/health", {}, b"")).status not in {200, 401}:
            raise Unavailable("The vector index service answers, but not well.")

    async def aclose(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # its transports end in the next turn of the loop


def _session() -> aiohttp.ClientSession:
    import aiohttp  # noqa: PLC0415 - see above

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S),
    )
