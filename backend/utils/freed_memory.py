"""Memory that was freed and that the C library keeps."""

from __future__ import annotations

import ctypes
import sys


def give_back() -> None:
    """Hand freed memory back to the system, where the C library can (glibc); takes some milliseconds.

    Blocks of many sizes that come and go leave its heap full of holes, which it gives back on demand alone.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
