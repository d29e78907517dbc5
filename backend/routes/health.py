"""Probes: is the process there, can it serve, has it started."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from backend.models.providers import ProvidersResponse
from backend.routes.deps import ServicesDep

router = APIRouter(prefix="/health", tags=["operations"])


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/startup")
async def startup() -> dict[str, str]:
    """The services are open (before that, nothing listens)."""
    return {"status": "ok"}


@router.get("/models")
async def models(services: ServicesDep) -> ProvidersResponse:
    """The language models in the order in which they are asked: calls, tokens and cost since the start."""
    return ProvidersResponse.of(await services.providers())


@router.get("/ready", responses={503: {"description": "A needed component is down; the body says which."}})
async def ready(services: ServicesDep, response: Response) -> dict[str, Any]:
    """Every component that a request needs, with its state and latency.

    `degraded` (still 200): requests are served, but one that helps is down, e.g. the doorbell of the workers.
    """
    components = await services.health.check()
    down = [component for component in components if not component.ok]
    unavailable = any(component.needed for component in down)
    response.status_code = 503 if unavailable else 200
    return {
        "status": "unavailable" if unavailable else "degraded" if down else "ok",
        "components": {
            c.name: {
                "status": "ok" if c.ok else "unavailable",
                "latency_ms": round(c.latency_ms, 2),
                **({"detail": c.detail} if c.detail else {}),
            }
            for c in components
        },
    }
