"""The web application: lifespan, middleware and routers; no logic."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, TypedDict

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from backend import __version__
from backend.routes import (
    ask,
    auth,
    chat,
    chat_socket,
    collections,
    docs,
    documents,
    errors,
    evaluation,
    health,
    jobs,
    migrations,
    page,
    pdf,
    progress,
    question_sets,
    questions,
    search,
    talk,
    vector_index,
)
from backend.routes.access import Gate, documented
from backend.routes.measured import SearchRoute
from backend.routes.middleware import RATE_HEADERS, BodyLimit, RateLimit, RequestId
from backend.routes.relayed_indexes import RelayedIndexes
from backend.routes.sessions import SessionRoutes
from backend.routes.sse import unwound
from backend.services.access import Access
from backend.services.container import IndexServices, Services

LOCAL_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class IndexState(TypedDict):
    """What the lifespan of the index service hands to every request."""

    services: IndexServices
    access: Access


class State(TypedDict):
    """What the lifespan hands to every request."""

    services: Services
    access: Access
    closing: Callable[[], bool]
    origins: str


class _Api(FastAPI):
    """Its description says what each call needs; its streams are told from outside of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await unwound(super().__call__, scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return documented(super().openapi())


def create_app(
    open_services: Callable[[], AbstractAsyncContextManager[Services]],
    *,
    cors_origins: str = "",
    max_upload_bytes: int,
    max_index_bytes: int = 256_000_000,
    closing: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """Serve the services that ``open_services`` opens; an embedded worker runs beside the requests.

    ``closing`` says whether the server is about to end, so that no stream keeps it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
        async with open_services() as services, _working(services):
            yield {
                "services": services,
                "access": services.access,
                "closing": closing,
                "origins": _origins(cors_origins),
            }

    app = _Api(
        title="Quaestio",
        version=__version__,
        summary="Questions, quizzes and checked answers from your own documents.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    errors.register(app)
    app.add_middleware(RateLimit)
    app.add_middleware(BodyLimit, max_upload_bytes=max_upload_bytes, max_index_bytes=max_index_bytes)
    # Before what only pages and JSON need: a search must not pay for that.
    app.add_middleware(SessionRoutes)
    # Before all that reads a body or knows a route; behind CORS, which browsers ask without a credential.
    app.add_middleware(Gate)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=_origins(cors_origins),
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["X-Request-ID", "Retry-After", "WWW-Authenticate", *RATE_HEADERS],
    )
    app.add_middleware(RequestId)
    app.router.routes[:0] = [RelayedIndexes(), SearchRoute(vector_index.search)]
    for module in (
        documents,  # first: a path is looked for in this order, and uploads come in thousands
        auth,
        chat,
        questions,
        question_sets,
        evaluation,
        ask,
        talk,
        chat_socket,
        search,
        collections,
        jobs,
        migrations,
        progress,
        pdf,
        vector_index,
        health,
        docs,
    ):
        app.include_router(module.router)
    page.mount_static(app)
    docs.mount_static(app)
    return app


def create_index_app(
    open_services: Callable[[], AbstractAsyncContextManager[IndexServices]], *, max_index_bytes: int
) -> FastAPI:
    """Serve the vector indexes alone, on the same routes as within the product."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[IndexState]:
        async with open_services() as services:
            yield {"services": services, "access": services.access}

    app = FastAPI(title="Quaestio vector indexes", version=__version__, lifespan=lifespan, docs_url=None)
    errors.register(app)
    app.add_middleware(BodyLimit, max_upload_bytes=max_index_bytes, max_index_bytes=max_index_bytes)
    app.add_middleware(Gate)
    app.add_middleware(RequestId)
    app.router.routes.insert(0, SearchRoute(vector_index.search))
    app.include_router(vector_index.router)
    return app


@asynccontextmanager
async def _working(services: Services) -> AsyncIterator[None]:
    """In the background: a look for stores to move over; worker and schedule, where they belong here."""
    beside = [asyncio.create_task(services.migration.watch())]
    if services.worker_inside:
        beside += [asyncio.create_task(each.run()) for each in (services.worker, services.schedule)]
    try:
        yield
    finally:
        for task in beside:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _origins(configured: str) -> str:
    """A pattern for the web origins that may call the API."""
    names = [name.strip().rstrip("/") for name in configured.split(",") if name.strip()]
    if "*" in names:
        return ".*"
    return "|".join([LOCAL_ORIGIN, *map(re.escape, names)])
