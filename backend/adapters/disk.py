"""What files and databases share: a full disk, and syncs that many wait for."""

from __future__ import annotations

import asyncio
import errno
import os
from pathlib import Path

FULL = "The disk is full, so nothing more can be stored. Free some space and try again."


def is_full(error: OSError) -> bool:
    """Whether there was no room, on the disk or in the quota."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


class GroupedSync:
    """Makes the names in a folder durable; everyone who waits while one sync runs shares the next."""

    def __init__(self) -> None:
        self._next: dict[Path, asyncio.Task[None]] = {}
        self._running: dict[Path, asyncio.Lock] = {}

    async def sync(self, folder: Path) -> None:
        """Return when a sync that began after this call has ended; raises OSError as it does."""
        waiting = self._next.get(folder)
        if waiting is None:
            waiting = self._next[folder] = asyncio.create_task(self._sync(folder))
        # Shielded: others wait for it, too.
        await asyncio.shield(waiting)

    async def _sync(self, folder: Path) -> None:
        async with self._running.setdefault(folder, asyncio.Lock()):
            del self._next[folder]  # who comes from now on may have renamed after we look
            await asyncio.to_thread(_sync_folder, folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
