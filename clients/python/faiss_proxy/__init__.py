"""FAISS, here or on a server: ``import faiss_proxy as faiss``.

Not configured, every name is FAISS's own. After ``configure("http://...")``, or with FAISS_PROXY_API_URL in
the environment at import, every index lives on the server, and the same program runs.
"""

from __future__ import annotations

import os as _os
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

import faiss as _faiss

from faiss_proxy import imports as _imports
from faiss_proxy.classes import ProxyClasses as _ProxyClasses
from faiss_proxy.durable import DurableIndex as DurableIndex
from faiss_proxy.durable import open_index as _open_index
from faiss_proxy.errors import NotReachable as NotReachable
from faiss_proxy.errors import QuotaExceeded as QuotaExceeded
from faiss_proxy.errors import ServiceError as ServiceError
from faiss_proxy.errors import SessionLost as SessionLost
from faiss_proxy.errors import TooLarge as TooLarge
from faiss_proxy.functions import Settings as _Values
from faiss_proxy.functions import functions as _functions
from faiss_proxy.functions import rebound as _rebound
from faiss_proxy.remote import Remote as _Remote
from faiss_proxy.settings import Settings as _Settings

_REAL = {name: value for name, value in vars(_faiss).items() if not name.startswith("__")}
_OURS = {
    "DurableIndex",
    "NotReachable",
    "QuotaExceeded",
    "ServiceError",
    "SessionLost",
    "TooLarge",
    "configure",
    "usage",
}
_configured: _Remote | None = None

__path__ = [*__path__, *_faiss.__path__]
__version__ = _faiss.__version__
__all__ = [  # noqa: PLE0604 - FAISS's names are those of the installed version
    *(name for name in _REAL if not name.startswith("_")),
    *sorted(_OURS),
]


def configure(
    api_url: str | None = None,
    api_key: str | None = None,
    tenant_id: str | None = None,
    *,
    timeout_s: float = 600.0,
    cache_bytes: int = 0,
) -> None:
    """Let indexes live on the server at ``api_url``; without one, here again.

    What is left out comes from FAISS_PROXY_API_KEY and FAISS_PROXY_TENANT_ID. Names that were imported
    before (``from faiss_proxy import IndexFlatL2``) keep what they were. With ``cache_bytes``, indexes that
    are only searched are fetched and searched here, up to so many bytes.
    """
    global _configured  # noqa: PLW0603 - as with FAISS, the module itself is what is configured
    if _configured is not None:
        _configured.close()
        _configured = None
    if not api_url:
        globals().update(_REAL)
        return
    _configured = _Remote(
        _Settings(
            api_url,
            api_key if api_key is not None else _os.environ.get("FAISS_PROXY_API_KEY", ""),
            tenant_id if tenant_id is not None else _os.environ.get("FAISS_PROXY_TENANT_ID", ""),
            timeout_s,
            cache_bytes,
        )
    )
    globals().update(_remote_names(_configured))


def _remote_names(home: _Remote) -> dict[str, _Any]:
    """What the module holds while indexes are remote."""
    classes = _ProxyClasses(home)
    names: dict[str, _Any] = {**classes.named, **_functions(classes), "cvar": _Values(classes)}
    return names | _rebound(names)


def open(name: str) -> DurableIndex:  # noqa: A001 - attaches to an index, as open does to a file
    """Attach to a named durable index of the service. Raises ServiceError where there is none."""
    return _open_index(_configured, name)


def usage() -> dict[str, _Any]:
    """What this tenant holds on the server, and how many operations it did; empty where nothing is remote."""
    return {} if _configured is None else _configured.usage()


if _TYPE_CHECKING:

    def __getattr__(name: str) -> _Any:  # noqa: ANN401 - FAISS's names have no types
        """Any name of FAISS."""


_imports.install()
globals().update(_REAL)
if (_from_environment := _Settings.from_environment()) is not None:
    configure(_from_environment.api_url, _from_environment.api_key, _from_environment.tenant_id)
