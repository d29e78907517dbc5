"""Write ``docs/faiss-proxy-reference.md`` from the code: ``python -m tools.write_proxy_reference``.

The classes are those of the installed FAISS, as the client mirrors them and the server lets them be used.
"""

# ruff: noqa: E402 - the client is a distribution of its own, found after its folder is added

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faiss

from backend.adapters.faiss_sessions import policy
from backend.models.sessions import SessionLimits

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/faiss-proxy-reference.md"
sys.path.insert(0, str(ROOT / "clients/python"))

import faiss_proxy
from faiss_proxy import errors
from faiss_proxy.classes import ProxyClasses
from faiss_proxy.functions import functions
from faiss_proxy.remote import Remote
from faiss_proxy.settings import Settings


def reference() -> str:
    """The whole document."""
    classes = ProxyClasses(Remote(Settings("http://127.0.0.1")))
    parts = [
        "# faiss_proxy: reference",
        f"Made from the code by `python -m tools.write_proxy_reference`, for FAISS {faiss.__version__}.",
        "The guide is `faiss-proxy.md`.",
        "## Functions of its own",
        *(_function(name) for name in ("configure", "usage")),
        "## Errors of its own",
        _table(("Error", "Also a", "Meaning"), _errors()),
        "## Limits of a session",
        _table(("Limit", "Default"), ((f"`{k}`", f"{v:,}") for k, v in _limits())),
        "## Functions of FAISS",
        "With an object on the server among the arguments they run there; on arrays alone, here.",
        _names(sorted(functions(classes))),
        "Refused with an object on the server:",
        _names(sorted(name for name in functions(classes) if _refused(policy.function_of, name))),
        "## Settings of `faiss.cvar` that can be seen and set",
        _names(sorted(name for name in dir(faiss.cvar) if policy.SETTINGS.match(name))),
        "## Classes",
        "Each with its parents, and with what it adds to them. What is not here stays with the caller.",
        "Behind *not:* are methods that reach raw memory, behind *fixed:* fields that cannot be set.",
        *_classes(classes),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _function(name: str) -> str:
    member = getattr(faiss_proxy, name)
    return f"### `{name}{str(inspect.signature(member)).replace(chr(39), '')}`\n\n{inspect.getdoc(member)}"


def _errors() -> Iterator[tuple[str, str, str]]:
    for name, kind in sorted(vars(errors).items()):
        if inspect.isclass(kind) and kind.__module__ == errors.__name__:
            also = ", ".join(f"`{each.__name__}`" for each in kind.__bases__)
            yield f"`{name}`", also, (inspect.getdoc(kind) or "").splitlines()[0]


def _limits() -> Iterator[tuple[str, Any]]:
    limits = SessionLimits()
    for name in SessionLimits.__slots__:
        yield name, getattr(limits, name)


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _refused(check: Callable[..., object], *args: object) -> bool:
    try:
        check(*args)
    except policy.Refused:
        return True
    except AttributeError:
        return False
    return False


def _classes(classes: ProxyClasses) -> Iterator[str]:
    held = policy.swig_classes()
    aliases = {name: proxy.__name__ for name, proxy in classes.named.items() if name != proxy.__name__}
    for name, proxy in sorted(classes.named.items()):
        if name not in held:
            continue
        if name in aliases:
            yield f"### {name}\n\nAnother name of `{aliases[name]}`."
            continue
        parents = ", ".join(each.__name__ for each in proxy.__bases__ if each.__name__ in held)
        yield "\n".join([f"### {name}{f' ({parents})' if parents else ''}", "", *_members(proxy, held[name])])


def _members(proxy: type, real: type) -> Iterator[str]:
    mine = {name: each for name, each in vars(proxy).items() if not name.startswith(("_", "remote_"))}
    fields = sorted(name for name, each in mine.items() if isinstance(each, property) and name != "thisown")
    methods = sorted(
        n for n, each in mine.items() if inspect.isfunction(each) or isinstance(each, staticmethod)
    )
    refused = [name for name in methods if _refused(policy.method_of, real, name)]
    fixed = [name for name in fields if _refused(policy.check_field, real, name)]
    yield f"`{proxy.__name__}{_signature(real)}`"
    for label, names in (
        ("methods", [name for name in methods if name not in refused]),
        ("not", refused),
        ("fields", [name for name in fields if name not in fixed]),
        ("fixed", fixed),
    ):
        if names:
            yield f"- *{label}:* {_names(names)}"


def _signature(real: type) -> str:
    parameters = list(inspect.signature(inspect.getattr_static(real, "__init__")).parameters.values())[1:]
    return f"({', '.join(str(each) for each in parameters)})"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
