"""A disk that fills: uploads are refused, reads go on, nothing breaks, and it goes on by itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.crashes import Rows, proved
from tests.support.files import SAMPLE
from tests.support.processes import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small file system"
    ),
]


def mounted(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "quaestio-test", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and "permission denied" in done.stderr:
        pytest.skip("this container may not mount")
    assert done.returncode == 0, done.stderr
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    yield from mounted(tmp_path / "disk", 16)


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    yield from mounted(tmp_path / "temporary", 2)


def fill(folder: Path) -> Path:
    """To the last byte, as others do."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 10):
            with suppress(OSError):
                while file.write(b"x" * size):
                    pass
    assert shutil.disk_usage(folder).free == 0
    return filler


def refused(server: Server, content: bytes) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.upload("more.txt", content)
    body = caught.value.read().decode()
    assert "storage_full" in body
    assert "disk" in body
    return caught.value.code


def test_a_full_disk_refuses_uploads_and_nothing_else(disk: Path, tmp_path: Path) -> None:
    data = disk / "data"
    server = Server(data, TMPDIR=str(tmp_path))
    try:
        kept = server.upload("kept.txt", SAMPLE)
        assert server.until(kept["document_id"])["status"] == "finished"
        filler = fill(disk)
        for number in range(3):
            assert refused(server, b"%d " % number + SAMPLE) == 507
        assert server.get("api/search?q=stomata&k=3")["results"]
        assert server.get("health/live")
        assert not list((data / "files").rglob("*.part"))
        filler.unlink()
        later = server.upload("later.txt", b"Later. " + SAMPLE)
        assert server.until(later["document_id"])["status"] == "finished"
    finally:
        server.stop()
    proved(data, but={"disk"})


def test_a_job_waits_for_room_and_then_goes_on(disk: Path, tmp_path: Path) -> None:
    data = disk / "data"
    server = Server(data, TMPDIR=str(tmp_path))
    try:
        book = server.upload("book.txt", b"\n\n".join(b"Part %d. " % n + SAMPLE for n in range(20)))
        while not Rows(data).all("SELECT 1 FROM chunks"):
            time.sleep(0.01)
        filler = fill(disk)
        time.sleep(18)  # longer than a lease
        waiting = server.get(f"api/documents/{book['document_id']}")
        assert waiting["status"] in {"queued", "started"}, waiting
        filler.unlink()
        done = server.until(book["document_id"])
        assert done["status"] == "finished", done
        assert Rows(data).all("SELECT sum(breaks) FROM jobs") == [(0,)]
    finally:
        server.stop()
    proved(data, but={"disk"})


def test_a_full_temporary_disk_refuses_the_upload(temporary: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = Server(data, TMPDIR=str(temporary))
    try:
        assert refused(server, SAMPLE * (3_000_000 // len(SAMPLE))) == 507
        small = server.upload("small.txt", SAMPLE)
        assert server.until(small["document_id"])["status"] == "finished"
    finally:
        server.stop()
    assert shutil.disk_usage(temporary).used < 100_000
    proved(data, but={"disk"})
