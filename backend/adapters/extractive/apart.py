"""Candidates found in a process of their own, so that requests do not wait while a book is mined.

Finding them is minutes of Python for a book: on a thread it would hold the interpreter that serves
everybody else, and a worker that is told to stop would have to wait for its end.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import sys
from pathlib import Path

from backend.models.documents import Passage
from backend.models.questions import Order
from backend.utils.processes import kill

from .finishing import Item

logger = logging.getLogger(__name__)

IDLE_S = 60.0
"""After so long without work the process ends; it holds about 100 MB."""

_ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds the ``backend`` package, installed or not."""


class Apart:
    """One child process, started when there is work. Its calls take turns."""

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._ending: asyncio.TimerHandle | None = None

    async def items(self, passages: tuple[Passage, ...], order: Order) -> list[Item]:
        """What the writer finds in the passages; raises RuntimeError where the process broke off.

        Cancelled, it ends the process, so that nobody works on what nobody waits for.
        """
        async with self._turn:
            if self._ending is not None:
                self._ending.cancel()
            try:
                found = await self._asked(pickle.dumps((passages, order)))
            except BaseException:
                await self._end()
                raise
            self._ending = asyncio.get_running_loop().call_later(self._idle_s, self._leave)
            return found

    async def close(self) -> None:
        """End the process."""
        if self._ending is not None:
            self._ending.cancel()
        await self._end()

    async def _asked(self, frame: bytes) -> list[Item]:
        if self._process is None or self._process.returncode is not None:
            self._process = await _started()
        to, back = self._process.stdin, self._process.stdout
        if to is None or back is None:
            raise RuntimeError("the process that finds questions has no pipes")
        try:
            to.write(len(frame).to_bytes(8, "big") + frame)
            await to.drain()
            length = int.from_bytes(await back.readexactly(8), "big")
            answer = pickle.loads(await back.readexactly(length))  # noqa: S301 - our own child's
        except (OSError, asyncio.IncompleteReadError) as error:
            raise RuntimeError("the process that finds questions broke off") from error
        if isinstance(answer, str):
            raise RuntimeError(answer)  # noqa: TRY004 - what the child says of its failure
        items: list[Item] = answer
        return items

    def _leave(self) -> None:
        """Its input ends, and with it the process."""
        process = self._process
        if process is not None and process.stdin is not None and not self._turn.locked():
            process.stdin.close()
            self._process = None

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        kill(process)
        await asyncio.shield(process.wait())


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-s", "-B", "-X", "utf8"),
        *("-m", "backend.adapters.extractive.child", "--parent", str(os.getpid())),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl+C is for us; this one ends when its input does
        cwd=_ROOT,
        env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG") if name in os.environ},
    )
