"""What a session of FAISS objects may cost, and what the process that holds it answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one tenant may take. Its objects live in one child process, so these hold whatever FAISS does."""

    max_sessions: int = 32
    max_tenants: int = 16
    max_handles: int = 10_000
    memory_bytes: int = 2_000_000_000
    """Address space that the objects and the work on them may take, above an idle process."""
    max_body_bytes: int = 256_000_000
    """The largest request and the largest answer."""
    idle_s: float = 3600.0
    """A session that nobody uses for so long is freed."""
    call_timeout_s: float = 300.0
    uploads: bool = False
    """Whether serialized indexes are parsed."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP status and the body of the answer: a frame where it is 200, else JSON about the error."""

    status: int
    body: bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Joined:
    """Queries that a process answered as parts of a batch, and the number of those batches."""

    queries: int = 0
    batches: int = 0


@dataclass(frozen=True, slots=True)
class LineUse:
    """What a session did over connections that were handed over to its process."""

    operations: int = 0
    used: float = 0.0
    """When the last of them began or ended, by ``time.monotonic``."""
    running: int = 0
