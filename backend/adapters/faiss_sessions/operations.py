"""The operations of a session, each one a name in a frame's header."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import faiss
import numpy as np

from backend.adapters.faiss_sessions import guards, pointers, policy, positions
from backend.adapters.faiss_sessions.frames import BrokenFrame, Frame
from backend.adapters.faiss_sessions.objects import Held, Session
from backend.adapters.faiss_sessions.values import Answer, Given, Pointed, class_named

_INPLACE = ("_inplace", "pack_1", "permute_entries")
_MAPPED = faiss.IO_FLAG_MMAP | faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_ONDISK_SAME_DIR
"""Flags of an index that stays in its file, or in the bytes that it was read from."""
_MATRIX = 2
_SMALL_WORK = 50_000_000
"""Components compared, rows of the query times vectors. Where others use the cores, a second thread makes a
search of so few slower by far: it may begin when the first has ended, which waits for it."""
_OWNERSHIP = ("own_", "thisown", "owned_")
CORES = os.cpu_count() or 1
_SECRET = os.urandom(16)
"""Two references to one object can be told to be that, without its address."""


class Operations:
    """Carries out frames. ``max_answer`` bounds what one call may answer with, in bytes.

    ``files`` is held while an index is read: nobody may make room for a file meanwhile.
    """

    def __init__(self, max_answer: int, files: threading.Lock, *, uploads: bool) -> None:
        self._max_answer = max_answer
        self._files = files
        self._uploads = uploads
        self._named: Mapping[str, Callable[[Session, Frame], tuple[dict[str, Any], list[Any]]]] = {
            "new": self._new,
            "call": self._call,
            "static": self._static,
            "get": self._get,
            "set": self._set,
            "function": self._function,
            "dump": self._dump,
            "load": self._load,
            "see": self._see,
            "put": self._put,
            "threads": self._threads,
            "free": lambda _session, _frame: ({"value": None}, []),
        }

    @staticmethod
    def reads_only(frame: Frame) -> bool:
        """Whether the frame changes nothing, so that others may run beside it."""
        operation, name = frame.header.get("op"), frame.header.get("name")
        if operation in {"get", "see", "free"}:
            return True
        return operation in {"call", "function", "dump", "static"} and policy.reads_only(str(name))

    def run(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        """Header and arrays of the answer. Raises what FAISS raises, and BrokenFrame."""
        operation = self._named.get(str(frame.header.get("op")))
        if operation is None:
            raise BrokenFrame(f"There is no operation {frame.header.get('op')!r}.")
        return operation(session, frame)

    def _new(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        kind = class_named(frame.header.get("name"))
        args, named, given = _arguments(session, frame)
        policy.check_arguments(inspect.getattr_static(kind, "__init__"), "__init__", args, named)
        if issubclass(kind, faiss.Index | faiss.IndexBinary) and any(value is None for value in args):
            raise TypeError(f"{kind.__name__}() takes no None")
        held = Held(kind(*args, **named), given.held)
        return {"value": {"h": [session.hold(held), kind.__name__]}}, []

    def _call(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        held, name = session.of(frame.header.get("on")), str(frame.header.get("name"))
        call = policy.method_of(held.obj, name)
        args, named, given = _arguments(session, frame)
        policy.check_arguments(call, name, args, named)
        self._check_size(name, args, named)
        positions.check_positions(held.obj, call, name, args, named)
        pointed = pointers.checked(held, call, args)
        guards.check_call(held, name, args, named)
        for each in given.held:
            guards.check_whole(each.obj)
        args = [value.pointer if isinstance(value, Pointed) else value for value in args]
        if not policy.reads_only(name):
            args, named = _disowned(held, call, name, args, named)
            held.keeps.extend(each for each in given.held if each not in held.keeps)
        found = call(*args, **named)
        if any(part in name for part in _INPLACE):
            found = (found, *[array for array in args if isinstance(array, np.ndarray)])
            header, arrays = self._answer(session, frame, found, [held, *given.held])
            return header | {"inplace": True}, arrays
        if pointed:
            held.memory[name] = pointed
            header, arrays = self._answer(session, frame, (found, *pointed), [held, *given.held])
            return header | {"inplace": True}, arrays
        return self._answer(session, frame, found, [held, *given.held])

    def _static(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        kind, name = class_named(frame.header.get("on")), str(frame.header.get("name"))
        call = policy.method_of(kind, name)
        if not isinstance(inspect.getattr_static(kind, name, None), staticmethod):
            raise policy.Refused(f"{kind.__name__}.{name} is a method of an object: call it on one")
        args, named, given = _arguments(session, frame)
        policy.check_arguments(call, call.__name__, args, named)
        return self._answer(session, frame, call(*args, **named), given.held)

    def _get(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        held, name = session.of(frame.header.get("on")), str(frame.header.get("name"))
        if name in held.owned:
            return {"value": held.owned[name]}, []
        if name == "this":
            return {"value": hash((_SECRET, int(held.obj.this)))}, []
        if name.startswith("_"):
            raise policy.Refused(f"{name} is private")
        found = getattr(held.obj, name)
        if callable(found) and inspect.ismethod(found):
            raise BrokenFrame(f"{name} is a method: call it.")
        return self._answer(session, frame, found, [held])

    def _set(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        held, name = session.of(frame.header.get("on")), str(frame.header.get("name"))
        given = Given(session, frame.arrays)
        value = given.value(frame.header.get("value"))
        if name.startswith(_OWNERSHIP):
            self._set_ownership(held, name, value=bool(value))
            return {"value": None}, []
        policy.check_field(held.obj, name)
        guards.check_value(held.obj, name, value)
        if isinstance(value, str):
            raise TypeError(f"{name} takes no text in a session")
        if given.held and _owns(held.obj):
            _disown(given.held)
        setattr(held.obj, name, value)
        if given.held:
            held.fields[name] = given.held[0]
        return {"value": None}, []

    @staticmethod
    def _set_ownership(held: Held, name: str, *, value: bool) -> None:
        """What C++ is told to leave, it leaves; what it is told to delete, its holder keeps alive instead."""
        getattr(held.obj, name)
        held.owned[name] = value
        if not value and name != "thisown":
            setattr(held.obj, name, False)

    def _function(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        name = str(frame.header.get("name"))
        call = policy.function_of(name)
        args, named, given = _arguments(session, frame)
        if not given.held and name not in policy.FACTORIES:
            raise policy.Refused(f"faiss.{name} works on arrays alone: the client calls it itself")
        policy.check_arguments(call, name, args, named)
        for each in given.held:
            guards.check_whole(each.obj)
        if not policy.reads_only(name):
            for each in given.held:
                each.keeps.extend(other for other in given.held if other is not each)
        return self._answer(session, frame, call(*args, **named), given.held)

    def _dump(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        """The bytes of an object, as the FAISS function ``write_<what>`` makes them."""
        write = getattr(faiss, f"write_{frame.header.get('what')}", None)
        args, named, given = _arguments(session, frame)
        if write is None or not args or not given.held:
            raise BrokenFrame("dump takes what to write (e.g. index) and an object.")
        writer = faiss.VectorIOWriter()
        write(args[0], writer, *args[1:], **named)
        if writer.data.size() > self._max_answer:
            raise MemoryError(f"The object has {writer.data.size():,} bytes, more than SESSION_MAX_BODY_MB.")
        return self._answer(session, frame, faiss.vector_to_array(writer.data), [])

    def _load(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        """An object from bytes, by the FAISS function ``read_<what>``."""
        if not self._uploads:
            raise PermissionError(
                "This server does not read serialized indexes. Whoever runs it can set SESSION_UPLOADS=true."
            )
        read = getattr(faiss, f"read_{frame.header.get('what')}", None)
        args, named, _ = _arguments(session, frame)
        if read is None or not args or not isinstance(args[0], np.ndarray) or args[0].dtype != np.uint8:
            raise BrokenFrame("load takes what to read (e.g. index) and an array of bytes.")
        reader = faiss.VectorIOReader()
        faiss.copy_array_to_vector(args[0].reshape(-1), reader.data)
        if named or not all(isinstance(flags, int) for flags in args[1:]):
            raise BrokenFrame("load takes bytes and flags.")
        with self._files:
            found = read(reader, *(flags & ~_MAPPED for flags in args[1:]))
        return self._answer(session, frame, found, [])

    def _see(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        return self._answer(session, frame, getattr(faiss.cvar, _setting(frame)), [])

    def _put(self, session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        name, value = _setting(frame), Given(session, frame.arrays).value(frame.header.get("value"))
        if not isinstance(value, bool | int) or not 0 <= value < 1 << 31 or name.endswith("_stats"):
            raise TypeError(f"in variable '{name}': a number of 0 or more is needed")
        setattr(faiss.cvar, name, value)
        return {"value": None}, []

    @staticmethod
    def _threads(session: Session, frame: Frame) -> tuple[dict[str, Any], list[Any]]:
        wanted = frame.header.get("value")
        if isinstance(wanted, int):
            session.threads = max(1, min(wanted, CORES))
        return {"value": session.threads}, []

    def _check_size(self, name: str, args: list[Any], named: Mapping[str, Any]) -> None:
        """Refuse k and n whose results would be larger than an answer may be."""
        k = named.get("k", args[1] if len(args) > 1 else None)
        rows = len(args[0]) if args and isinstance(args[0], np.ndarray) and args[0].ndim else 1
        if name.startswith(("search", "assign")) and isinstance(k, int) and rows * k * 12 > self._max_answer:
            raise ValueError(
                f"{rows} queries with k = {k} make results of {rows * k * 12:,} bytes, more than "
                f"SESSION_MAX_BODY_MB allows ({self._max_answer:,})"
            )

    @staticmethod
    def _answer(
        session: Session, frame: Frame, found: object, keeps: list[Held]
    ) -> tuple[dict[str, Any], list[Any]]:
        answer = Answer(session, frame.arrays, keeps)
        return {"value": answer.value(found)}, answer.arrays


def is_small(session: Session, frame: Frame) -> bool:
    """Whether a search is over before a second thread has begun; other callers have use for that thread."""
    if frame.header.get("name") != "search" or not frame.arrays or frame.arrays[0].ndim != _MATRIX:
        return False
    index = session.of(frame.header.get("on")).obj
    return isinstance(index, faiss.Index) and frame.arrays[0].size * index.ntotal <= _SMALL_WORK


def _arguments(session: Session, frame: Frame) -> tuple[list[Any], dict[str, Any], Given]:
    given = Given(session, frame.arrays)
    args, named = frame.header.get("args", []), frame.header.get("kwargs", {})
    if not isinstance(args, list) or not isinstance(named, dict):
        raise BrokenFrame("args must be a list and kwargs an object.")
    return (
        [given.value(each) for each in args],
        {str(name): given.value(each) for name, each in named.items()},
        given,
    )


def _setting(frame: Frame) -> str:
    name = str(frame.header.get("name"))
    if not policy.SETTINGS.match(name):
        raise policy.Refused(f"faiss.cvar.{name} belongs to the process; a session does not offer it")
    return name


def _owns(obj: object) -> bool:
    """Whether C++ deletes what the object points to."""
    return any(getattr(obj, flag, False) is True for flag in ("own_fields", "own_invlists", "own_indices"))


def _disown(given: list[Held]) -> None:
    for each in given:
        if getattr(each.obj, "thisown", False):
            each.obj.this.disown()


def _disowned(
    held: Held, call: Callable[..., Any], name: str, args: list[Any], named: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments with ``own`` false: what C++ would delete is kept alive by its holder instead."""
    parameters = list(inspect.signature(call).parameters)
    if "own" in parameters:
        at = parameters.index("own")
        return [False if i == at else value for i, value in enumerate(args)], named | {
            k: False for k in named if k == "own"
        }
    if _owns(held.obj) and name.startswith(("add_shard", "add_replica", "addIndex", "prepend", "append")):
        for value in args:
            if getattr(value, "thisown", False) is True:
                value.this.disown()
    return args, named
