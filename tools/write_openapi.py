"""Writes ``docs/openapi.json``, whose differences show what a change does to the HTTP surface."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from backend.main import create_app
from backend.services.container import Services

TARGET = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the application as it is now."""
    document: dict[str, Any] = json.loads(json.dumps(create_app(_never_opened, max_upload_bytes=1).openapi()))
    return document


def _never_opened() -> AbstractAsyncContextManager[Services]:
    raise AssertionError("describing the routes needs no services")


if __name__ == "__main__":
    TARGET.write_text(json.dumps(openapi(), indent=2, ensure_ascii=False) + "\n")
