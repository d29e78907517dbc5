"""Keys and users for tests, made as the command line makes them: beside the server."""

from __future__ import annotations

import asyncio

from backend.commands.accounts import open_accounts
from backend.config.settings import Settings
from backend.models.access import Scope

ALL = frozenset(Scope)


def new_key(
    settings: Settings, tenant: str, scopes: frozenset[Scope] = ALL, days: float | None = None
) -> tuple[str, str]:
    """Id and secret."""

    async def make() -> tuple[str, str]:
        async with open_accounts(settings) as (keys, _):
            made, secret = await keys.create(tenant, "test", scopes, days)
            return made.id, secret

    return asyncio.run(make())


def revoke(settings: Settings, key_id: str) -> None:
    async def end() -> None:
        async with open_accounts(settings) as (keys, _):
            await keys.revoke(key_id)

    asyncio.run(end())


def new_user(
    settings: Settings, name: str, tenant: str, password: str, scopes: frozenset[Scope] = ALL
) -> None:
    async def make() -> None:
        async with open_accounts(settings) as (_, accounts):
            await accounts.add(name, tenant, scopes, password)

    asyncio.run(make())


def change_password(settings: Settings, name: str, password: str) -> None:
    async def change() -> None:
        async with open_accounts(settings) as (_, accounts):
            await accounts.change_password(name, password)

    asyncio.run(change())
