"""Arguments as a header writes them, and results back: numbers, arrays, handles, lists and dicts of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import faiss
import numpy as np

from faiss_proxy.errors import ServiceError, SessionLost
from faiss_proxy.frames import Array
from faiss_proxy.objects import RemoteObject, is_swig_class
from faiss_proxy.remote import Remote

_KEPT_POINTERS = 32
_pointed: OrderedDict[int, Array] = OrderedDict()
"""Arrays behind the last pointers, by address: a pointer that goes to the server is sent as its array."""


def swig_ptr(array: Array) -> Any:  # noqa: ANN401 - SWIG's pointer
    """FAISS's pointer to an array, which may also be passed to an object on the server."""
    pointer = faiss.swig_ptr(array)
    address = int(pointer)
    _pointed[address] = array
    _pointed.move_to_end(address)
    while len(_pointed) > _KEPT_POINTERS:
        _pointed.popitem(last=False)
    return pointer


def _is_pointer(value: object) -> bool:
    return type(value).__name__ == "SwigPyObject"


def _array_behind(pointer: Any) -> Array:  # noqa: ANN401 - SWIG's pointer
    array = _pointed.get(int(pointer))
    if array is None:
        raise TypeError("raw memory cannot be sent to the service; pass the array itself")
    return array


class Writer:
    """The arguments of one operation. ``upload`` moves a local FAISS object to the server."""

    def __init__(self, home: Remote, upload: Callable[[Any], RemoteObject]) -> None:
        self._home = home
        self._upload = upload
        self.arrays: list[Array] = []
        self._kept: list[RemoteObject] = []

    def arguments(self, args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """``args`` and ``kwargs`` of a header. ``(n, swig_ptr(a))`` is sent as the n items of a."""
        match args:
            case (int(n), pointer) if _is_pointer(pointer) and 0 <= n <= _array_behind(pointer).size:
                args = (_array_behind(pointer).reshape(-1)[:n],)
        written: dict[str, Any] = {"args": [self.value(each) for each in args]}
        if named:
            written["kwargs"] = {name: self.value(each) for name, each in named.items()}
        return written

    def value(self, given: Any) -> Any:  # noqa: ANN401 - any argument of FAISS
        """One value. Raises TypeError for what cannot leave this process."""
        if given is None or isinstance(given, bool | int | float | str):
            return given if type(given) in {int, float, str, bool, type(None)} else _builtin(given)
        if isinstance(given, np.ndarray):
            self.arrays.append(given)
            return {"a": len(self.arrays) - 1}
        if isinstance(given, RemoteObject):
            return {"h": self._handle(given)}
        return self._several(given) if isinstance(given, tuple | list | dict) else self._other(given)

    def _several(self, given: tuple[Any, ...] | list[Any] | dict[Any, Any]) -> object:
        if isinstance(given, tuple):
            return {"t": [self.value(each) for each in given]}
        if isinstance(given, list):
            return [self.value(each) for each in given]
        return {"d": {str(key): self.value(each) for key, each in given.items()}}

    def _handle(self, given: RemoteObject) -> int:
        if given.remote_home is not self._home:
            raise ServiceError("This object lives in another session; configure() was called in between.")
        if given.remote_epoch != self._home.epoch:
            raise SessionLost("The session that held this object has ended: make it again.")
        return given.remote_handle

    def _other(self, given: Any) -> Any:  # noqa: ANN401 - as above
        if isinstance(given, np.generic):
            return given.item()
        if isinstance(given, bytes | bytearray | memoryview):
            return self.value(np.frombuffer(given, np.uint8))
        if isinstance(given, type) and issubclass(given, RemoteObject):
            return {"c": given.__name__}
        if _is_pointer(given):
            self.arrays.append(_array_behind(given))
            return {"p": len(self.arrays) - 1}
        if is_swig_class(type(given)):
            uploaded = self._upload(given)
            self._kept.append(uploaded)
            return {"h": uploaded.remote_handle}
        raise TypeError(f"a {type(given).__name__} stays in this process: it cannot be sent to the service")


def _builtin(given: Any) -> Any:  # noqa: ANN401 - an int, float or str of a class of its own
    for kind in (bool, int, float, str):
        if isinstance(given, kind):
            return kind(given)
    return given


class Reader:
    """The result of one operation; ``sent`` are the arrays that went with it."""

    def __init__(
        self, make: Callable[[int, str], RemoteObject], arrays: list[Array], sent: list[Array]
    ) -> None:
        self._make = make
        self._arrays = arrays
        self._sent = sent

    def value(self, written: Any) -> Any:  # noqa: ANN401 - any result of FAISS
        """One value; an array that was given to be filled is filled and is the result itself."""
        if isinstance(written, list):
            return [self.value(each) for each in written]
        return self._tagged(*next(iter(written.items()))) if isinstance(written, dict) else written

    def _tagged(self, tag: str, content: Any) -> Any:  # noqa: ANN401 - as above
        match tag:
            case "a":
                return self._arrays[content]
            case "o":
                found, original = self._arrays[content[0]], self._sent[content[1]]
                original[...] = found
                return original
            case "h":
                return self._make(*content)
            case "t":
                return tuple(self.value(each) for each in content)
            case _:
                return {key: self.value(each) for key, each in content.items()}
