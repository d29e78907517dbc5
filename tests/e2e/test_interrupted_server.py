"""A server that is interrupted while it reads a book and someone watches."""

from __future__ import annotations

import os
import signal
import urllib.request
from pathlib import Path

from tests.support.files import pdf
from tests.support.processes import Server

BOOK = pdf([[f"Line {n} of page {p} says what geysers need." for n in range(40)] for p in range(100)])


def test_ctrl_c_ends_streams_and_spoils_no_document(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    try:
        book = server.upload("book.pdf", BOOK)["document_id"]
        with urllib.request.urlopen(f"{server.url}api/documents/{book}/events", timeout=30) as events:  # noqa: S310 - our server
            while b'"status":"started"' not in events.readline():
                pass  # from here on the file is being read
            os.killpg(server.process.pid, signal.SIGINT)  # as a terminal does: to every process of it
            assert server.process.wait(20) == 0
            rest = events.read()
        assert b"event: done" not in rest
    finally:
        server.stop(signal.SIGKILL)
    again = Server(tmp_path / "data")
    try:
        assert again.until(book)["status"] == "finished"
    finally:
        again.stop()
