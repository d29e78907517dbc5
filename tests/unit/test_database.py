from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.dialects import sqlite

from backend.adapters.sql.catalog import CHUNKS, published
from backend.adapters.sql.database import Database


def put(name: str) -> object:
    def change(connection: Connection) -> str:
        connection.execute(text("INSERT INTO facts (name, value) VALUES (:n, 'x')"), {"n": name})
        return name

    return change


async def names(database: Database) -> set[str]:
    return set(await database.read(lambda c: list(c.execute(text("SELECT name FROM facts")).scalars())))


async def test_writes_that_wait_together_are_committed_together(database: Database) -> None:
    gate, commits = threading.Event(), []
    blocked = asyncio.create_task(database.write(lambda _c: gate.wait(5)))
    await asyncio.sleep(0.05)
    event.listen(database._writer, "commit", lambda _c: commits.append(1))
    waiting = [asyncio.create_task(database.write(put(f"n{n}"))) for n in range(50)]
    await asyncio.sleep(0.05)
    gate.set()
    assert await asyncio.gather(*waiting) == [f"n{n}" for n in range(50)]
    await blocked
    assert len(commits) <= 3
    assert {f"n{n}" for n in range(50)} <= await names(database)


async def test_a_failing_write_undoes_only_itself(database: Database) -> None:
    gate = threading.Event()
    blocked = asyncio.create_task(database.write(lambda _c: gate.wait(5)))
    await asyncio.sleep(0.05)

    def broken(connection: Connection) -> None:
        connection.execute(text("INSERT INTO facts (name, value) VALUES ('broken', 'x')"))
        raise ValueError("no")

    def misspelt(connection: Connection) -> None:
        connection.execute(text("INSERT INTO fatcs VALUES (1)"))

    changes = [put("before"), broken, misspelt, put("after")]
    tasks = [asyncio.create_task(database.write(change)) for change in changes]
    await asyncio.sleep(0.05)
    gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    await blocked
    assert outcomes[0] == "before"
    assert isinstance(outcomes[1], ValueError)
    assert isinstance(outcomes[2], Exception)
    assert outcomes[3] == "after"
    assert await names(database) >= {"before", "after"}
    assert "broken" not in await names(database)


@pytest.mark.parametrize("durable", [True, False])
async def test_a_write_that_returned_is_seen_by_the_next_read(database: Database, durable: bool) -> None:
    for number in range(20):
        await database.write(put(f"n{number}"), durable=durable)
        assert f"n{number}" in await names(database)


async def test_closing_finishes_what_waits(database: Database) -> None:
    task = asyncio.create_task(database.write(put("last")))
    await asyncio.sleep(0)
    await asyncio.to_thread(database._waiting.put, None)
    assert await task == "last"


async def test_the_version_changes_with_every_commit_of_any_process_and_only_then(
    database: Database, tmp_path: Path
) -> None:
    await names(database)  # a connection that opens may count as a change
    first = database.version()
    assert first is not None
    await names(database)
    assert database.version() == first
    await database.write(put("here"))
    second = database.version()
    assert second != first
    elsewhere = Database(tmp_path / "quaestio.db")
    try:
        await elsewhere.write(put("there"), durable=False)
    finally:
        elsewhere.close()
    assert database.version() not in {first, second}


async def test_what_a_search_found_is_read_without_a_look_at_every_document(database: Database) -> None:
    """20,000 documents cost each search 170 ms."""
    asked = str(
        published("tenant", ["a", "b"]).compile(
            dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
        )
    )
    for query, given in ((CHUNKS, ("[1, 2]", "tenant")), (asked, ())):
        plan = await database.read(
            lambda c, q=query, g=given: list(c.exec_driver_sql(f"EXPLAIN QUERY PLAN {q}", g))
        )
        steps = [row.detail for row in plan]
        assert not [step for step in steps if "tenant=?" in step or step.startswith("SCAN documents")], steps
        assert any("(rowid=?)" in step or "(id=?)" in step for step in steps)
