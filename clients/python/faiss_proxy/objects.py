"""The root of every proxy: a handle, and who keeps the object behind it."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faiss_proxy.remote import Remote


def is_swig_class(kind: object) -> bool:
    """Whether objects of the class stand for C++ objects of FAISS."""
    return inspect.isclass(kind) and hasattr(kind, "thisown") and not issubclass(kind, RemoteObject)


class Ownership:
    """What SWIG calls ``this``: who frees the object. On the server nothing is freed while it is in use."""

    def __init__(self, of: RemoteObject) -> None:
        self._of = of

    def own(self, value: bool | None = None) -> bool | None:
        """Whether this reference owns the object; with a value, say so."""
        if value is None:
            return bool(self._of.thisown)
        self._of.thisown = value
        return None

    def disown(self) -> None:
        """Leave the object to the C++ side."""
        self._of.thisown = False

    def acquire(self) -> None:
        """Take the object back."""
        self._of.thisown = True

    def __int__(self) -> int:
        """A number that two references to one object share."""
        return self._of.remote_get_number("this")

    def __eq__(self, other: object) -> bool:
        """Whether both refer to one object."""
        return isinstance(other, Ownership) and int(self) == int(other)

    def __hash__(self) -> int:
        """As ``__eq__`` compares."""
        return int(self)


class RemoteObject:
    """An object on the server. Its class mirrors the SWIG class of the same name."""

    remote_handle: int
    remote_home: Remote
    remote_epoch: str
    thisown: bool
    remote_strict = False
    """Whether FAISS refuses fields that the class does not have."""

    def remote_bind(self, home: Remote, handle: int) -> None:
        """Stand for this handle from now on."""
        object.__setattr__(self, "remote_home", home)
        object.__setattr__(self, "remote_handle", handle)
        object.__setattr__(self, "remote_epoch", home.epoch)
        object.__setattr__(self, "_remote_pid", os.getpid())

    def remote_get_number(self, name: str) -> int:
        """A number that the server knows about the object."""
        header, _ = self.remote_home.ask(
            {"op": "get", "on": self.remote_handle, "name": name}, [], changes=False, epoch=self.remote_epoch
        )
        return int(header["value"])

    @property
    def this(self) -> Ownership:
        """SWIG's handle of ownership."""
        return Ownership(self)

    def __del__(self) -> None:
        """Free the handle with the next operation."""
        home = self.__dict__.get("remote_home")
        if home is not None:
            home.release(self.remote_handle, self.__dict__["_remote_pid"], self.remote_epoch)

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - any field
        """Set a field; FAISS refuses unknown ones of an index."""
        if self.remote_strict and not hasattr(type(self), name) and name != "referenced_objects":
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'.")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Class, number and server."""
        where = self.remote_home.settings.api_url
        return f"<faiss.{type(self).__name__}; proxy of object {self.remote_handle} at {where} >"
