"""Many files, large files, and files that take their reader along."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from benchmarks.common import peak_memory, tree_memory
from benchmarks.foundation import large_pdf
from tests.support.crashes import Rows, proved
from tests.support.files import SAMPLE
from tests.support.processes import Server

AT_LENGTH = int(os.environ.get("KILLS", "10")) >= 100
FILES = 500 if AT_LENGTH else 60
WARM = FILES // 5

pytestmark = pytest.mark.slow


def ended(data: Path) -> int:
    ((count,),) = Rows(data).all(
        "SELECT count(*) FROM jobs WHERE kind = 'ingest' AND state IN ('finished', 'failed')"
    )
    return int(count)


def test_files_that_take_too_long_end_with_a_sentence_and_their_neighbours_finish(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(data, EXTRACTION_TIMEOUT_S="1.2")
    try:
        slow = [server.upload(f"{n}.pdf", large_pdf(400 + n)) for n in range(2)]
        notes = [server.upload(f"{n}.txt", b"Note %d. " % n + SAMPLE) for n in range(6)]
        assert {server.until(n["document_id"])["status"] for n in notes} == {"finished"}
        for document in slow:
            failed = server.until(document["document_id"])
            assert failed["status"] == "failed"
            assert failed["error"]["code"] == "extraction_limit"
            assert "Split it into parts" in failed["error"]["message"]
    finally:
        server.stop()
    proved(data)


def test_hostile_files_end_with_a_sentence_and_their_neighbours_finish(
    tmp_path: Path, shared_data: Path
) -> None:
    data = tmp_path / "data"
    server = Server(data, EXTRACTION_TIMEOUT_S="10", EXTRACTION_MEMORY_MB="256")
    try:
        names = [
            "self-xobject.pdf",
            "flate-bomb.pdf",
            "zip-bomb.docx",
            "deep-page-tree.pdf",
            "cyclic-pages.pdf",
        ]
        hostile = [server.upload(n, (shared_data / "hostile" / n).read_bytes()) for n in names]
        notes = [server.upload(f"{n}.txt", b"Note %d. " % n + SAMPLE) for n in range(4)]
        assert {server.until(n["document_id"])["status"] for n in notes} == {"finished"}
        for document in hostile:
            done = server.until(document["document_id"], seconds=60)
            assert done["status"] in {"finished", "failed"}
            assert done["status"] == "finished" or done["error"]["message"].endswith(".")
        assert Rows(data).all("SELECT max(attempt) FROM jobs")[0][0] == 1, "nobody else's process was lost"
    finally:
        server.stop()
    proved(data)


def test_many_small_files_at_once_leave_memory_flat(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(data)
    process = psutil.Process(server.process.pid)
    try:
        with ThreadPoolExecutor(32) as clients:
            list(
                clients.map(
                    lambda n: server.upload(f"{n}.txt", b"Note %d. " % n + SAMPLE[:600]), range(FILES)
                )
            )
        samples: list[float] = []
        deadline = time.monotonic() + 60 + FILES
        while (done := ended(data)) < FILES:
            assert time.monotonic() < deadline, f"{done} of {FILES}"
            if done >= WARM:
                samples.append(process.memory_info().rss / 1e6)
            time.sleep(0.1)
        assert Rows(data).all("SELECT DISTINCT state FROM jobs WHERE kind = 'ingest'") == [("finished",)]
        assert max(samples) - samples[0] < 60
        assert tree_memory(process) < 700
    finally:
        server.stop()
    proved(data)


@pytest.mark.skipif(not AT_LENGTH, reason="takes minutes; `make soak` does it")
def test_a_book_of_a_thousand_pages_stays_small(tmp_path: Path) -> None:
    data = tmp_path / "data"
    content = large_pdf(1000)
    server = Server(data)
    try:
        with peak_memory(psutil.Process(server.process.pid)) as peak:
            book = server.upload("book.pdf", content)
            done = server.until(book["document_id"], seconds=1200)
        assert done["status"] == "finished"
        assert done["pages"] >= 1000
        assert peak[0] < 700
    finally:
        server.stop()
    proved(data)
