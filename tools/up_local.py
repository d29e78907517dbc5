"""Redis, Celery workers, beat, Flower and the API as processes of this machine, without containers.

Everything listens on 127.0.0.1 alone. Ctrl+C, SIGTERM or the end of any one process stops them all, each
by its id and in the order in which nothing is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import os
import secrets
import shutil
import signal
import socket
import sys
import urllib.request
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from celery import Celery
from redis import Redis
from redis.exceptions import RedisError

from backend.config.settings import Settings, load_settings
from backend.errors import QuaestioError

HOST = "127.0.0.1"
START_S = 90.0
STOP_S = 20.0
NO_REDIS = "redis-server is needed and was not found. On Debian or Ubuntu: sudo apt install redis-server"

_PR_SET_PDEATHSIG = 1
_LAST_LINES = 15

Ready = Callable[[], bool]


class CannotStart(Exception):
    """Says what is missing or what died."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process: how it starts and how to see that it works."""

    name: str
    command: Sequence[str]
    is_ready: Ready


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start, in order, and what to say once all of it works."""

    parts: Sequence[Part]
    environment: Mapping[str, str]
    addresses: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """A started part."""

    part: Part
    process: asyncio.subprocess.Process
    log: Path


def main() -> int:
    """Run until told to stop; status 1 where something could not start or died."""
    options = _options()
    try:
        settings = load_settings(host=HOST, port=options.port, data_dir=options.data_dir)
        logs = settings.data_dir / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        return asyncio.run(_run(_plan(settings, options), logs))
    except (QuaestioError, CannotStart) as error:
        print(f"quaestio: {error}", file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="up_local")
    parser.add_argument("--port", type=int, help="port of the page and the API (default PORT, 8000)")
    parser.add_argument("--redis-port", type=int, default=0, help="default: a free one")
    parser.add_argument("--flower-port", type=int, default=5555, help="default 5555")
    parser.add_argument("--data-dir", type=Path, help="folder of the database and the files")
    return parser.parse_args()


def _plan(settings: Settings, options: argparse.Namespace) -> Plan:
    ports = [_free_port(port) for port in (settings.port, options.redis_port, options.flower_port)]
    api_port, redis_port, flower_port = ports
    redis_url = settings.redis_url or f"redis://{HOST}:{redis_port}/0"
    password = settings.flower_password or secrets.token_urlsafe(12)
    api, flower = f"http://{HOST}:{api_port}/", f"http://{HOST}:{flower_port}/"
    own_redis = [] if settings.redis_url else [_redis(redis_port)]
    product = [sys.executable, "-m", "backend"]
    parts = [
        *own_redis,
        # Before those it watches: of a task whose beginning it missed it knows no name.
        Part("flower", _flower(flower_port), lambda: _answers(f"{flower}healthcheck")),
        Part("worker", [*product, "worker"], lambda: _has_worker(redis_url)),
        Part("beat", [*product, "worker", "--beat"], lambda: True),
        Part("api", [*product, "serve", "--port", str(api_port)], lambda: _answers(f"{api}health/ready")),
    ]
    environment = {
        "JOB_QUEUE": "celery",
        "REDIS_URL": redis_url,
        "HOST": HOST,
        "DATA_DIR": str(settings.data_dir.absolute()),
        "FLOWER_BASIC_AUTH": f"quaestio:{password}",  # not an argument, which others on the machine can read
    }
    made_up = "the password of FLOWER_PASSWORD" if settings.flower_password else f"password {password}"
    addresses = {
        "Page and API": api,
        "Flower": f"{flower}  (user quaestio, {made_up})",
        "Metrics": f"{flower}metrics",
        "Redis": redis_url if own_redis else "as REDIS_URL says",
    }
    return Plan(parts, environment, addresses)


def _redis(port: int) -> Part:
    server = shutil.which("redis-server")
    if server is None:
        raise CannotStart(NO_REDIS)
    # Nothing is kept: its messages are only rings, the jobs are in the database.
    keep_nothing = ["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
    command = [server, "--bind", HOST, "--port", str(port), *keep_nothing]
    return Part("redis", command, lambda: _pings(f"redis://{HOST}:{port}/0"))


def _flower(port: int) -> list[str]:
    celery = [sys.executable, "-m", "celery", "--app", "celery_app.app", "flower"]
    return [*celery, f"--address={HOST}", f"--port={port}", "--max-tasks=10000"]


async def _run(plan: Plan, logs: Path) -> int:
    """Start the parts in their order, wait for a signal or a death, stop them in the reverse order."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    environment = os.environ | plan.environment
    running: list[Running] = []
    try:
        for part in plan.parts:
            running.append(await _start(part, environment, logs))
            if not await _becomes_ready(running, told):
                return 0
        _announce(plan, logs)
        await _until(running, told.wait())
        return 0
    finally:
        await _stop_all(running)


