"""Logging in and out, for people; programs have keys."""

from __future__ import annotations

from fastapi import APIRouter, Request

from backend.models.api import Message
from backend.models.logins import LoginRequest, LoginResponse, Verification
from backend.routes.deps import ERRORS, Caller, ServicesDep

router = APIRouter(prefix="/api/auth", tags=["who is asking"], responses=ERRORS)

_OFF = "This server wants no login: whoever reaches it may use it."
_NO_TOKEN = "not-needed"  # noqa: S105 - what clients get that want one where none is needed


@router.post("/login")
async def login(body: LoginRequest, request: Request, services: ServicesDep) -> LoginResponse:
    """A token for a user, to be sent as `Authorization: Bearer …`; it expires after LOGIN_TTL_S.

    401 where name or password is wrong, 429 after too many attempts. Where the server wants no
    credential, every login succeeds and `message` says so.
    """
    if not services.access.required:
        return LoginResponse(access_token=_NO_TOKEN, message=_OFF)
    address = request.client.host if request.client else "unknown"
    token = await services.logins.log_in(body.username, body.password, address)
    return LoginResponse(access_token=token, message=f"Welcome, {body.username}.")


@router.post("/logout")
async def logout(caller: Caller, services: ServicesDep) -> Message:
    """End the login whose token came with the request, at once and everywhere; a key stays as it is."""
    if not services.access.required:
        return Message(message=_OFF)
    if await services.logins.log_out(caller.identity):
        return Message(message="You are logged out.")
    return Message(message="This is an API key, not a login: `quaestio keys revoke` ends it.")


@router.get("/verify")
async def verify(caller: Caller, services: ServicesDep) -> Verification:
    """Whether the credential that came with the request is good; 401 where it is not."""
    if not services.access.required:
        return Verification(valid=True, message=_OFF)
    scopes = ", ".join(sorted(caller.identity.scopes))
    return Verification(valid=True, message=f"You may {scopes} in {caller.tenant}.")
