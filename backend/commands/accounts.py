"""Only what keys and users need; running servers see every change at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from backend.adapters.argon2_passwords import Argon2Passwords
from backend.adapters.sql.credentials import SqlCredentials
from backend.adapters.sql.database import Database
from backend.adapters.sql.users import SqlUsers
from backend.bootstrap_parts import make_folder
from backend.config.settings import Settings
from backend.services.keys import Keys
from backend.services.logins import Accounts


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncIterator[tuple[Keys, Accounts]]:
    """Keys and users of a data folder, which is made where there is none."""
    async with AsyncExitStack() as stack:
        make_folder(settings.data_dir)
        database = Database(settings.data_dir / "quaestio.db")
        stack.callback(database.close)
        await database.migrate()
        yield Keys(SqlCredentials(database)), Accounts(SqlUsers(database), Argon2Passwords())
