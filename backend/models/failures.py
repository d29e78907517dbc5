"""The tree of errors, looked through."""

from __future__ import annotations

from backend.errors import QuaestioError


def error_classes(root: type[QuaestioError] = QuaestioError) -> list[type[QuaestioError]]:
    """Every class of the tree below and including ``root``, parents first."""
    return [root, *(c for child in root.__subclasses__() for c in error_classes(child))]


def error_of(code: str, message: str) -> QuaestioError:
    """The error that a code of the tree stands for, e.g. one that was kept with a job."""
    kinds = {kind.code: kind for kind in error_classes()}
    return kinds.get(code, QuaestioError)(message)
