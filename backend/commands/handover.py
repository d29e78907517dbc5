"""HTTP connections that a route may take over: each request can reach the transport that it came over."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.server import ServerState

TRANSPORT = "transport"
"""Where a request's ``state`` holds its transport."""


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
        super().__init__(config, server_state, self._of_this_connection, _loop)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio."""
        self._of_this_connection[TRANSPORT] = transport
        super().connection_made(transport)

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: whether an upgrade is supported is for the route to say."""
