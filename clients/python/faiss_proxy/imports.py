"""``faiss_proxy.contrib``: FAISS's own modules, for whom ``import faiss`` means this package."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_PACKAGE = "faiss_proxy"


class _ContribLoader(SourceFileLoader):
    """Runs a module with an ``import`` of its own."""

    def exec_module(self, module: ModuleType) -> None:
        """Importlib."""
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
        super().exec_module(module)


def _import(
    name: str,
    scope: dict[str, Any] | None = None,
    local: dict[str, Any] | None = None,
    wanted: Sequence[str] = (),
    level: int = 0,
) -> ModuleType:
    if not level and (name == "faiss" or name.startswith("faiss.")):
        name = _PACKAGE + name.removeprefix("faiss")
    return builtins.__import__(name, scope, local, wanted, level)


class ContribFinder(MetaPathFinder):
    """Finds ``faiss_proxy.contrib`` and what is below it in FAISS's own folder."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Importlib."""
        if fullname != f"{_PACKAGE}.contrib" and not fullname.startswith(f"{_PACKAGE}.contrib."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _ContribLoader(spec.loader.name, spec.loader.path)
        return spec


def install() -> None:
    """Let FAISS's contributed modules be imported from this package."""
    if not any(isinstance(each, ContribFinder) for each in sys.meta_path):
        sys.meta_path.insert(0, ContribFinder())
