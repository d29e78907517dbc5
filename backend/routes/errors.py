"""Errors as HTTP: the one table of statuses, and the one body."""

from __future__ import annotations

import errno
import logging
import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from backend import errors
from backend.models.api import ErrorBody

logger = logging.getLogger(__name__)

STATUS: Mapping[type[errors.QuaestioError], int] = {
    errors.InvalidRequest: 400,
    errors.TooManyQuestions: 422,
    errors.KeyReused: 422,
    errors.NotAuthenticated: 401,
    errors.ScopeMissing: 403,
    errors.TooManyAttempts: 429,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooManyRequests: 429,
    errors.QuotaExceeded: 429,
    errors.CallTooLong: 504,
    errors.TooLarge: 413,
    errors.DamagedIndex: 500,
    errors.UnsupportedFile: 415,
    errors.UnreadableFile: 422,
    errors.TopicNotFound: 422,
    errors.Stopped: 409,
    errors.GaveUp: 500,
    errors.ConfigurationError: 500,
    errors.StorageFull: 507,
    errors.Unavailable: 503,
    errors.QuaestioError: 500,
}
"""The nearest class of an error's family counts."""

RETRY_AFTER_S = 5

_CHALLENGE = 'Bearer realm="quaestio"'

_HTTP_CODES = {
    400: "bad_request",
    404: "route_not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


def status_of(kind: type[errors.QuaestioError]) -> int:
    """The HTTP status of an error class."""
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def error_response(
    status: int,
    message: str,
    code: str,
    request_id: str,
    detail: list[Any] | None = None,
    retry_after_s: float = RETRY_AFTER_S,
) -> JSONResponse:
    """The body of every failed request; 429 and 503 also carry Retry-After."""
    retry_after = max(1, math.ceil(retry_after_s)) if status in {429, 503} else None
    body = ErrorBody(
        message=message,
        detail=message if detail is None else detail,
        code=code,
        retry_after=retry_after,
        request_id=request_id,
    )
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(jsonable_encoder(body), status, headers)


def register(app: FastAPI) -> None:
    """Answer every kind of failure in the one form."""
    app.add_exception_handler(errors.QuaestioError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OSError, _system)
    app.add_exception_handler(Exception, _unforeseen)


def _ours(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, errors.QuaestioError):
        raise error
    return response_to(error, _request_id(request))


def response_to(error: errors.QuaestioError, request_id: str) -> JSONResponse:
    """What an error of the tree answers with, also outside of a route."""
    status = status_of(type(error))
    if status >= 500:  # noqa: PLR2004 - server errors
        logger.error("%s: %s", error.code, error.message, exc_info=error)
    wait_s = getattr(error, "retry_after_s", None) or RETRY_AFTER_S
    response = error_response(status, error.message, error.code, request_id, retry_after_s=wait_s)
    if isinstance(error, errors.ScopeMissing):
        response.headers["WWW-Authenticate"] = (
            f'{_CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
        )
    elif isinstance(error, errors.NotAuthenticated):
        response.headers["WWW-Authenticate"] = _CHALLENGE
    return response


def _system(request: Request, error: Exception) -> JSONResponse:
    """An upload that did not fit where it is kept while it comes in."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        full = errors.StorageFull("The disk for temporary files is full. Free some space and try again.")
        return _ours(request, full.with_traceback(error.__traceback__))
    raise error


def _invalid(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    faults = [_fault(fault) for fault in error.errors()]
    message = "; ".join(dict.fromkeys(map(_said, faults)))
    return error_response(422, message, "invalid_request", _request_id(request), faults)


def _fault(fault: Mapping[str, Any]) -> dict[str, Any]:
    """FastAPI's own form, without the input (it may be large or private) and the exception objects."""
    return {"type": fault["type"], "loc": list(fault["loc"]), "msg": fault["msg"]}


def _said(fault: Mapping[str, Any]) -> str:
    """The fault as a sentence; of a body that is no JSON object the framework says something else."""
    if fault["type"] == "json_invalid":
        return "The body is not valid JSON."
    if fault["loc"] == ["body"] and fault["type"] in {"model_attributes_type", "dict_type"}:
        return "The body is no JSON object. Send one, with Content-Type: application/json."
    return f"{_place(fault)}{fault['msg']}"


def _place(fault: Mapping[str, Any]) -> str:
    where, *names = fault["loc"] or [""]
    place = ".".join(map(str, names if where in {"body", "query", "path"} else fault["loc"]))
    return f"{place}: " if place else ""


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    code = _HTTP_CODES.get(error.status_code, "http_error")
    message = str(error.detail)
    if error.status_code == 404 and message == "Not Found":  # noqa: PLR2004 - Starlette's own
        message = f"There is nothing at {request.url.path}. The routes are listed at /docs."
    response = error_response(error.status_code, message, code, _request_id(request))
    response.headers.update(error.headers or {})
    return response


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    request_id = _request_id(request)
    logger.error("request %s failed", request_id, exc_info=error)
    message = f"Something went wrong here. Try again; if it stays, look for {request_id} in the server's log."
    return error_response(500, message, errors.QuaestioError.code, request_id)


def _request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))
