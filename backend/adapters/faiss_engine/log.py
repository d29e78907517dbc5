"""The write-ahead log: segments of checksummed, chained frames.

A segment is named for the first change in it and begins with a header; each frame carries the number of its
change, the checksum of itself and a piece of the checksum before it. Snapshots begin a new segment. The file
``acknowledged`` holds the number of the last change that was promised to a caller. It is written after each
sync and never synced itself, so it may lag behind but never runs ahead: a log that ends before it has lost
something (damage), one that ends behind it has at most a torn tail (cut off).
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import xxhash

from backend.adapters.faiss_engine.changes import Part
from backend.adapters.faiss_engine.disk import PIECE, Disk

_SEGMENT = struct.Struct("<8s16sQ8s16s")
_FRAME = struct.Struct("<4s4xQQ8s")
_DIGEST = 16
_FRAME_BYTES = _FRAME.size + _DIGEST
_ACKNOWLEDGED = struct.Struct("<Q16s")
SHORT = 1 << 20
"""Bytes that are written in one call, when they are sealed; longer changes are written before that."""
_JOINED = 1 << 16
"""Bytes of a change that are made one piece: cheaper than several, each with its own checksum and length."""
_SEGMENT_MAGIC, _FRAME_MAGIC = b"QFLOG\0\0\1", b"QFRM"


@dataclass(slots=True)
class Tail:
    """Where reading ended: the last good change, its checksum, and the segment's good length."""

    sequence: int
    chain: bytes = bytes(8)
    path: Path | None = None
    end: int = 0
    trouble: str = ""
    """Why the bytes behind ``end`` are no frame; empty where there are none."""


def segments(folder: Path) -> list[tuple[int, Path]]:
    """First change and path of each segment, in order."""
    return sorted((int(p.stem), p) for p in folder.glob("*.log") if p.stem.isdigit())


def replay(folder: Path, identity: bytes, after: int) -> Iterator[tuple[int, memoryview, Tail]]:
    """Number and payload of every change above ``after``, and the tail so far.

    Ends where no good frame follows: ``Tail.trouble`` says why. The last item has number 0 and no payload.
    """
    found = segments(folder)
    begin = max((i for i, (first, _) in enumerate(found) if first <= after + 1), default=0)
    tail = Tail(after)
    for place, (first, path) in enumerate(found[begin:], begin):
        if first > tail.sequence + 1:
            tail.trouble = f"the changes from {tail.sequence + 1} to {first - 1} are missing"
            break
        last = found[place + 1][0] - 1 if place + 1 < len(found) else None
        tail.path, tail.end = path, 0
        yield from _segment(path, identity, first, last, after, tail)
        if tail.trouble and not (last is not None and tail.sequence >= last):
            break
        tail.trouble = tail.trouble if last is None else ""
    yield 0, memoryview(b""), tail


def _segment(
    path: Path, identity: bytes, first: int, last: int | None, after: int, tail: Tail
) -> Iterator[tuple[int, memoryview, Tail]]:
    content = _content(path)
    chain = _opening(content, identity, first)
    if chain is None:
        tail.trouble = f"{path.name} has a damaged beginning"
        return
    # A segment that holds nothing yet still says what its first frame must follow.
    tail.end, tail.chain, expected = _SEGMENT.size, chain, first
    while tail.end < len(content) and (last is None or expected <= last):
        frame = _frame(content, tail.end, expected, chain)
        if frame is None:
            tail.trouble = f"{path.name} is damaged at byte {tail.end}"
            return
        payload, chain = frame
        tail.end += _FRAME_BYTES + len(payload)
        if expected > after:
            tail.sequence, tail.chain = expected, chain
            yield expected, payload, tail
        tail.chain = chain
        expected += 1


