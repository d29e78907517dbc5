"""Bodies of logging in and out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LoginRequest(BaseModel):
    """A user that was made on the command line."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "ada", "password": "…"}]})

    username: str = Field(max_length=128)
    password: str = Field(max_length=1024)


class LoginResponse(BaseModel):
    """What to send as `Authorization: Bearer …` from now on."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the type of a token, not one
    message: str


class Verification(BaseModel):
    """Whether the credential that came with the request is good."""

    valid: bool
    message: str
