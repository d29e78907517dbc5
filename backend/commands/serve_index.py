"""Serve the vector indexes of a folder, without the rest of the product."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
from contextlib import nullcontext

import uvicorn

from backend.bootstrap_index_service import open_standalone
from backend.commands.handover import ReachableHTTP
from backend.commands.serve import announce, bind
from backend.config.settings import Settings
from backend.main import create_index_app

logger = logging.getLogger(__name__)


def serve_index(settings: Settings, _options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM."""
    # uvicorn raises the signal again once it has stopped; this turns it into a clean unwinding.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(_serve(settings))
    except KeyboardInterrupt:
        logger.info("stopped")
    return 0


async def _serve(settings: Settings) -> None:
    listener = bind(settings.host, settings.index_port, "--port or INDEX_PORT")
    async with open_standalone(settings) as services:
        app = create_index_app(
            lambda: nullcontext(services), max_index_bytes=settings.index_max_body_mb * 1_000_000
        )
        config = uvicorn.Config(
            app, http=ReachableHTTP, log_config=None, access_log=settings.log_level == "debug"
        )
        server = uvicorn.Server(config)
        gc.collect()
        gc.freeze()
        announcing = asyncio.create_task(announce(server, listener, "Vector indexes are ready at"))
        await server.serve(sockets=[listener])
        announcing.cancel()
