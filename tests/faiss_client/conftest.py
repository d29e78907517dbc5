"""faiss_proxy in both of its states: here, and over a real server."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import faiss_proxy
import pytest

from tests.support.processes import Server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(
        tmp_path_factory.mktemp("sessions") / "data",
        SESSION_UPLOADS="true",
        SESSION_MEMORY_MB="700",
        SESSION_MAX_HANDLES="400",
        SESSION_MAX_BODY_MB="64",
        SESSION_CALL_TIMEOUT_S="60",
    )
    yield server
    server.stop()


@pytest.fixture
def remote(server: Server) -> Iterator[ModuleType]:
    """The package with its indexes on the server, in a session of its own."""
    faiss_proxy.configure(server.url)
    yield faiss_proxy
    faiss_proxy.configure(None)


@pytest.fixture(params=["local", "remote"])
def faiss(request: pytest.FixtureRequest) -> ModuleType:
    """The package in both of its states."""
    if request.param == "remote":
        request.getfixturevalue("remote")
    return faiss_proxy
