"""Whether a PDF is whole: pdfium repairs in silence, but a person should know what may be missing."""

from __future__ import annotations

import mmap
import re
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

_TAIL_BYTES = 65_536
_MAX_FILE_BYTES = 256 << 20
_MAX_INFLATED = 1 << 30
_BLOCK = 65_536
_HEADER_BYTES = 2048
_MAX_STREAMS = 200_000
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_FLATE = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\b\s*(?:\]|/|>|$)")
_SKIPPED = (b"/Image", b"/Length1", b"/FontFile", b"/XRef")


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong with a file."""

    cut: bool = False
    """Its end mark is missing."""
    damaged: int = 0
    """Compressed parts (pictures and fonts not counted) that do not unpack to their end."""


def check(path: Path) -> State:
    """Look at the end of the file and try to unpack its compressed parts, in little memory."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(0, size - _TAIL_BYTES))
        cut = b"%%EOF" not in stream.read()
        if size == 0 or size > _MAX_FILE_BYTES:
            return State(cut=cut)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return State(cut=cut, damaged=_damaged(data))


def _damaged(data: mmap.mmap) -> int:
    if data.rfind(b"/Encrypt") >= 0:  # the parts are enciphered; pdfium has the key
        return 0
    damaged = inflated = 0
    for found in islice(_STREAM.finditer(data), _MAX_STREAMS):
        before = data[max(0, found.start() - _HEADER_BYTES) : found.start()]
        header = before[before.rfind(b"obj") + 1 :]
        if not header.rstrip().endswith(b">>") or not _FLATE.search(header):
            continue
        if any(mark in header for mark in _SKIPPED):
            continue
        whole, length = _unpacks(data, found.end(), _MAX_INFLATED - inflated)
        damaged += not whole
        inflated += length
        if inflated >= _MAX_INFLATED:
            break
    return damaged


def _unpacks(data: mmap.mmap, start: int, budget: int) -> tuple[bool, int]:
    """Whether the compressed data at ``start`` reaches its end, and how much it unpacks to."""
    inflater = zlib.decompressobj()
    length = 0
    place = start
    try:
        while not inflater.eof and place < len(data) and length < budget:
            pending = data[place : place + _BLOCK]
            place += len(pending)
            while pending and not inflater.eof and length < budget:
                length += len(inflater.decompress(pending, _BLOCK))
                pending = inflater.unconsumed_tail
    except zlib.error:
        return False, length
    return inflater.eof or length >= budget, length
