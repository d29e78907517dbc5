"""Files of a web page, made ready once: compressed, named by their content, first paint in one answer."""

from __future__ import annotations

import base64
import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STYLE = re.compile(r'<link rel="stylesheet" href="/static/([\w.-]+)"([^>]*)>')
_SCRIPT = re.compile(r'<script src="/static/([\w.-]+)"></script>')
_MODULE = re.compile(r'<script type="module" src="/static/([\w.-]+)"></script>')
_IMPORT = re.compile(r"^(?:import|export) .*?from '\./([\w.-]+)';", re.MULTILINE | re.DOTALL)
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file to be sent, plain or compressed."""

    content: bytes
    compressed: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, name: str, content: bytes) -> WebFile:
        """A file by its name and bytes."""
        suffix = Path(name).suffix
        media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return cls(content, gzip.compress(content, 9, mtime=0), media_type, f'"{_digest(content)}"')


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page with its assets, as they were when it was read: a change shows after a restart."""

    page: WebFile
    assets: Mapping[str, WebFile]
    version: str
    """Of all assets together; a path that holds it never changes its content."""
    inline_scripts: tuple[str, ...]
    inline_styles: tuple[str, ...]
    """Hashes for a Content-Security-Policy."""


def read_page(folder: Path) -> WebPage:
    """``index.html`` and ``static/*`` of a folder.

    Stylesheets and classic scripts are put into the page itself, so that the first paint waits for one
    answer; its modules are asked for at once, not one import after the other.
    """
    files = {path.name: path.read_bytes() for path in sorted((folder / "static").iterdir()) if path.is_file()}
    version = _digest(*(name.encode() + b"\0" + content for name, content in files.items()))
    html = (folder / "index.html").read_text()
    scripts: list[str] = []
    styles: list[str] = []

    def style(found: re.Match[str]) -> str:
        text = files[found[1]].decode()
        styles.append(_policy_hash(text))
        return f"<style{found[2]}>{text}</style>"

    def script(found: re.Match[str]) -> str:
        text = files[found[1]].decode()
        scripts.append(_policy_hash(text))
        return f"<script>{text}</script>"

    def module(found: re.Match[str]) -> str:
        loads = [f'<link rel="modulepreload" href="/static/{name}">' for name in _imports(found[1], files)]
        return "".join([*loads, found[0]])

    html = _MODULE.sub(module, _SCRIPT.sub(script, _STYLE.sub(style, html)))
    html = html.replace('="/static/', f'="/static/{version}/')
    return WebPage(
        WebFile.of("index.html", html.encode()),
        {name: WebFile.of(name, content) for name, content in files.items()},
        version,
        tuple(scripts),
        tuple(styles),
    )


def _imports(name: str, files: Mapping[str, bytes]) -> list[str]:
    """Modules that a module needs before it runs, nearest first."""
    needed: list[str] = []
    waiting = [name]
    while waiting:
        for found in _IMPORT.findall(files[waiting.pop(0)].decode()):
            if found not in needed:
                needed.append(found)
                waiting.append(found)
    return needed


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def _policy_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
