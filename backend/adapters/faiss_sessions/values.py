"""Values of a frame's header to FAISS's and back: numbers, arrays, handles, lists and dicts of them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions import policy
from backend.adapters.faiss_sessions.frames import Array, BrokenFrame
from backend.adapters.faiss_sessions.objects import Held, Session

CLASSES = policy.swig_classes()
_LARGEST_INT = 1 << 63
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Pointed:
    """An array that the client passed as a pointer; ``pointers.py`` says where that is safe."""

    array: Array

    @property
    def pointer(self) -> object:
        """FAISS's pointer to its first item."""
        return faiss.swig_ptr(self.array)


class Given:
    """What a request brings, made from the header of its frame."""

    def __init__(self, session: Session, arrays: list[Array]) -> None:
        self._session = session
        self._arrays = arrays
        self.held: list[Held] = []
        """Every object among the values."""

    def value(self, written: object, depth: int = 0) -> Any:  # noqa: ANN401 - any argument of FAISS
        """One value. Raises BrokenFrame, NoSuchHandle, OverflowError."""
        if isinstance(written, int) and not -_LARGEST_INT <= written < 2 * _LARGEST_INT:
            raise OverflowError("Python int too large to convert to C long")
        if written is None or isinstance(written, bool | int | float | str):
            return written
        if depth > _DEEPEST:
            raise BrokenFrame("Values are nested too deep.")
        if isinstance(written, list):
            return [self.value(each, depth + 1) for each in written]
        if isinstance(written, dict) and len(written) == 1:
            return self._tagged(*next(iter(written.items())), depth)
        raise BrokenFrame("A value of the header has an unknown form.")

    def _tagged(self, tag: str, content: Any, depth: int) -> Any:  # noqa: ANN401 - as above
        match tag:
            case "a" if isinstance(content, int) and 0 <= content < len(self._arrays):
                return self._arrays[content]
            case "p" if isinstance(content, int) and 0 <= content < len(self._arrays):
                return Pointed(self._arrays[content])
            case "h":
                held = self._session.of(content)
                self.held.append(held)
                return held.obj
            case "t" if isinstance(content, list):
                return tuple(self.value(each, depth + 1) for each in content)
            case "d" if isinstance(content, dict):
                return {str(key): self.value(each, depth + 1) for key, each in content.items()}
            case "c" if content in CLASSES:
                return CLASSES[content]
        raise BrokenFrame("A value of the header has an unknown form.")


class Answer:
    """What an answer brings back. ``keeps`` is what every object among the values holds on to."""

    def __init__(self, session: Session, given: list[Array], keeps: list[Held]) -> None:
        self._session = session
        self._given = {id(array): number for number, array in enumerate(given)}
        self._keeps = keeps
        self.arrays: list[Array] = []

    def value(self, found: Any) -> object:  # noqa: ANN401 - any result of FAISS
        """A value as the header writes it. Raises Refused for a pointer."""
        if found is None or isinstance(found, bool | int | float | str):
            return found
        if isinstance(found, np.ndarray):
            return self._array(found)
        if isinstance(found, np.generic):
            return found.item()
        if isinstance(found, bytes | bytearray):
            return self._array(np.frombuffer(found, np.uint8))
        return self._several(found) if isinstance(found, tuple | list | dict) else self._object(found)

    def _several(self, found: tuple[Any, ...] | list[Any] | dict[Any, Any]) -> object:
        if isinstance(found, tuple):
            return {"t": [self.value(each) for each in found]}
        if isinstance(found, list):
            return [self.value(each) for each in found]
        return {"d": {str(key): self.value(each) for key, each in found.items()}}

    def _array(self, array: Array) -> object:
        self.arrays.append(array)
        number = len(self.arrays) - 1
        written = self._given.get(id(array))
        return {"a": number} if written is None else {"o": [number, written]}

    def _object(self, found: object) -> object:
        name = type(found).__name__
        if not policy.is_swig_class(type(found)) or name not in CLASSES:
            raise policy.Refused(f"A {name} is raw memory or belongs to the process; it does not leave it.")
        return {"h": [self._session.hold(Held(found, self._keeps)), name]}


def class_named(name: object) -> type:
    """A class whose objects a session may hold. Raises Refused."""
    kind = CLASSES.get(name) if isinstance(name, str) else None
    if kind is None or not inspect.isclass(kind):
        raise policy.Refused(f"faiss.{name} reaches files, callbacks or the process; a session has none")
    return kind