def _content(path: Path) -> memoryview:
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _opening(content: memoryview, identity: bytes, first: int) -> bytes | None:
    """The chain that a segment goes on with; None where it is not this index's."""
    if len(content) < _SEGMENT.size:
        return None
    magic, owner, number, chain, digest = _SEGMENT.unpack_from(content)
    sound = xxhash.xxh3_128_digest(content[: _SEGMENT.size - _DIGEST]) == digest
    known = magic == _SEGMENT_MAGIC and owner == identity and number == first
    return bytes(chain) if sound and known else None


def _frame(content: memoryview, at: int, expected: int, chain: bytes) -> tuple[memoryview, bytes] | None:
    if at + _FRAME_BYTES > len(content):
        return None
    magic, sequence, length, before = _FRAME.unpack_from(content, at)
    body = at + _FRAME_BYTES
    if magic != _FRAME_MAGIC or sequence != expected or before != chain or body + length > len(content):
        return None
    digest = xxhash.xxh3_128(content[at : at + _FRAME.size])
    digest.update(content[body : body + length])
    found = digest.digest()
    if found != content[at + _FRAME.size : body]:
        return None
    return content[body : body + length], found[:8]


def acknowledged(folder: Path) -> int:
    """The last change that is known to have been promised; 0 where the file is missing or damaged."""
    with suppress(OSError):
        content = (folder / "acknowledged").read_bytes()
        if len(content) == _ACKNOWLEDGED.size:
            number, digest = _ACKNOWLEDGED.unpack(content)
            if xxhash.xxh3_128_digest(content[:8]) == digest:
                return int(number)
    return 0


@dataclass(frozen=True, slots=True)
class Begun:
    """Changes that are on their way into the log: what is still to be written, and how it will end then."""

    pieces: list[Part]
    end: int
    sequence: int
    chain: bytes


