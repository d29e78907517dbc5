"""Routes of the vector index service: where they find it, and how each request is counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from backend.errors import QuaestioError
from backend.routes.errors import status_of
from backend.services.vector_indexes import VectorIndexService

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _of(request: Request) -> VectorIndexService:
    found: VectorIndexService = request.state.services.indexes
    return found


async def _indexes(request: Request) -> VectorIndexService:
    return _of(request)


IndexesDep = Annotated[VectorIndexService, Depends(_indexes)]


class Measured(APIRoute):
    """Counts what its route answers, and how long it took, by the route's name."""

    def get_route_handler(self) -> Handler:
        """As FastAPI asks for it."""
        answer = super().get_route_handler()

        async def measured(request: Request) -> Response:
            began, status = time.perf_counter(), 500
            try:
                response = await answer(request)
                status = response.status_code
            except QuaestioError as error:
                status = status_of(type(error))
                raise
            except RequestValidationError:
                status = 422
                raise
            else:
                return response
            finally:
                metrics = _of(request).metrics
                metrics.answered(self.name, status, time.perf_counter() - began)

        return measured