async def _start(part: Part, environment: Mapping[str, str], logs: Path) -> Running:
    path = logs / f"{part.name}.log"
    print(f"starting {part.name} ...", file=sys.stderr, flush=True)
    with path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=dict(environment),
            start_new_session=True,  # Ctrl+C reaches this program alone, which then stops them in order
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )
    return Running(part, process, path)


def _end_with_parent() -> None:
    """Should this program itself be killed, nothing is left running."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _becomes_ready(running: Sequence[Running], told: asyncio.Event) -> bool:
    """Whether the newest part works; False where it was told to stop before that."""
    newest = running[-1]
    deadline = asyncio.get_running_loop().time() + START_S
    while not told.is_set():
        _check(running)
        if await asyncio.to_thread(newest.part.is_ready):
            return True
        if asyncio.get_running_loop().time() > deadline:
            raise CannotStart(f"{newest.part.name} did not become ready; its log is {newest.log}")
        await asyncio.sleep(0.2)
    return False


def _check(running: Sequence[Running]) -> None:
    for each in running:
        if each.process.returncode is not None:
            last = "\n".join(each.log.read_text(errors="replace").splitlines()[-_LAST_LINES:])
            raise CannotStart(f"{each.part.name} ended with status {each.process.returncode}:\n{last}")


async def _until(running: Sequence[Running], told: Awaitable[object]) -> None:
    """Wait until told; raises CannotStart where a part ends before that."""
    stop = asyncio.ensure_future(told)
    ends = [asyncio.ensure_future(each.process.wait()) for each in running]
    try:
        await asyncio.wait([stop, *ends], return_when=asyncio.FIRST_COMPLETED)
        if not stop.done():
            _check(running)
    finally:
        for future in (stop, *ends):
            future.cancel()


async def _stop_all(running: Sequence[Running]) -> None:
    for each in reversed(running):
        await _stop(each)
    print("stopped", file=sys.stderr, flush=True)


async def _stop(each: Running) -> None:
    if each.process.returncode is not None:
        return
    print(f"stopping {each.part.name} ...", file=sys.stderr, flush=True)
    with contextlib.suppress(ProcessLookupError):
        each.process.terminate()
    try:
        await asyncio.wait_for(each.process.wait(), STOP_S)
    except TimeoutError:
        print(f"{each.part.name} does not stop and is killed", file=sys.stderr, flush=True)
        each.process.kill()
        await each.process.wait()


def _announce(plan: Plan, logs: Path) -> None:
    for name, address in plan.addresses.items():
        print(f"{name:14}{address}", flush=True)
    print(f"{'Logs':14}{logs}", flush=True)
    print("Everything is ready  (stop with Ctrl+C)", flush=True)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            raise CannotStart(f"port {wanted} is taken ({error.strerror}); choose another") from error
        return int(probe.getsockname()[1])


def _pings(url: str) -> bool:
    with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as redis:
        try:
            return bool(redis.ping())
        except RedisError:
            return False


def _has_worker(url: str) -> bool:
    """Whether a worker answers."""
    with Celery("quaestio-up-local", broker=url, backend="disabled://", set_as_current=False) as celery:
        return bool(celery.control.ping(timeout=1.0))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own server
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
