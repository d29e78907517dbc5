"""Statements of the hot path: written in SQLAlchemy, run by the driver."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from backend.adapters.sql.database import driver_of

_DIALECT = sqlite.dialect(paramstyle="named")


class Prepared:
    """Compiled once: that, its parameters and its columns cost several times what SQLite takes to run it.

    Values go to the driver and come back as they are, so a column must be a number or a text.
    """

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=_DIALECT)  # type: ignore[attr-defined]  # every statement has it
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("no statement")
        self._sql = str(compiled)
        self._fixed = {n: value for n, value in compiled.params.items() if not compiled.binds[n].required}
        self._row: Callable[[Iterable[Any]], Any] | None = None

    def run(self, connection: Connection, **given: Any) -> int:  # noqa: ANN401 - column values
        """Execute it with these parameters beside its own; returns how many rows it changed."""
        return self._execute(connection, given).rowcount

    def first(self, connection: Connection, **given: Any) -> Any:  # noqa: ANN401 - columns are attributes
        """The first row, its columns as attributes, or None."""
        cursor = self._execute(connection, given)
        found = cursor.fetchone()
        if found is None:
            return None
        if self._row is None:
            self._row = _named([column[0] for column in cursor.description])
        cursor.close()
        return self._row(found)

    def _execute(self, connection: Connection, given: dict[str, Any]) -> sqlite3.Cursor:
        return driver_of(connection).execute(self._sql, self._fixed | given)


def _named(columns: list[str]) -> Callable[[Iterable[Any]], Any]:
    made: Any = namedtuple("Row", columns)  # type: ignore[misc]  # noqa: PYI024 - known when it runs
    return made._make
