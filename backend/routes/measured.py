"""Routes of the vector index service: where they find it, and how each request is counted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from backend.errors import QuaestioError
from backend.routes.deps import Asker
from backend.routes.errors import status_of
from backend.services.vector_indexes import VectorIndexService

T = TypeVar("T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Search = Callable[[str, Request, Asker, VectorIndexService], Awaitable[Response]]


def _of(request: Request) -> VectorIndexService:
    found: VectorIndexService = request.state.services.indexes
    return found


async def _indexes(request: Request) -> VectorIndexService:
    return _of(request)


IndexesDep = Annotated[VectorIndexService, Depends(_indexes)]


async def measured(name: str, indexes: VectorIndexService, answer: Awaitable[T]) -> T:
    """Count what is answered, and how long it took, by the route's name."""
    began, status = time.perf_counter(), 500
    try:
        found = await answer
        status = found.status_code if isinstance(found, Response) else 200
    except QuaestioError as error:
        status = status_of(type(error))
        raise
    except RequestValidationError:
        status = 422
        raise
    else:
        return found
    finally:
        indexes.metrics.answered(name, status, time.perf_counter() - began)


class Measured(APIRoute):
    """Counts what its route answers, and how long it took."""

    def get_route_handler(self) -> Handler:
        """As FastAPI asks for it."""
        answer = super().get_route_handler()

        async def counted(request: Request) -> Response:
            return await measured(self.name, _of(request), answer(request))

        return counted


class SearchRoute(BaseRoute):
    """``POST /v1/index/{name}/search`` by itself, before all other routes.

    To try a hundred patterns and to solve dependencies takes as long as the search of a small index.
    ``search`` is the documented route's own function.
    """

    path = "/v1/index/{index_id}/search"
    _before, _behind = path.split("{index_id}")

    def __init__(self, search: Search) -> None:
        self._search = search

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Starlette."""
        path = scope["path"]
        if scope["type"] == "http" and scope["method"] == "POST" and path.startswith(self._before):
            name, slash, rest = path[len(self._before) :].partition("/")
            if name and slash + rest == self._behind:
                return Match.FULL, {"path_params": {"index_id": name}}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Starlette."""
        request = Request(scope, receive)
        asked = self._search(request.path_params["index_id"], request, request.state.asker, _of(request))
        response = await measured("search", _of(request), asked)
        await response(scope, receive, send)
