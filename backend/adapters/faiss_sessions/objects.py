"""The objects of one session, by handle, and what keeps each of them alive."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from backend.adapters.faiss_sessions.gate import Gate

_REMEMBERED = 64


class NoSuchHandle(ReferenceError):
    """A handle that was freed, or never given out."""


class TooManyHandles(MemoryError):
    """The session holds as many objects as it may."""


class Held:
    """One object, and the others that its C++ side may point to."""

    __slots__ = ("fields", "keeps", "memory", "obj", "owned")

    def __init__(self, obj: Any, keeps: Iterable[Held] = ()) -> None:  # noqa: ANN401 - any FAISS object
        self.obj = obj
        self.keeps: list[Held] = list(keeps)
        self.fields: dict[str, Held] = {}
        """What was assigned to its fields; replaced with the field."""
        self.memory: dict[str, object] = {}
        """Arrays behind the pointers of the last call of each method: C++ may have kept the pointers."""
        self.owned: dict[str, bool] = {}
        """Ownership flags as the client set them: memory is managed here, whatever they say."""


class Session:
    """Handles and settings of one session. ``gate`` orders what its calls may do at the same time."""

    def __init__(self, max_handles: int, threads: int) -> None:
        self.gate = Gate()
        self.threads = threads
        self.operations = 0
        self.answered: OrderedDict[str, list[bytes]] = OrderedDict()
        """Answers to the last changes, so that one that is sent again is not done again."""
        self._held: dict[int, Held] = {}
        self._next = itertools.count(1)
        self._max = max_handles

    def __len__(self) -> int:
        """How many objects it holds."""
        return len(self._held)

    def hold(self, held: Held) -> int:
        """A new handle. Raises TooManyHandles."""
        if len(self._held) >= self._max:
            raise TooManyHandles(
                f"The session holds {self._max} objects, the most that it may. Delete some, or raise "
                "SESSION_MAX_HANDLES."
            )
        handle = next(self._next)
        self._held[handle] = held
        return handle

    def of(self, handle: object) -> Held:
        """What a handle stands for. Raises NoSuchHandle."""
        held = self._held.get(handle) if isinstance(handle, int) else None
        if held is None:
            raise NoSuchHandle(f"There is no object {handle!r} in this session: it was freed, or never made.")
        return held

    def free(self, handles: object) -> None:
        """Let go of handles; those that are not held are passed over."""
        if isinstance(handles, list):
            for handle in handles:
                if isinstance(handle, int):
                    self._held.pop(handle, None)

    def remember(self, request: str, pieces: list[bytes]) -> None:
        """Keep a short answer for a repeated request."""
        self.answered[request] = pieces
        while len(self.answered) > _REMEMBERED:
            self.answered.popitem(last=False)
