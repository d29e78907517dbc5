"""API keys: make, list, revoke."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from backend.commands.accounts import open_accounts
from backend.config.settings import Settings
from backend.models.access import Credential, scopes_of, scopes_text
from backend.services.keys import Keys


def keys(settings: Settings, options: argparse.Namespace) -> int:
    """``quaestio keys create|list|revoke``."""
    asyncio.run(_keys(settings, options))
    return 0


async def _keys(settings: Settings, options: argparse.Namespace) -> None:
    actions = {"create": _create, "list": _list, "revoke": _revoke}
    async with open_accounts(settings) as (opened, _):
        await actions[options.action](opened, options)


async def _create(opened: Keys, options: argparse.Namespace) -> None:
    scopes = scopes_of(options.scopes)
    made, secret = await opened.create(options.tenant, options.name, scopes, options.expires)
    if options.json:
        print(json.dumps(_as_json(made) | {"key": secret}, indent=2))
        return
    print(
        f"Key {made.id} of {made.tenant} ({scopes_text(made.scopes)}). It is shown only now:", file=sys.stderr
    )
    print(secret)


async def _list(opened: Keys, options: argparse.Namespace) -> None:
    found = await opened.keys(options.tenant)
    if options.json:
        print(json.dumps([_as_json(key) for key in found], indent=2))
        return
    for key in found:
        print(
            f"{key.id}  {_state(key):8} {key.tenant:16} {scopes_text(key.scopes):16} "
            f"used {_time(key.last_used_at) or 'never':20} {key.name}"
        )


async def _revoke(opened: Keys, options: argparse.Namespace) -> None:
    await opened.revoke(options.key_id)
    print(f"Key {options.key_id} is revoked.")


def _as_json(key: Credential) -> dict[str, Any]:
    return {
        "id": key.id,
        "tenant": key.tenant,
        "name": key.name,
        "scopes": scopes_text(key.scopes).split(","),
        "state": _state(key),
        "created_at": _time(key.created_at),
        "last_used_at": _time(key.last_used_at),
        "expires_at": _time(key.expires_at),
        "revoked_at": _time(key.revoked_at),
    }


def _state(key: Credential) -> str:
    return "live" if key.live else "expired" if key.revoked_at is None else "revoked"


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
