"""The limits of the child process: set once, before the file is opened."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

from backend.adapters.extractors.formats import Limits

_PR_SET_PDEATHSIG = 1
_OPEN_FILES = 64


def confine(limits: Limits) -> None:
    """Limit memory, processor time and files of this process for good; no core dump, low priority."""
    if sys.platform == "win32":  # no such limits there; the server's clock is all there is
        return
    import resource  # noqa: PLC0415  POSIX only

    for kind, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some; the rest still hold
            resource.setrlimit(kind, (value, value))
    with contextlib.suppress(OSError):
        os.nice(5)


def die_with_parent(parent: int) -> None:
    """End this process when the server ends, however it ends.

    Linux kills us at once. Everywhere a thread waits for the end of standard input, which the server
    holds open for as long as it lives.
    """
    if sys.platform == "linux":
        killed_with_parent()()
        if os.getppid() != parent:  # it died before the line above took hold
            os._exit(1)
    threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def killed_with_parent() -> Callable[[], None]:
    """A function that asks Linux to kill the process that calls it when its parent ends.

    It allocates nothing, so it may be called between fork and exec.
    """
    try:
        prctl = ctypes.CDLL(None, use_errno=True).prctl
    except (OSError, AttributeError):
        return _nothing
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _nothing() -> None:
    pass


def _exit_at_end_of_input() -> None:
    while os.read(0, 1024):
        pass
    os._exit(1)
