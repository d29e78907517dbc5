"""The process that finds candidates: ``python -m backend.adapters.extractive.child``.

Each frame of standard input is the pickled passages and order, each frame of standard output the pickled
items, or what went wrong as a string. Eight bytes before a frame are its length. Only its parent talks to it.
"""

from __future__ import annotations

import argparse
import os
import pickle
import sys
from contextlib import suppress
from typing import BinaryIO

from backend.adapters.extractive.writer import items_in
from backend.adapters.extractors.limits import killed_with_parent

_NICE = 10
"""Behind everything that somebody waits for."""


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """Answer until the input ends."""
    while head := asked.read(8):
        passages, order = pickle.loads(asked.read(int.from_bytes(head, "big")))  # noqa: S301 - our own parent's
        try:
            answer: object = items_in(passages, order)
        except Exception as error:  # noqa: BLE001 - the parent decides what becomes of the job
            answer = f"{type(error).__name__}: {error}"
        frame = pickle.dumps(answer)
        answered.write(len(frame).to_bytes(8, "big") + frame)
        answered.flush()


def main() -> None:
    """Serve the parent over the standard streams."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parent = parser.parse_args().parent
    if sys.platform == "linux":  # elsewhere the end of its input ends it, after the frame it works on
        killed_with_parent()()
        if os.getppid() != parent:  # it died before the line above took hold
            return
    with suppress(OSError):
        os.nice(_NICE)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
