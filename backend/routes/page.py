"""The web page and its assets: static files, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from backend.utils.web_files import WebFile, WebPage, read_page

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"

_FRESH = "no-cache"
_FOREVER = "public, max-age=31536000, immutable"


def mount_static(app: FastAPI) -> None:
    """Serve the page and its assets, as they are now."""
    web = read_page(FRONTEND)
    router = APIRouter(include_in_schema=False)
    headers = {"Content-Security-Policy": _policy(web), "Referrer-Policy": "no-referrer"}

    @router.api_route("/", methods=["GET", "HEAD"])
    async def page(request: Request) -> Response:
        """The page."""
        return _answer(request, web.page, _FRESH, headers)

    @router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
    async def asset(request: Request, path: str) -> Response:
        """A file; below the version that the page names, a browser keeps it for good."""
        version, _, name = path.rpartition("/")
        found = web.assets.get(name)
        if found is None or version not in {"", web.version}:
            raise HTTPException(404, "There is no such file. Reload the page.")
        return _answer(request, found, _FOREVER if version else _FRESH, {})

    app.include_router(router)


def _policy(web: WebPage) -> str:
    scripts, styles = " ".join(web.inline_scripts), " ".join(web.inline_styles)
    return (
        f"default-src 'self'; script-src 'self' {scripts}; style-src 'self' {styles}; object-src 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )


def _answer(request: Request, file: WebFile, caching: str, more: dict[str, str]) -> Response:
    """A file, compressed where the browser takes that, or 304 where it holds it already."""
    headers = {
        "Cache-Control": caching,
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    if file.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        content, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(content, media_type=file.media_type, headers=headers)
