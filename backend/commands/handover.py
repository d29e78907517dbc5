"""HTTP connections that a route may take over, and that end where a body goes on for ever past its answer."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

TRANSPORT = "transport"
"""Where a request's ``state`` holds its transport."""

_MOST_UNREAD = 1_000_000
"""Bytes of a body that are thrown away after the answer, so that the connection can serve another request."""


class ReachableHTTP(AutoHTTPProtocol):  # type: ignore[misc, valid-type] # uvicorn chooses the class at import
    """Uvicorn's own protocol; ``scope["state"]["transport"]`` is the connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._of_this_connection = dict(app_state)
        self._unread = 0
        super().__init__(config, server_state, self._of_this_connection, _loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio."""
        self._of_this_connection[TRANSPORT] = transport
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Asyncio: what comes of a body that was answered unread counts, for no limit of a route sees it."""
        super().data_received(data)
        if self.cycle is None or not self.cycle.response_complete:
            self._unread = 0
            return
        self._unread += len(data)
        if self._unread > _MOST_UNREAD:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: whether an upgrade is supported is for the route to say."""
