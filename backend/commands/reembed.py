"""Change the embedding model of a library."""

from __future__ import annotations

import argparse
import asyncio
import sys

from tqdm import tqdm

from backend.bootstrap import open_reembedding
from backend.config.settings import Settings


def reembed(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - the form of a command
    """Status 0 also where the model is in use already."""
    try:
        changed = asyncio.run(_reembed(settings))
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on where this was.", file=sys.stderr)
        raise
    if changed:
        print(
            f"Every passage was embedded with {settings.embedding_model}. Restart a server that still runs."
        )
    else:
        print(f"The library already uses {settings.embedding_model}; nothing was changed.")
    return 0


async def _reembed(settings: Settings) -> bool:
    async with open_reembedding(settings) as reembedding:
        with tqdm(unit="passage", file=sys.stderr, disable=None) as bar:

            def tell(done: int, total: int) -> None:
                bar.total, bar.n = total, done
                bar.refresh()

            return await reembedding.run(tell)
