"""Options of the commands for keys and users."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

# argparse gives the object that add_subparsers returns no public name.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
Add: TypeAlias = Callable[[Commands, str, str], argparse.ArgumentParser]


def add_keys(commands: Commands, add: Add) -> None:
    """``quaestio keys``."""
    actions = _actions(commands, "keys", "API keys, for AUTH_REQUIRED=true.")
    create = add(actions, "create", "Make a key. It is shown once, on standard output.")
    create.add_argument(
        "--tenant", required=True, help="whose library it opens; a new name makes a new tenant"
    )
    create.add_argument("--name", default="", help="what it is for")
    _scopes(create)
    create.add_argument("--expires", type=float, metavar="DAYS", help="when it expires (default: never)")
    listing = add(actions, "list", "List keys, without their secrets.")
    listing.add_argument("--tenant", help="only of this tenant")
    revoke = add(actions, "revoke", "End a key, at once and everywhere.")
    revoke.add_argument("key_id", metavar="ID", help="as `keys list` shows it")
    for action in (create, listing):
        action.add_argument("--json", action="store_true", help="print JSON")


def add_users(commands: Commands, add: Add) -> None:
    """``quaestio users``."""
    actions = _actions(commands, "users", "People who log in with a password, for AUTH_REQUIRED=true.")
    new = add(actions, "add", "Add a user; the password is asked for, or read from standard input.")
    new.add_argument("--tenant", default="default", help="whose library they use (default: default)")
    _scopes(new)
    listing = add(actions, "list", "List users.")
    listing.add_argument("--json", action="store_true", help="print JSON")
    passwd = add(actions, "passwd", "Give a user another password, asked for as in `add`.")
    remove = add(actions, "remove", "Remove a user; the documents of the tenant stay.")
    for action in (new, passwd, remove):
        action.add_argument("name", metavar="NAME", help="of the user")


def _actions(commands: Commands, name: str, text: str) -> Commands:
    command = commands.add_parser(name, help=text, description=text)
    return command.add_subparsers(dest="action", required=True, metavar="ACTION")


def _scopes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scopes",
        default="read,write",
        metavar="SCOPE,...",
        help="read (look, search, ask, make questions), write (upload, change, delete), "
        "admin (the whole installation); default read,write",
    )
