"""Serve the page and the API from one process."""

from __future__ import annotations

import argparse
import asyncio
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import webbrowser
from contextlib import nullcontext

import uvicorn

from backend.bootstrap import open_services
from backend.commands.handover import ReachableHTTP
from backend.config.settings import Settings
from backend.errors import ConfigurationError
from backend.main import create_app

logger = logging.getLogger(__name__)

_GARBAGE = (25_000, 20, 20)
"""When to search for garbage: with Python's 700 objects a thousand streams cost more in searches that find
nothing than in work. So many more objects are a few MB."""


def serve(settings: Settings, options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM; unfinished jobs go on after the next start."""
    # uvicorn raises the signal again once it has stopped; this turns it into a clean unwinding.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_serve(settings, open_page=options.open))
    except KeyboardInterrupt:
        logger.info("stopped")
    return 0


async def _serve(settings: Settings, *, open_page: bool) -> None:
    listener = bind(settings.host, settings.port, "--port or PORT")
    async with open_services(settings) as services:
        app = create_app(
            lambda: nullcontext(services),
            cors_origins=settings.cors_origins,
            max_upload_bytes=services.limits.max_upload_bytes,
            max_index_bytes=settings.index_max_body_mb * 1_000_000,
            closing=lambda: server.should_exit,
        )
        logging.getLogger("uvicorn.access").setLevel(settings.log_level.upper())
        config = uvicorn.Config(
            app, http=ReachableHTTP, log_config=None, access_log=settings.log_level == "debug"
        )
        server = uvicorn.Server(config)
        # What is loaded by now stays: searching it for garbage again and again is dear.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        if warning := exposed(settings):
            print(f"quaestio: {warning}", file=sys.stderr, flush=True)  # whatever LOG_LEVEL hides
        announcing = asyncio.create_task(_announce(server, listener, open_page=open_page))
        await server.serve(sockets=[listener])
        announcing.cancel()


def bind(host: str, port: int, options: str) -> socket.socket:
    """Bound before anything is loaded, so that a taken port is said at once with the ``options`` to use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it: the head and the body of an answer must not wait for each other.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"{host} port {port} cannot be used ({error.strerror}). Choose another with {options}."
        ) from error
    return listener


def exposed(settings: Settings) -> str:
    """What to say where others than this machine may reach a server that asks nobody who they are."""
    if settings.auth_required or _is_loopback(settings.host):
        return ""
    return (
        f"ANYBODY who can reach {settings.host} port {settings.port} may read, change and delete everything "
        "here. Set AUTH_REQUIRED=true and make keys (`quaestio keys create`), or HOST=127.0.0.1."
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _announce(server: uvicorn.Server, listener: socket.socket, *, open_page: bool) -> None:
    url = await announce(server, listener, "Quaestio is ready at")
    if open_page and _has_screen():
        await asyncio.to_thread(webbrowser.open, url)


async def announce(server: uvicorn.Server, listener: socket.socket, words: str) -> str:
    """Say where the server is as soon as it answers; returns the address."""
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.02)
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - shown, not bound
    shown = f"[{shown}]" if ":" in shown else shown
    url = f"http://{shown}:{port}/"
    print(f"{words} {url}  (stop with Ctrl+C)", file=sys.stderr, flush=True)
    return url


def _has_screen() -> bool:
    """Whether a browser would open in a window, not in this terminal or nowhere."""
    window = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in {"darwin", "win32"} or bool(window)
