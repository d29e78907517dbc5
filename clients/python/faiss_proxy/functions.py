"""FAISS's functions: on the server where an object there is among the arguments, else here."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import faiss
import numpy as np

from faiss_proxy.classes import ProxyClasses
from faiss_proxy.objects import RemoteObject
from faiss_proxy.values import swig_ptr

_MAKERS = ("index_factory", "index_binary_factory", "array_to_AlignedTable")
"""Functions that make an object out of numbers and texts."""
_FILES = ("index", "index_binary", "VectorTransform", "ProductQuantizer", "InvertedLists")
_REBOUND = ("Kmeans", "SuperKmeans")
"""Classes of FAISS written in Python that make objects: their code runs here, on proxies."""


def functions(classes: ProxyClasses) -> dict[str, Any]:
    """Every function of FAISS under its name."""
    found: dict[str, Any] = {
        name: _dispatched(classes, name, real)
        for name, real in vars(faiss).items()
        if inspect.isfunction(real) and not name.startswith("_")
    }
    for what in _FILES:
        found[f"write_{what}"] = _writer(classes, what)
        found[f"read_{what}"] = _reader(classes, what)
    for suffix in ("", "_binary"):
        found[f"serialize_index{suffix}"] = _serializer(classes, f"index{suffix}")
        found[f"deserialize_index{suffix}"] = _deserializer(classes, f"index{suffix}")
    found["swig_ptr"] = swig_ptr
    found |= _threads(classes)
    return found


def _is_remote(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_remote, value))
    return isinstance(value, RemoteObject)


def _dispatched(classes: ProxyClasses, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real)
    def function(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
        if name in _MAKERS or any(map(_is_remote, (*args, *named.values()))):
            return classes.ask({"op": "function", "name": name}, args, named)
        return real(*args, **named)

    return function


def _writer(classes: ProxyClasses, what: str) -> Callable[..., None]:
    real = getattr(faiss, f"write_{what}")

    @functools.wraps(real)
    def write(obj: Any, to: Any, *more: Any) -> None:  # noqa: ANN401 - as FAISS's
        if not isinstance(obj, RemoteObject):
            real(obj, to, *more)
            return
        data = classes.dump(what, obj, *more)
        # FAISS's own writer, so that a path that cannot be written raises what it raises.
        writer = faiss.FileIOWriter(str(to)) if isinstance(to, str | PathLike) else to
        if not isinstance(writer, faiss.IOWriter):
            raise TypeError("an index on the server is written to a path or an IOWriter")
        if writer(faiss.swig_ptr(data), 1, data.size) != data.size:
            raise RuntimeError("Error: write error: the index was not written completely")

    return write


def _reader(classes: ProxyClasses, what: str) -> Callable[..., Any]:
    real = getattr(faiss, f"read_{what}")

    @functools.wraps(real)
    def read(source: Any, *flags: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
        if isinstance(source, str | PathLike):
            try:
                data = np.fromfile(source, np.uint8)
            except OSError:
                return real(str(source), *flags, **named)  # raises what FAISS raises
            try:
                return classes.load(what, data, *map(_unmapped, (*flags, *named.values())))
            except RuntimeError as error:  # FAISS names the file
                error.args = (f"{error} in {source}", *error.args[1:])
                raise
        # Several objects may follow each other in a reader: FAISS itself knows where one ends.
        local = real(source, *flags, **named)
        return None if local is None else classes.upload(local)

    return read


def _unmapped(flags: Any) -> Any:  # noqa: ANN401 - a number
    """Without the bits that map a file: the server has no file."""
    mapping = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_ONDISK_SAME_DIR
    return flags & ~mapping if isinstance(flags, int) else flags


def _serializer(classes: ProxyClasses, what: str) -> Callable[..., Any]:
    real = getattr(faiss, f"serialize_{what}")

    @functools.wraps(real)
    def serialize(index: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
        if isinstance(index, RemoteObject):
            return classes.dump(what, index, *more, *named.values())
        return real(index, *more, **named)

    return serialize


def _deserializer(classes: ProxyClasses, what: str) -> Callable[..., Any]:
    real = getattr(faiss, f"deserialize_{what}")

    @functools.wraps(real)
    def deserialize(data: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 1:
            return real(data, *more, **named)  # raises what FAISS raises
        return classes.load(what, data, *more, *named.values())

    return deserialize


def _threads(classes: ProxyClasses) -> dict[str, Callable[..., Any]]:
    """OpenMP threads of this session's calls on the server, and of the helpers that run here."""

    def omp_set_num_threads(number: int) -> None:
        faiss.omp_set_num_threads(number)
        classes.put({"op": "threads"}, number)

    def omp_get_max_threads() -> int:
        return int(classes.ask({"op": "threads"}))

    return {"omp_set_num_threads": omp_set_num_threads, "omp_get_max_threads": omp_get_max_threads}


class Settings:
    """``faiss.cvar``: values of the process that holds this tenant's objects; constants come from here."""

    def __init__(self, classes: ProxyClasses) -> None:
        object.__setattr__(self, "_classes", classes)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any value
        """One value."""
        local = getattr(faiss.cvar, name)
        if name.startswith(("IO_FLAG", "SI", "hamdis", "Z_MAX")):
            return local
        return self._classes.ask({"op": "see", "name": name}, changes=False)

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - any value
        """Set one value."""
        getattr(faiss.cvar, name)
        self._classes.put({"op": "put", "name": name}, value)


def rebound(names: Mapping[str, Any]) -> dict[str, type]:
    """FAISS's Python classes that make objects, with functions that see ``names`` as the module."""
    made: dict[str, type] = {}
    scope = {**vars(faiss), **names, "faiss": types.SimpleNamespace(**{**vars(faiss), **names})}
    for name in _REBOUND:
        real: type = getattr(faiss, name)
        body = {key: _with_scope(member, scope) for key, member in vars(real).items() if key not in _SLOTS}
        parents = tuple(made.get(each.__name__, each) for each in real.__bases__)
        scope[name] = made[name] = type(name, parents, body)
    return made


_SLOTS = {"__dict__", "__weakref__"}


def _with_scope(member: Any, scope: dict[str, Any]) -> Any:  # noqa: ANN401 - any member of a class
    if not inspect.isfunction(member):
        return member
    made = types.FunctionType(
        member.__code__, scope, member.__name__, member.__defaults__, member.__closure__
    )
    made.__kwdefaults__ = member.__kwdefaults__
    return made
