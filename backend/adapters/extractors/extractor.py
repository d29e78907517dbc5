"""The TextExtractor port: each file is read by a child process that can be limited and killed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

from backend.adapters.extractors import detect, wire
from backend.errors import DamagedFile, ExtractionLimit, UnreadableFile
from backend.models.documents import Extracted, ExtractionEnd
from backend.utils.processes import kill

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[3]
"""The folder that holds the ``backend`` package, installed or not."""
_KEPT_LOG_BYTES = 4096
_OVER_LIMIT = {"SIGKILL", "SIGXCPU", "SIGABRT", "SIGTRAP", "SIGILL"}
"""How a child ends that was refused memory or time; other signals are crashes on broken data."""

_TOO_MUCH = (
    "The file asks for more memory or time than is allowed. Split it into parts or save it again as PDF."
)
_CRASHED = "The file is damaged: reading it broke off. Save it again from the program it was made with."


class ChildProcessExtractor:
    """Reads each file in a process of its own; safe to use from many tasks at once.

    ``memory_limit`` is the address space of one child in bytes. ``timeout`` is in seconds and counts
    only the time spent waiting for the child, so a slow consumer is not punished; it bounds the child's
    processor time too. ``max_pages`` and ``max_chars`` bound what one file may hold. With ``ocr`` the text of
    pages that are images is recognised where the program tesseract is on the PATH.
    """

    def __init__(
        self,
        memory_limit: int = 512 << 20,
        timeout: float = 300.0,
        max_pages: int = 10_000,
        max_chars: int = 20_000_000,
        *,
        ocr: bool = True,
    ) -> None:
        self._memory_limit = memory_limit
        self._timeout = timeout
        self._max_pages = max_pages
        self._max_chars = max_chars
        self._ocr = ocr

    def recognise(self, head: bytes, filename: str) -> str:
        """Media type of a file; see the port."""
        return detect.recognise(head, filename)

    async def extract(self, path: Path, media_type: str) -> AsyncGenerator[Extracted]:
        """One FileSummary, Segments and one ExtractionEnd; see the port."""
        process = await self._start(path, media_type)
        log = asyncio.create_task(_tail(process.stderr))
        try:
            async for item in self._items(process):
                yield item
                if isinstance(item, ExtractionEnd):
                    return
            await log
            raise _failure(await process.wait())
        finally:
            await _end(process, log)

    async def _items(self, process: asyncio.subprocess.Process) -> AsyncGenerator[Extracted]:
        """Items as they come; ends without an ExtractionEnd where the child fell silent."""
        loop = asyncio.get_running_loop()
        left = self._timeout
        while True:
            began = loop.time()
            try:
                line = await asyncio.wait_for(_line(process), left)
            except TimeoutError:
                raise ExtractionLimit(
                    f"Reading the file took longer than {self._timeout:g} seconds. Split it into parts."
                ) from None
            left -= loop.time() - began
            if not line:
                return
            yield wire.read_line(line)

    async def _start(self, path: Path, media_type: str) -> asyncio.subprocess.Process:
        arguments = [
            *("--media-type", media_type),
            *("--max-pages", str(self._max_pages)),
            *("--max-chars", str(self._max_chars)),
            *("--memory-bytes", str(self._memory_limit)),
            *("--cpu-seconds", str(max(1, round(self._timeout)))),
            *("--parent", str(os.getpid())),
            *self._ocr_arguments(),
        ]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-s", "-B", "-X", "utf8"),
            *("-m", "backend.adapters.extractors.child"),
            *arguments,
            "--",
            str(path),
            stdin=asyncio.subprocess.PIPE,  # never written: its end tells the child that we are gone
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=wire.MAX_LINE,
            start_new_session=True,  # Ctrl+C is for us: a child that it kills would look like a damaged file
            env={"PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "1", **_passed_on()},
        )

    def _ocr_arguments(self) -> list[str]:
        """Looked up for each file, so that installing the program needs no restart."""
        if not self._ocr:
            return ["--no-ocr"]
        program = shutil.which("tesseract")
        return ["--tesseract", program] if program else []


def _passed_on() -> dict[str, str]:
    """Windows starts no process without knowing where it is installed; tesseract's data may be anywhere."""
    return {name: os.environ[name] for name in ("SYSTEMROOT", "TESSDATA_PREFIX") if name in os.environ}


async def _line(process: asyncio.subprocess.Process) -> bytes:
    if process.stdout is None:  # never: it was asked for
        return b""
    try:
        return await process.stdout.readline()
    except ValueError as error:  # a line longer than the protocol allows
        raise DamagedFile(_CRASHED) from error


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    """The last bytes of the child's standard error, for the log."""
    kept = b""
    while stream is not None and (block := await stream.read(_KEPT_LOG_BYTES)):
        kept = (kept + block)[-_KEPT_LOG_BYTES:]
    return kept


def _failure(status: int) -> UnreadableFile:
    """What a child without a last word died of."""
    if status < 0:
        with contextlib.suppress(ValueError):
            if signal.Signals(-status).name in _OVER_LIMIT:
                return ExtractionLimit(_TOO_MUCH)
    return DamagedFile(_CRASHED)


async def _end(process: asyncio.subprocess.Process, log: asyncio.Task[bytes]) -> None:
    """Kill and reap the child and close its pipes, also while this task is being cancelled."""
    ending = asyncio.ensure_future(_reap(process, log))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await ending  # a moment: the child is dead
        raise


async def _reap(process: asyncio.subprocess.Process, log: asyncio.Task[bytes]) -> None:
    kill(process)
    if process.stdin is not None:
        process.stdin.close()
    # an undrained pipe would keep the transport, and so wait(), open
    while process.stdout is not None and await process.stdout.read(wire.MAX_LINE):
        pass
    said = await log
    status = await process.wait()
    if said:
        _LOG.warning("text extraction ended with status %d: %s", status, said.decode("utf-8", "replace"))
