"""Connections: many readers, one writer, and work on them off the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from backend.errors import ConfigurationError

T = TypeVar("T")

HEAD = "0001"
"""Newest revision in ``migrations/versions`` (a test compares)."""

READERS = 4


class Database:
    """A SQLite file in WAL mode with full sync: what a commit acknowledged survives a power cut.

    Writes run one at a time on a thread of their own; reads on a few others see the last commit.
    Several processes may use one file; a writer waits up to 30 s for another.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="sql-read")
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="sql-write")
        self._reader = _engine(path, READERS, begin="BEGIN")
        self._writer = _engine(path, 1, begin="BEGIN IMMEDIATE")

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` in a read transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._reads, _run, self._reader, query)

    async def write(self, change: Callable[[Connection], T]) -> T:
        """Run ``change`` in a write transaction; it is durable when this returns, or undone whole."""
        return await asyncio.get_running_loop().run_in_executor(self._writes, _run, self._writer, change)

    async def migrate(self) -> None:
        """Bring the schema up to this version of the product; quick where it is already."""
        await asyncio.get_running_loop().run_in_executor(self._writes, self._migrate)

    async def ping(self) -> None:
        """Answer a trivial query or raise."""
        await self.read(lambda c: c.execute(text("SELECT 1")).scalar_one())

    def close(self) -> None:
        """Wait for running work and close every connection."""
        self._writes.shutdown()
        self._reads.shutdown()
        self._writer.dispose()
        self._reader.dispose()

    def _migrate(self) -> None:
        try:
            with self._writer.connect() as connection:
                if _revision(connection) == HEAD:
                    return
            self._upgrade()
        except DatabaseError as error:
            raise ConfigurationError(
                f"{self._path.name} in the data folder is no database of this product or is damaged "
                f"({error.orig}). Restore a backup or choose another DATA_DIR."
            ) from error

    def _upgrade(self) -> None:
        # Imported here: most starts find the schema as it should be, and Alembic takes 0.2 s.
        from alembic import command  # noqa: PLC0415
        from alembic.config import Config  # noqa: PLC0415
        from alembic.util import CommandError  # noqa: PLC0415

        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("path_separator", "os")
        try:
            with self._writer.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise ConfigurationError(
                "The data folder was written by a newer version of this product. "
                "Upgrade the program or choose another DATA_DIR."
            ) from error


def _revision(connection: Connection) -> str | None:
    known = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    ).first()
    if known is None:
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def _run(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _engine(path: Path, connections: int, begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": 30},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
