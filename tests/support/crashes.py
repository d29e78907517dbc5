"""Processes that are killed, and what must hold afterwards."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import time
import urllib.error
from collections.abc import Collection, Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any

from tests.support.processes import Server, quaestio

RESUMED_S = 30.0
"""Work that a killed process held is taken up again within this time."""

# Moments of an ingestion, as the database shows them to anyone who looks.
POINTS = {
    "accepted": "SELECT 1 FROM jobs WHERE kind = 'ingest' AND state = 'queued'",
    "taken": "SELECT 1 FROM jobs WHERE kind = 'ingest' AND state = 'started' AND checkpoint = 0",
    "first passages stored": "SELECT 1 FROM chunks c JOIN documents d ON d.number = c.document_number "
    "WHERE d.published_at IS NULL",
    "first checkpoint": "SELECT 1 FROM jobs WHERE kind = 'ingest' AND state = 'started' AND checkpoint > 0",
    "parts queued": "SELECT 1 FROM jobs WHERE kind = 'embed' AND state = 'queued'",
    "a part under way": "SELECT 1 FROM jobs WHERE kind = 'embed' AND state = 'started'",
    "some parts done": "SELECT 1 FROM jobs c JOIN jobs p ON p.id = c.parent "
    "WHERE c.state = 'finished' AND p.state = 'started'",
    "waiting for parts": "SELECT 1 FROM jobs WHERE phase = 'publish' AND owner IS NULL AND state = 'started'",
    "ready to publish": "SELECT 1 FROM jobs WHERE phase = 'publish' AND state = 'queued'",
    "publishing": "SELECT 1 FROM jobs WHERE phase = 'publish' AND state = 'started' AND owner IS NOT NULL",
    "keywords before the switch": "SELECT 1 FROM documents d WHERE d.published_at IS NULL AND EXISTS "
    "(SELECT 1 FROM chunk_terms_docsize t WHERE t.id >= d.number << 24 AND t.id < (d.number + 1) << 24)",
    "published before its job ends": "SELECT 1 FROM documents d JOIN jobs j ON j.id = d.job_id "
    "WHERE d.published_at IS NOT NULL AND j.state != 'finished'",
    "questions to be mined": "SELECT 1 FROM jobs WHERE kind = 'mine' AND state = 'queued'",
    "mining": "SELECT 1 FROM jobs WHERE kind = 'mine' AND state = 'started'",
    "first questions mined": "SELECT 1 FROM question_candidates q JOIN documents d "
    "ON d.number = q.document_number WHERE d.mined_at IS NULL",
}

_BREATH_S = 0.0002
"""Between two looks: short beside a commit, long enough to leave a core to those who are watched."""


class Rows:
    """The database of a product, read from outside."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "quaestio.db"

    def all(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=30)) as store:
            return store.execute(query).fetchall()

    def unfinished(self) -> int:
        """Ingestions and their parts that have not ended."""
        query = (
            "SELECT count(*) FROM jobs WHERE kind IN ('ingest', 'embed') AND state IN ('queued', 'started')"
        )
        return int(self.all(query)[0][0])

    def kill_at_first(
        self, query: str, process: subprocess.Popen[bytes], seconds: float, how: int = signal.SIGKILL
    ) -> bool:
        """Kill the process once the query finds a row; False where it ended by itself, or the time, before."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            if self.all(f"{query} LIMIT 1"):
                process.send_signal(how)
                process.wait(30)
                return True
            time.sleep(0.001)
        return False

    def kill_at(self, query: str, process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Kill the process once the query finds a row; False where all such jobs ended, or the time, before.

        After each commit of the others we take the writer's turn, so that they stand still while we look
        and while they die: a moment of a millisecond is caught, too.
        """
        deadline = time.monotonic() + seconds
        # Mining goes on for long after the last moment of the ingestion before it has passed.
        kinds = "'ingest', 'embed'" + (", 'mine'" if "mine" in query else "")
        unfinished = f"SELECT 1 FROM jobs WHERE state IN ('queued', 'started') AND kind IN ({kinds})"  # noqa: S608
        with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as store:
            while time.monotonic() < deadline:
                version = store.execute("PRAGMA data_version").fetchone()
                try:
                    store.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    time.sleep(_BREATH_S)
                    continue  # somebody writes
                found = store.execute(f"{query} LIMIT 1").fetchone()
                going = store.execute(unfinished).fetchone()
                if found:
                    process.kill()
                    process.wait()
                store.execute("ROLLBACK")
                if found or not going:
                    return bool(found)
                again = time.monotonic() + 0.05
                while time.monotonic() < again and version == store.execute("PRAGMA data_version").fetchone():
                    time.sleep(_BREATH_S)
        return False


