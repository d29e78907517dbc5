"""The process that holds a tenant's objects: ``python -m backend.adapters.faiss_sessions.child``.

It has no secrets in its environment, writes no file, and may take only so much memory: what FAISS does with
a hostile call or a hostile index file ends here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import socket
import sys
import threading
from pathlib import Path

from backend.adapters.extractors.limits import die_with_parent
from backend.adapters.faiss_sessions.attached import Door, taken_numbers
from backend.adapters.faiss_sessions.desk import Desk
from backend.adapters.faiss_sessions.operations import CORES, Operations
from backend.adapters.faiss_sessions.table import LINES, Table

_STACK = 10_000_000
"""Address space of a thread that serves a connection."""


def main() -> None:
    """Answer until the server closes the line."""
    parser = argparse.ArgumentParser(prog="session child")
    parser.add_argument("--line", type=int, required=True)
    parser.add_argument("--door", type=int, required=True)
    parser.add_argument("--table", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--max-body", type=int, required=True)
    parser.add_argument("--max-handles", type=int, required=True)
    parser.add_argument("--uploads", action="store_true")
    given = parser.parse_args()
    die_with_parent(given.parent)
    table = Table(given.table)
    os.close(given.table)
    spares = taken_numbers()
    _confine(given.memory_bytes)
    files = threading.Lock()
    operations = Operations(given.max_body, files, uploads=given.uploads)
    desk = Desk(socket.socket(fileno=given.line), operations, given.max_handles, table.count_joined)
    door = Door(socket.socket(fileno=given.door), table, given.max_body, desk.take, files, spares)
    desk.forgotten = door.forget
    if spares:
        threading.Thread(target=door.serve, daemon=True).start()
    desk.serve()


def _confine(memory_bytes: int) -> None:
    if sys.platform == "win32":  # no such limits there
        return
    import resource  # noqa: PLC0415  POSIX only

    for kind, value in (
        (resource.RLIMIT_AS, _address_space() + memory_bytes),
        (resource.RLIMIT_NOFILE, _no_more_files()),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some; the rest still hold
            resource.setrlimit(kind, (value, value))


def _no_more_files() -> int:
    """A limit at which no file can be opened any more: an index may name files, and FAISS opens them."""
    while True:
        number = os.open(os.devnull, os.O_RDONLY)
        folder = Path("/proc/self/fd")
        highest = max(int(each.name) for each in folder.iterdir()) if folder.exists() else 64
        if number >= highest - 1:  # the listing itself was one more
            return number + 1


def _address_space() -> int:
    """Bytes that the process maps with nothing in it; mostly libraries and the stacks of threads."""
    status = Path("/proc/self/status")
    found = re.search(r"VmSize:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return (int(found.group(1)) * 1024 if found else 0) + CORES * 64_000_000 + LINES * _STACK + 500_000_000


if __name__ == "__main__":
    main()
