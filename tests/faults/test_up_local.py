"""The whole product in processes of this machine: it starts, shows its tasks, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.celery_stack import Process, free_port, real_redis
from tests.support.waiting import until

pytestmark = pytest.mark.slow

PASSWORD = "an odd one: %1$"  # noqa: S105 - of this test alone


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Process]:
    with real_redis(tmp_path):
        pass  # skips or fails where there is none
    ports = ["--port", str(free_port()), "--flower-port", str(free_port())]
    started = Process(
        tmp_path, "tools.up_local", *ports, "--data-dir", "data", FLOWER_PASSWORD=PASSWORD, REDIS_URL=""
    )
    try:
        started.says("Everything is ready", 120)
        yield started
    finally:
        started.stop()


def family(process: Process) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def address(up: Process, name: str) -> str:
    found = re.search(rf"^{name} +(\S+)", up.said(), re.MULTILINE)
    assert found
    return found.group(1)


def fetch(url: str, password: str = "") -> bytes:
    request = urllib.request.Request(url)  # noqa: S310 - our server
    if password:
        credentials = b64encode(f"quaestio:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {credentials}")
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our server
        content: bytes = answer.read()
    return content


def upload(page: str) -> str:
    head = '--x\r\nContent-Disposition: form-data; name="files"; filename="notes.txt"\r\n\r\n'
    body = head.encode() + b"Leaves are green. Roots are not.\r\n--x--\r\n"
    request = urllib.request.Request(  # noqa: S310 - our server
        f"{page}api/documents", body, {"Content-Type": "multipart/form-data; boundary=x"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our server
        job_id: str = json.load(answer)["documents"][0]["job_id"]
    return job_id


def listening(processes: list[psutil.Process]) -> set[str]:
    connections = [c for p in processes for c in p.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    return {c.laddr.ip for c in connections}


def test_it_works_shows_its_tasks_and_leaves_nothing_behind(up: Process) -> None:
    page, flower = address(up, "Page and API"), address(up, "Flower")
    until(lambda: json.loads(fetch(f"{page}api/pdf/list"))["total"] == 1)  # the sample text
    job_id = upload(page)

    def shown() -> bool:
        tasks: list[Any] = list(json.loads(fetch(f"{flower}api/tasks", PASSWORD)).values())
        return any(
            t["name"] == "quaestio.ingestion" and job_id in t["args"] and t["state"] == "SUCCESS"
            for t in tasks
        )

    until(shown)
    assert all(t["name"] for t in json.loads(fetch(f"{flower}api/tasks", PASSWORD)).values())
    until(lambda: json.loads(fetch(f"{page}api/pdf/list"))["total"] == 2)
    for wrong in ("", "wrong"):
        with pytest.raises(urllib.error.HTTPError, match="401"):
            fetch(f"{flower}api/tasks", wrong)
    assert b"flower_events_total" in fetch(address(up, "Metrics"))
    parts = family(up)
    assert listening(parts) == {"127.0.0.1"}
    assert not any(PASSWORD in " ".join(p.cmdline()) for p in parts)
    assert up.stop(signal.SIGINT) == 0
    assert psutil.wait_procs(parts, 5)[1] == []


@pytest.mark.parametrize("name", ["redis", "beat"])
def test_the_end_of_one_part_ends_them_all(up: Process, name: str) -> None:
    parts = family(up)
    next(p for p in parts if name in " ".join(p.cmdline())).kill()
    assert up.process.wait(60) == 1
    assert f"{name} ended" in up.said()
    assert psutil.wait_procs(parts, 5)[1] == []


def test_a_killed_supervisor_leaves_nothing_behind(up: Process) -> None:
    parts = family(up)
    up.process.kill()
    assert psutil.wait_procs(parts, 30)[1] == []


def test_what_is_missing_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("redis-server") is None
    failing = Process(tmp_path, "tools.up_local", "--data-dir", "data", REDIS_URL="")
    assert failing.process.wait(60) == 1
    assert failing.said().splitlines()[-1].startswith("quaestio: redis-server is needed")
