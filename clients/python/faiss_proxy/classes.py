"""A proxy class for every SWIG class of FAISS, made from that class; none is written by hand."""

from __future__ import annotations

import functools
import inspect
import re
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faiss
import numpy as np

from faiss_proxy.cache import LocalCopies
from faiss_proxy.objects import RemoteObject, is_swig_class
from faiss_proxy.remote import Remote
from faiss_proxy.values import Reader, Writer

LOCAL = re.compile(r"IOReader|IOWriter|IOHook|Callback|Mmapped|OnDisk|^Swig|SIMDConfig|OwnedVectorOwner")
"""Classes about files, callbacks and this process: they stay here."""

_SPECIAL = {"__call__", "__len__", "__getitem__", "__iadd__"}
_READS = re.compile(
    r"^(search|range_search|reconstruct|assign|sa_|compute_|decode|is_member|apply|reverse_transform|get_"
    r"|size$|at$|evaluate|list_size|coarse_code|check_|imbalance|is_|find_|quantize|extract_)"
)
"""Calls that change nothing; a mistake here costs only the protection of a repeated request."""
_MATRIX = 2
_PIPELINED_BYTES = 4_000_000
_ADDED_BYTES = 64_000_000


class ProxyClasses:
    """The proxy classes of one configuration, and the calls that their methods make."""

    def __init__(self, home: Remote) -> None:
        self.home = home
        self.named: dict[str, type[RemoteObject]] = {}
        self._of: dict[type, type[RemoteObject]] = {}
        self._copies = LocalCopies(home.settings.cache_bytes)
        for name, real in sorted(vars(faiss).items()):
            if is_swig_class(real) and not LOCAL.search(real.__name__):
                self.named[name] = self._mirror(real)

    def _mirror(self, real: type) -> type[RemoteObject]:
        """The proxy class of a SWIG class, its parents first."""
        if real in self._of:
            return self._of[real]
        parents = tuple(self._mirror(each) for each in real.__bases__ if is_swig_class(each))
        body: dict[str, Any] = {
            "__doc__": real.__doc__,
            "__module__": "faiss_proxy",
            "__init__": self._constructor(real),
            "remote_strict": "__setattr__" in vars(real) or any(p.remote_strict for p in parents),
        }
        for name, member in vars(real).items():
            mirrored = self._member(real, name, member)
            if mirrored is not None:
                body[name] = mirrored
        if not parents:
            body["thisown"] = self._field("thisown")
        if issubclass(real, faiss.Index | faiss.IndexBinary):
            body["__reduce__"] = self._pickled(
                "index_binary" if issubclass(real, faiss.IndexBinary) else "index"
            )
        made: type[RemoteObject] = type(real.__name__, parents or (RemoteObject,), body)
        self._of[real] = made
        return made

    def _member(self, real: type, name: str, member: object) -> object:
        if isinstance(member, property):
            return self._field(name)
        if isinstance(member, staticmethod):
            return staticmethod(self._static(real.__name__, name))
        if inspect.isfunction(member):
            hidden = name.startswith("_") and name not in _SPECIAL
            return None if hidden or name.endswith("_c") else self._method(name, member)
        return member if isinstance(member, int | float | str) and not name.startswith("__") else None

    def _constructor(self, real: type) -> Callable[..., None]:
        replaced = "__new__" in vars(real) and real.__bases__[0].__name__

        def __init__(proxy: RemoteObject, *args: Any, **named: Any) -> None:  # noqa: ANN401, N807 - as FAISS's
            if replaced:
                message = f"The class faiss.{real.__name__} is deprecated in favour of faiss.{replaced}!"
                warnings.warn(message, DeprecationWarning, stacklevel=2)
            writer = Writer(self.home, self.upload)
            header = {"op": "new", "name": real.__name__} | writer.arguments(args, named)
            answer, _ = self.home.ask(header, writer.arrays, changes=True)
            proxy.remote_bind(self.home, answer["value"]["h"][0])
            if used := [each for each in (*args, *named.values()) if isinstance(each, RemoteObject)]:
                object.__setattr__(proxy, "referenced_objects", used)  # as FAISS keeps them

        return functools.update_wrapper(__init__, real.__init__)  # type: ignore[misc]  # for its signature

    def _method(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        reads = bool(_READS.match(name))
        call = {"search": self._search, "add": self._add, "add_with_ids": self._add}.get(name, self._call)

        def method(proxy: RemoteObject, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
            return call(proxy, name, args, named, changes=not reads)

        return functools.update_wrapper(method, real)

    def _call(
        self,
        proxy: RemoteObject,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        *,
        changes: bool,
    ) -> Any:  # noqa: ANN401 - any result
        header = {"op": "call", "on": proxy.remote_handle, "name": name}
        return self.ask(header, args, named, changes=changes, epoch=proxy.remote_epoch)

    def _search(
        self,
        proxy: RemoteObject,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        *,
        changes: bool,
    ) -> Any:  # noqa: ANN401 - any result
        """A search: on a local copy where there is one, a large batch in parts that travel meanwhile."""
        match args:
            case (np.ndarray() as x, int(k)) if x.ndim == _MATRIX and not named:
                if copy := self._copies.of(proxy, self._download):
                    return copy.search(x, k)
                if x.nbytes > 2 * _PIPELINED_BYTES:
                    return self._pipelined(proxy, x, k)
        return self._call(proxy, name, args, named, changes=changes)

    def _add(
        self,
        proxy: RemoteObject,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        *,
        changes: bool,
    ) -> Any:  # noqa: ANN401 - any result
        """Vectors, in parts where there are more than fit into one request."""
        x = args[0] if args else None
        if named or not isinstance(x, np.ndarray) or x.ndim != _MATRIX or x.nbytes <= _ADDED_BYTES:
            return self._call(proxy, name, args, named, changes=changes)
        if any(not isinstance(each, np.ndarray) or len(each) != len(x) for each in args):
            return self._call(proxy, name, args, named, changes=changes)
        rows = max(1, _ADDED_BYTES // max(1, x.nbytes // len(x)))
        for at in range(0, len(x), rows):
            self._call(proxy, name, tuple(each[at : at + rows] for each in args), {}, changes=True)
        return None

    def _pipelined(self, proxy: RemoteObject, x: Any, k: int) -> tuple[Any, Any]:  # noqa: ANN401 - an array
        rows = max(1, _PIPELINED_BYTES // max(1, x.nbytes // len(x)))
        parts = [x[at : at + rows] for at in range(0, len(x), rows)]
        with ThreadPoolExecutor(2) as two:
            found = list(
                two.map(lambda part: self._call(proxy, "search", (part, k), {}, changes=False), parts)
            )
        return np.concatenate([d for d, _ in found]), np.concatenate([i for _, i in found])

    def _field(self, name: str) -> property:
        def get(proxy: RemoteObject) -> Any:  # noqa: ANN401 - any value
            header = {"op": "get", "on": proxy.remote_handle, "name": name}
            return self.ask(header, changes=False, epoch=proxy.remote_epoch)

        def put(proxy: RemoteObject, value: Any) -> None:  # noqa: ANN401 - any value
            header = {"op": "set", "on": proxy.remote_handle, "name": name}
            self.put(header, value, epoch=proxy.remote_epoch)

        return property(get, put)

    def _static(self, owner: str, name: str) -> Callable[..., Any]:
        def static(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as FAISS's
            return self.ask({"op": "static", "on": owner, "name": name}, args, named)

        return static

    def ask(
        self,
        header: dict[str, Any],
        args: tuple[Any, ...] = (),
        named: Mapping[str, Any] | None = None,
        *,
        changes: bool = True,
        epoch: str | None = None,
    ) -> Any:  # noqa: ANN401 - any result
        """One operation with arguments, and its result."""
        writer = Writer(self.home, self.upload)
        if args or named:
            header |= writer.arguments(args, named or {})
        answer, arrays = self.home.ask(header, writer.arrays, changes=changes, epoch=epoch)
        found = Reader(self.make, arrays, writer.arrays).value(answer["value"])
        return found[0] if answer.get("inplace") else found

    def put(self, header: dict[str, Any], value: Any, epoch: str | None = None) -> None:  # noqa: ANN401 - any value
        """One operation with a single value."""
        writer = Writer(self.home, self.upload)
        self.home.ask(header | {"value": writer.value(value)}, writer.arrays, changes=True, epoch=epoch)

    def make(self, handle: int, name: str) -> RemoteObject:
        """The proxy of an object that the server made."""
        kind = self.named[name]
        proxy = kind.__new__(kind)
        proxy.remote_bind(self.home, handle)
        return proxy

    def upload(self, local: Any) -> RemoteObject:  # noqa: ANN401 - any FAISS object
        """A copy of a local object on the server. Raises TypeError for what has no serialized form."""
        what = kind_of(local)
        if what is None:
            raise TypeError(f"a {type(local).__name__} stays in this process: it has no serialized form")
        writer = faiss.VectorIOWriter()
        getattr(faiss, f"write_{what}")(local, writer)
        uploaded: RemoteObject = self.load(what, faiss.vector_to_array(writer.data))
        return uploaded

    def load(self, what: str, data: Any, *more: Any) -> Any:  # noqa: ANN401 - an array; flags
        """An object from its serialized form."""
        return self.ask({"op": "load", "what": what}, (data, *more))

    def dump(self, what: str, proxy: RemoteObject, *more: Any) -> Any:  # noqa: ANN401 - flags; an array
        """The serialized form of an object."""
        return self.ask({"op": "dump", "what": what}, (proxy, *more), changes=False)

    def _pickled(self, what: str) -> Callable[[RemoteObject], tuple[Any, ...]]:
        """What ``pickle`` and ``copy`` of the caller's program take an index for: its serialized form."""

        def reduce(proxy: RemoteObject) -> tuple[Any, ...]:
            return restored, (what, self.dump(what, proxy).tobytes())

        return reduce

    def _download(self, proxy: RemoteObject) -> Any:  # noqa: ANN401 - an index
        binary = isinstance(proxy, self.named["IndexBinary"])
        data = self.dump("index_binary" if binary else "index", proxy)
        return faiss.deserialize_index_binary(data) if binary else faiss.deserialize_index(data)


def restored(what: str, data: bytes) -> Any:  # noqa: ANN401 - an index
    """An index from the form that a pickle keeps, wherever indexes live now."""
    import faiss_proxy  # noqa: PLC0415 - it imports this module

    read = {"index": "deserialize_index", "index_binary": "deserialize_index_binary"}[what]
    return getattr(faiss_proxy, read)(np.frombuffer(data, np.uint8))


def kind_of(local: Any) -> str | None:  # noqa: ANN401 - any FAISS object
    """What FAISS calls the serialized form of an object: ``write_<kind>``."""
    for kind, what in _WRITTEN:
        if isinstance(local, kind):
            return what
    return None


_WRITTEN = (
    (faiss.Index, "index"),
    (faiss.IndexBinary, "index_binary"),
    (faiss.VectorTransform, "VectorTransform"),
    (faiss.ProductQuantizer, "ProductQuantizer"),
    (faiss.InvertedLists, "InvertedLists"),
)
