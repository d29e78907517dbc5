"""Names of processes, whether they still live, and their end."""

from __future__ import annotations

import asyncio.subprocess
import os
import signal
import socket
import uuid
from contextlib import suppress
from pathlib import Path

_MARK = uuid.uuid4().hex[:8]
"""Of this process alone: process ids are used again."""


def own_name() -> str:
    """A name for this process that tells its machine, its container and its process id."""
    return f"{_place()}:{os.getpid()}:{_MARK}"


def is_gone(name: str) -> bool:
    """Whether the process that ``own_name`` named has certainly ended; False where that cannot be known."""
    place, _, rest = name.rpartition(":")[0].rpartition(":")
    if os.name != "posix" or place != _place() or not rest.isdigit():
        return False
    if int(rest) == os.getpid():
        return name != own_name()  # an earlier process with our id
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def kill(process: asyncio.subprocess.Process) -> None:
    """End a child process, whether or not it has ended by itself.

    ``process.kill`` looks first whether it has, and so takes its exit status from asyncio, which waits for
    the same: that then logs an "Unknown child process" and says that the status was 255.
    """
    with suppress(ProcessLookupError):
        if os.name != "posix":
            process.kill()
        elif process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)


def _place() -> str:
    """Host and process-id namespace: containers may share the name of their host."""
    namespace = Path("/proc/self/ns/pid")
    inode = namespace.stat().st_ino if namespace.exists() else 0
    return f"{socket.gethostname()}/{inode}"