class Library:
    """Uploads texts that can be told apart, and remembers which ones were acknowledged."""

    def __init__(self, text: str, seed: int) -> None:
        self._text = text
        self._random = random.Random(seed)  # noqa: S311 - to repeat a run
        self._made = 0
        self.acknowledged: dict[str, str] = {}
        """The word that only this document has, by document id."""

    def send(self, server: Server, repeats: int = 1) -> str | None:
        """Upload a text of ``repeats`` times the sample; None where the server was killed meanwhile."""
        self._made += 1
        word = f"zq{self._random.getrandbits(40):010x}"
        parts = (f"Part {n} of {word}. {self._text}" for n in range(repeats))
        try:
            answer = server.upload(f"{self._made}.txt", "\n\n".join(parts).encode())
        except (OSError, HTTPException, json.JSONDecodeError):
            return None
        self.acknowledged[answer["document_id"]] = word
        return str(answer["document_id"])


def wait_for_work(rows: Rows, since: float) -> float | None:
    """Seconds from ``since``, when its holder died, until every ingestion is held anew; None where none was.

    What nobody waits for (mining) is taken up when nothing else is due.
    """
    query = (
        "SELECT 1 FROM jobs WHERE state = 'started' AND owner IS NOT NULL "  # noqa: S608 - a number
        f"AND kind IN ('ingest', 'embed') AND heartbeat_at < {since!r}"
    )
    if not rows.all(query):
        return None
    while rows.all(query):
        assert time.time() - since < RESUMED_S, "work was not resumed"
        time.sleep(0.05)
    return time.time() - since


def finish_all(server: Server, library: Library, seconds: float = 120) -> None:
    """Nothing that was acknowledged is lost: all of it is read and found."""
    for document_id, word in library.acknowledged.items():
        try:
            document = server.until(document_id, seconds=seconds)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"an acknowledged document is gone: {document_id}") from error
        assert document["status"] == "finished", document
        results = server.get(f"api/search?q={word}&k=1&document_id={document_id}")["results"]
        assert results, f"{document_id} is not found"
        assert word in results[0]["context"], results


def proved(data_dir: Path, but: Collection[str] = ()) -> None:
    """`doctor --deep` has nothing to say but that uploads broke off, and of the areas named."""
    done = quaestio("doctor", "--deep", "--json", data_dir=data_dir, PORT="1")
    findings = json.loads(done.stdout)["findings"]
    assert [f for f in findings if f["state"] == "problem" and f["name"] not in but] == []
    assert done.returncode == 0 or but
    assert [f["state"] for f in findings if f["name"] == "integrity"] == ["ok"]


def all_mined(rows: Rows, seconds: float = 120) -> None:
    """Every document that is published has its questions, each of them once."""
    deadline = time.monotonic() + seconds
    while rows.all("SELECT 1 FROM documents WHERE published_at IS NOT NULL AND mined_at IS NULL"):
        assert time.monotonic() < deadline, rows.all("SELECT id, state, owner FROM jobs WHERE kind = 'mine'")
        time.sleep(0.2)
    assert rows.all("SELECT 1 FROM question_candidates LIMIT 1")
    again = "SELECT key, mode, stem, count(*) FROM question_candidates GROUP BY 1, 2, 3 HAVING count(*) > 1"
    assert rows.all(again) == []


def twice(rows: Rows) -> list[tuple[Any, ...]]:
    """Places of a document that are stored more than once."""
    return rows.all(
        "SELECT document_number, start, count(*) FROM chunks GROUP BY document_number, start HAVING count(*) > 1"
    )


def pauses(seed: int, shortest: float, longest: float) -> Iterator[float]:
    """Random times to live."""
    chance = random.Random(seed)  # noqa: S311 - to repeat a run
    while True:
        yield chance.uniform(shortest, longest)
