"""``/v1/index`` where the vector indexes are served by a process of their own.

Requests are passed on with their credential: the gate here has looked at it, and the service's own says again
whose it is, so that nobody else can name a tenant.
"""

from __future__ import annotations

from fastapi import Request, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from backend.ports.index_relay import IndexRelay

_PASSED = ("authorization", "x-api-key", "content-type", "accept")
_ALSO = ("/v1/health", "/v1/metrics")


class RelayedIndexes(BaseRoute):
    """Before all other routes; of no effect where the services have no relay."""

    path = "/v1/index"

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette."""
        path = scope["path"]
        ours = path == self.path or path.startswith(f"{self.path}/") or path in _ALSO
        if scope["type"] == "http" and ours and scope["state"]["services"].relay is not None:
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette."""
        request = Request(scope, receive)
        relay: IndexRelay = request.state.services.relay
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        headers["X-Request-ID"] = str(scope.get("request_id", ""))
        told = await relay.ask(request.method, target, headers, await request.body())
        await Response(told.body, told.status, dict(told.headers))(scope, receive, send)
