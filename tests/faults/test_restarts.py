"""What a person sees when processes die."""

from __future__ import annotations

import signal
import sqlite3
import time
from pathlib import Path

import pytest

from tests.support.files import SAMPLE
from tests.support.processes import Server

BOOK = b"\n\n".join(b"Chapter %d. " % n + SAMPLE for n in range(12))


def embedded(server: Server, document_id: str) -> bool:
    return bool(server.get(f"api/documents/{document_id}")["done"])


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_an_ingestion_survives_its_process(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    first = Server(data)
    try:
        document = first.upload("book.txt", BOOK)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not embedded(first, document["document_id"]):
            time.sleep(0.02)
        assert first.get(f"api/documents/{document['document_id']}")["status"] == "started"
    finally:
        first.stop(how)
    second = Server(data)
    try:
        done = second.until(document["document_id"], seconds=60)
        assert done["status"] == "finished"
        assert second.get("api/search?q=stomata&k=3")["results"]
    finally:
        assert second.stop() == 0
    with sqlite3.connect(data / "quaestio.db") as store:
        counts = [
            store.execute(f"SELECT count(*), count(DISTINCT {key}) FROM {table}").fetchone()  # noqa: S608
            for table, key in (("chunks", "key"), ("vectors", "key"), ("chunk_terms", "rowid"))
        ]
        states = store.execute("SELECT DISTINCT state FROM jobs WHERE kind != 'mine'").fetchall()
    store.close()
    assert counts == [(done["chunks"], done["chunks"])] * 3
    assert states == [("finished",)]


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    first = Server(tmp_path / "one")
    try:
        port = int(first.url.rstrip("/").rsplit(":", 1)[1])
        with pytest.raises(AssertionError, match="cannot be used"):
            Server(tmp_path / "two", port)
    finally:
        first.stop()