class Log:
    """The writer's side. One caller at a time; every method raises OSError and leaves the log usable."""

    def __init__(self, folder: Path, identity: bytes, disk: Disk, tail: Tail) -> None:
        self._folder, self._identity, self.disk = folder, identity, disk
        self.sequence, self._chain = tail.sequence, tail.chain
        self._acknowledged = os.open(folder / "acknowledged", os.O_RDWR | os.O_CREAT, 0o600)
        self._suspect = False
        self._end = 0
        self._descriptor = -1
        if tail.path is None or not tail.end or not tail.path.exists():
            self.rotate()
        else:
            self._descriptor, self._end = os.open(tail.path, os.O_RDWR), tail.end
            disk.cut(self._descriptor, tail.end)

    @property
    def bytes(self) -> int:
        """Length of the segment that is written."""
        return self._end

    def append(self, payloads: Sequence[Sequence[Part]]) -> int:
        """Make some changes durable with one sync; returns the number of the last one.

        Where this raises, none of them is in the log.
        """
        return self.seal(self.begin(payloads))

    def begin(self, payloads: Sequence[Sequence[Part]]) -> Begun:
        """Write some changes without the head of the first, so that none of them counts before ``seal``.

        May run beside whatever decides whether they will count. Where this raises, nothing was written.
        """
        if self._suspect:
            self.rotate()
        pieces: list[Part] = []
        sequence, chain, behind = self.sequence, self._chain, self._end + _FRAME_BYTES
        for payload in payloads:
            sequence += 1
            size = sum(map(len, payload))
            head = _FRAME.pack(_FRAME_MAGIC, sequence, size, chain)
            digest = xxhash.xxh3_128(head)
            if size > SHORT and not pieces:
                with self._careful():
                    behind = self._write_long(payload, digest, behind)
                payload = ()  # noqa: PLW2901 - it is written
            elif size <= _JOINED:
                payload = (b"".join(payload),)  # noqa: PLW2901 - one piece is cheaper than several
            for part in payload:
                digest.update(part)
            found = digest.digest()
            pieces += [head + found, *payload]
            chain = found[:8]
        if behind == self._end + _FRAME_BYTES and sum(map(len, pieces)) <= SHORT:
            return Begun(pieces, self._end, sequence, chain)
        with self._careful():
            end = self.disk.write(self._descriptor, pieces[1:], behind)
        self.disk.reached("log.begun")
        return Begun(pieces[:1], end, sequence, chain)

    def _write_long(self, payload: Sequence[Part], digest: xxhash.xxh3_128, offset: int) -> int:
        """Write a change and take its checksum piece by piece, while each is at hand in the processor."""
        for part in payload:
            view = memoryview(part)
            for begin in range(0, len(view), PIECE):
                piece = view[begin : begin + PIECE]
                offset = self.disk.write(self._descriptor, [piece], offset)
                digest.update(piece)
        return offset

    def seal(self, begun: Begun) -> int:
        """Make what was begun durable; returns the number of its last change."""
        with self._careful():
            end = self.disk.write(self._descriptor, begun.pieces, self._end)
            self.disk.reached("log.written")
            self.disk.sync(self._descriptor)
        self.disk.reached("log.synced")
        self.sequence, self._chain, self._end = begun.sequence, begun.chain, max(end, begun.end)
        self._acknowledge()
        return self.sequence

    def give_up(self) -> None:
        """Take away what was begun and is not to count."""
        with suppress(OSError), self._careful():
            self.disk.cut(self._descriptor, self._end)

    @contextmanager
    def _careful(self) -> Iterator[None]:
        """What a failed write or sync has left on the disk is unknown: nothing more is written behind it."""
        try:
            yield
        except OSError:
            self._suspect = True
            with suppress(OSError):
                self.disk.cut(self._descriptor, self._end)
            raise

    def _acknowledge(self) -> None:
        number = self.sequence.to_bytes(8, "little")
        with suppress(OSError):  # it may lag behind
            os.pwrite(self._acknowledged, number + xxhash.xxh3_128_digest(number), 0)

    def rotate(self) -> None:
        """Begin a new segment, unless the present one is empty and sound."""
        if self._descriptor >= 0 and self._end == _SEGMENT.size and not self._suspect:
            return
        path = self._folder / f"{self.sequence + 1:020d}.log"
        header = _SEGMENT.pack(_SEGMENT_MAGIC, self._identity, self.sequence + 1, self._chain, bytes(_DIGEST))
        header = header[:-_DIGEST] + xxhash.xxh3_128_digest(header[:-_DIGEST])
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self.disk.write(descriptor, [header], 0)
            self.disk.sync(descriptor)
            fresh.replace(path)
            self.disk.sync_folder(self._folder)
        except OSError:
            os.close(descriptor)
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._end, self._suspect = descriptor, _SEGMENT.size, False
        self.disk.reached("log.rotated")

    def forget(self, up_to: int) -> None:
        """Remove the segments that hold only changes up to ``up_to``."""
        found = segments(self._folder)
        for (_, path), (following, _) in pairwise(found):
            if following <= up_to + 1:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the files go."""
        both = self._descriptor, self._acknowledged
        # Whoever comes too late is refused, and does not reach a file that got the same number since.
        self._descriptor = self._acknowledged = -1
        for descriptor in both:
            os.close(descriptor)


def loss(folder: Path, tail: Tail, promised: int) -> str:
    """What was promised to callers and is not in the log, as a sentence; empty where nothing is missing.

    ``promised`` is what ``acknowledged`` said before the log was read: a writer may go on meanwhile.
    """
    further = max((first - 1 for first, _ in segments(folder)), default=0)
    if max(promised, further) <= tail.sequence:
        return ""
    why = tail.trouble or "the log ends too early"
    return f"Changes {tail.sequence + 1} to {max(promised, further)} cannot be read: {why}."


def set_aside(folder: Path, tail: Tail) -> None:
    """Put what cannot be read out of the way, as ``*.lost``, so that the index goes on without it."""
    for first, path in segments(folder):
        if path == tail.path and tail.end:
            path.with_suffix(".lost").write_bytes(path.read_bytes()[tail.end :])
        elif first > tail.sequence:
            path.replace(path.with_suffix(".lost"))
    (folder / "acknowledged").unlink(missing_ok=True)
