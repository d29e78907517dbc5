"""People who log in: add, list, change a password, remove."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys

from backend.commands.accounts import open_accounts
from backend.config.settings import Settings
from backend.errors import InvalidRequest
from backend.models.access import scopes_of, scopes_text
from backend.services.logins import Accounts


def users(settings: Settings, options: argparse.Namespace) -> int:
    """``quaestio users add|list|passwd|remove``."""
    # Asked before anything is opened: a person may take their time.
    password = _password() if options.action in {"add", "passwd"} else ""
    asyncio.run(_users(settings, options, password))
    return 0


async def _users(settings: Settings, options: argparse.Namespace, password: str) -> None:
    async with open_accounts(settings) as (_, accounts):
        if options.action == "list":
            await _list(accounts, options)
        elif options.action == "add":
            await accounts.add(options.name, options.tenant, scopes_of(options.scopes), password)
            print(f"{options.name} may log in to {options.tenant}.")
        elif options.action == "passwd":
            await accounts.change_password(options.name, password)
            print(f"{options.name} has a new password and is logged out everywhere.")
        else:
            await accounts.remove(options.name)
            print(f"{options.name} is removed and logged out everywhere.")


async def _list(accounts: Accounts, options: argparse.Namespace) -> None:
    found = await accounts.users()
    if options.json:
        told = [{"name": u.name, "tenant": u.tenant, "scopes": sorted(u.scopes)} for u in found]
        print(json.dumps(told, indent=2))
        return
    for user in found:
        print(f"{user.name:24} {user.tenant:16} {scopes_text(user.scopes)}")


def _password() -> str:
    """Typed twice at a terminal, else one line of standard input; never an argument, which others can see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise InvalidRequest("The two passwords differ.")
    return password
