"""What can go wrong beside FAISS's own errors, which arrive as the types and messages that FAISS raises."""

from __future__ import annotations

import builtins
import json
from typing import Any


class ServiceError(RuntimeError):
    """The service refused or failed. ``code`` is stable; ``request_id`` leads to the server's log."""

    def __init__(self, message: str, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class SessionLost(ServiceError):
    """The objects on the server are gone: idle for too long, or their process ended."""


class QuotaExceeded(ServiceError):
    """As much of something as this tenant may have."""


class TooLarge(ServiceError, MemoryError):
    """A request or an answer over the server's limit."""


class NotReachable(ServiceError, ConnectionError):
    """No server answers at the configured address."""


_KINDS: dict[str, type[ServiceError]] = {
    "session_not_found": SessionLost,
    "session_lost": SessionLost,
    "call_too_long": SessionLost,
    "quota_exceeded": QuotaExceeded,
    "too_large": TooLarge,
}


def error_from(status: int, body: bytes | bytearray) -> Exception:
    """The error that an answer other than 200 stands for."""
    try:
        said: dict[str, Any] = json.loads(body)
        message, code = str(said["message"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        return ServiceError(f"The service answered with status {status}, and not in its own form.")
    if code in {"faiss_error", "handle_not_found"}:
        return _of_faiss(said, message)
    return _KINDS.get(code, ServiceError)(message, code, str(said.get("request_id", "")))


def _of_faiss(said: dict[str, Any], message: str) -> Exception:
    detail = said.get("detail")
    name = detail[0].get("type") if isinstance(detail, list) and detail else None
    kind = getattr(builtins, str(name), RuntimeError)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        return RuntimeError(message)
    return kind(message) if message else kind()
