"""The web page and its assets: static files, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"

_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> FileResponse:
    """The page."""
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return FileResponse(FRONTEND / "index.html", headers=headers)


def mount_static(app: FastAPI) -> None:
    """Serve the page's assets."""
    app.mount("/static", StaticFiles(directory=FRONTEND / "static"), name="static")
