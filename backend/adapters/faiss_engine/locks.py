"""Who may change an index: one process, and in it one thread at a time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Lock

from backend.errors import IndexInUse

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    LOCKS = False
else:
    LOCKS = True


class ReadWriteLock:
    """Any number of readers, or one writer; a waiting writer goes before new readers. Not reentrant."""

    def __init__(self) -> None:
        self._changed = Condition(Lock())
        self._readers = 0
        self._writers = 0
        self._writing = False

    @contextmanager
    def reading(self, *, wait: bool = True) -> Iterator[None]:
        """Beside other readers. Raises BlockingIOError where it would wait but may not."""
        with self._changed:
            if self._writers and not wait:
                raise BlockingIOError
            self._changed.wait_for(lambda: not self._writers)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                if not self._readers and self._writers:
                    self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Alone."""
        with self._changed:
            self._writers += 1
            self._changed.wait_for(lambda: not (self._readers or self._writing))
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._writers -= 1
                self._changed.notify_all()


class FileLock:
    """A lock of the operating system on a file: it ends with the process that holds it, however that ends."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        flags = os.O_RDWR | os.O_CREAT if create else os.O_RDONLY
        self.descriptor = os.open(path, flags, 0o600)

    def take(self, *, shared: bool = False) -> bool:
        """Whether it could be had without waiting."""
        if not LOCKS:  # pragma: no cover - Windows
            return True
        try:
            fcntl.flock(self.descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let it go."""
        descriptor, self.descriptor = self.descriptor, -1
        os.close(descriptor)


def lock_for_writing(path: Path, name: str) -> FileLock:
    """The one writer's lock; raises IndexInUse with a sentence about who has it."""
    lock = FileLock(path, create=True)
    if not lock.take():
        holder = os.pread(lock.descriptor, 200, 0).decode(errors="replace").strip() or "another process"
        lock.close()
        raise IndexInUse(
            f"The index '{name}' is open for writing in {holder}. "
            "Close it there first, or open it here for reading."
        )
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    told = f"process {os.getpid()} on {socket.gethostname()} (since {since})\n".encode()
    try:
        os.ftruncate(lock.descriptor, 0)
        os.pwrite(lock.descriptor, told, 0)
    except OSError:
        pass  # a full disk: the lock holds without its sentence
    return lock
