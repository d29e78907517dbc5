"""Connections: many readers, one writer, and work on them off the event loop."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from backend.adapters.disk import FULL
from backend.errors import ConfigurationError, StorageFull

T = TypeVar("T")

HEAD = "0001"
"""Newest revision in ``migrations/versions`` (a test compares)."""

READERS = 4
_LITTLE_ROOM = 1 << 20
_WRITE = "BEGIN IMMEDIATE"
_PATIENCE_S = 30.0
_PAUSE_S, _LONGEST_PAUSE_S = 0.0002, 0.005
"""Between two looks whether another process has ended its turn to write."""

GROUP = 128
"""Most writes of one commit."""


class Database:
    """A SQLite file in WAL mode.

    Reads run on a few threads and see the last commit. Writes run one at a time on a thread of their
    own; those that wait together are committed together, each undone alone if it fails. A durable write
    survives a power cut when it returns; another one survives the process, and a power cut once a later
    durable write has returned. Several processes may use one file; a writer waits up to 30 s for another.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reads = ThreadPoolExecutor(READERS, thread_name_prefix="sql-read")
        self._reader = _engine(path, READERS, begin="BEGIN")
        self._writer = _engine(path, 2, begin=_WRITE)
        self._writing_on: Connection | None = None
        self._level = ""
        self._watching: sqlite3.Connection | None = None
        self._waiting: SimpleQueue[_Write | None] = SimpleQueue()
        self._writing = Thread(target=self._write_all, name="sql-write", daemon=True)
        self._writing.start()

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Run ``query`` in a read transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._reads, _run, self._reader, query)

    def read_here(self, query: Callable[[Connection], T]) -> T:
        """``read`` for a thread of one's own, which waits."""
        return _run(self._reader, query)

    async def write(self, change: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run ``change`` in a write transaction; it is committed when this returns, or undone whole.

        Raises StorageFull where the disk is.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._waiting.put(_Write(change, done, loop, durable))
        return await done

    async def outside(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` on a connection without a transaction, for what SQLite refuses inside one."""

        def run() -> T:
            pooled = self._reader.raw_connection()
            try:
                raw = pooled.driver_connection
                if not isinstance(raw, sqlite3.Connection):
                    raise TypeError("written for SQLite")
                return work(raw)
            finally:
                pooled.close()

        return await asyncio.get_running_loop().run_in_executor(self._reads, run)

    def version(self) -> int | None:
        """A number that is another one after every commit of any process; None while it cannot be read.

        It takes some microseconds and waits for nobody, so the event loop may ask.
        """
        try:
            if self._watching is None:
                self._watching = sqlite3.connect(
                    self._path, timeout=0, isolation_level=None, check_same_thread=False
                )
            return int(self._watching.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.OperationalError:
            return None

    async def migrate(self) -> None:
        """Bring the schema up to this version of the product; quick where it is already."""
        await asyncio.to_thread(self._migrate)

    async def ping(self) -> None:
        """Answer a trivial query or raise."""
        await self.read(lambda c: c.execute(text("SELECT 1")).scalar_one())

    def close(self) -> None:
        """Finish what waits and close every connection."""
        self._waiting.put(None)
        self._writing.join()
        self._reads.shutdown()
        if self._watching is not None:
            self._watching.close()
        self._writer.dispose()
        self._reader.dispose()

    def _write_all(self) -> None:
        while first := self._waiting.get():
            group = [first]  # and whatever waits already
            while len(group) < GROUP and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    self._waiting.put(None)
                    break
                group.append(following)
            self._commit([write for write in group if not write.done.cancelled()])
        if self._writing_on is not None:
            self._writing_on.close()

    def _commit(self, group: list[_Write]) -> None:
        """One transaction for all of them; their callers hear of it only when it is committed.

        Where one fails all are undone, and each is tried again alone: the others need not suffer for it.
        A savepoint for each would undo one alone, at a third of the cost of what most of them do.
        """
        try:
            connection = self._held_writer()
            level = "FULL" if any(write.durable for write in group) else "NORMAL"
            if level != self._level:
                driver_of(connection).execute(f"PRAGMA synchronous={level}")
                self._level = level
            with connection.begin():
                results = [write.change(connection) for write in group]
        except BaseException as error:  # noqa: BLE001 - every caller that waits must hear of it
            if len(group) == 1:
                _tell([(group[0], None, self._understood(error))])
                return
            for write in group:
                self._commit([write])
            return
        _tell([(write, result, None) for write, result in zip(group, results, strict=True)])

    def _held_writer(self) -> Connection:
        """The writing thread's own: taking one from the pool each time costs as much as a small write."""
        if self._writing_on is None or self._writing_on.closed:
            self._writing_on, self._level = self._writer.connect(), ""
        return self._writing_on

    def _understood(self, error: BaseException) -> BaseException:
        """A full disk as what it means. SQLite says it plainly, or as a failed write of its own files."""
        said = str(error)
        if "disk is full" in said or ("disk I/O error" in said and self._has_no_room()):
            full = StorageFull(FULL)
            full.__cause__ = error
            return full
        return error

    def _has_no_room(self) -> bool:
        return shutil.disk_usage(self._path.parent).free < _LITTLE_ROOM

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


def driver_of(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, for bulk work: many times faster than SQLAlchemy's."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise TypeError("written for SQLite")
    return raw


@dataclass(frozen=True, slots=True)
class _Write:
    change: Callable[[Connection], Any]
    done: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    durable: bool


_Outcome = tuple[_Write, object, BaseException | None]


def _tell(outcomes: list[_Outcome]) -> None:
    """Wake the callers, those of one event loop together: waking it is dear."""
    for loop in {write.loop for write, _, _ in outcomes}:
        with suppress(RuntimeError):  # it is closed, and nobody waits there
            loop.call_soon_threadsafe(_settle, [o for o in outcomes if o[0].loop is loop])


def _settle(outcomes: list[_Outcome]) -> None:
    for write, result, failure in outcomes:
        if write.done.done():
            continue  # cancelled meanwhile
        if failure is None:
            write.done.set_result(result)
        else:
            write.done.set_exception(failure)


def _run(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


def _begin_writing(connection: sqlite3.Connection) -> None:
    """Wait for the turn to write.

    SQLite itself would sleep for longer each time, up to 100 ms, though nobody holds it for long.
    """
    deadline, pause = time.monotonic() + _PATIENCE_S, _PAUSE_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute(_WRITE)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            else:
                return
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={1000 * _PATIENCE_S:.0f}")


def _engine(path: Path, connections: int, begin: str) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _PATIENCE_S},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        # The first counts only for a file that is being made.
        settings = ("auto_vacuum=INCREMENTAL", "journal_mode=WAL", "foreign_keys=ON", "cache_size=-16000")
        for pragma in (*settings, "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if begin == _WRITE:
            _begin_writing(driver_of(connection))
        else:
            connection.exec_driver_sql(begin)

    return engine
