"""The web page and its assets: static files, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"

_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

_FRESH = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}

router = APIRouter(include_in_schema=False)


@router.get("/")
async def page() -> FileResponse:
    """The page."""
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return FileResponse(FRONTEND / "index.html", headers=headers | _FRESH)


class _Assets(StaticFiles):
    """Files that are asked for again after every upgrade: modules of two versions must not meet."""

    def file_response(self, *args: Any, **options: Any) -> Response:  # noqa: ANN401 - as Starlette declares
        """A file, or 304 where the browser holds it already."""
        response = super().file_response(*args, **options)
        response.headers.update(_FRESH)
        return response


def mount_static(app: FastAPI) -> None:
    """Serve the page's assets."""
    app.mount("/static", _Assets(directory=FRONTEND / "static"), name="static")
