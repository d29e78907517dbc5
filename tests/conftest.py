"""Fixtures shared by every kind of test."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.adapters.sql.database import Database
from tests.support.house import House

ROOT = Path(__file__).resolve().parents[1]

_LONGEST = ("api/test_real_files.py", "faults", "e2e", "unit/test_shared_documents.py", "faiss_client")
"""Begun first: of two that run tests side by side, neither shall be left alone with minutes of them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests take minutes before the others; within a file nothing changes place."""

    def place(item: pytest.Item) -> int:
        file = item.path.relative_to(ROOT / "tests").as_posix()
        return next((i for i, name in enumerate(_LONGEST) if file.startswith(name)), len(_LONGEST))

    items.sort(key=place)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test documents, where there is one."""
    folder = Path(os.environ.get("QUAESTIO_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared test documents are not here")
    return folder


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that holds its tables and nothing else: making one takes longer than many a test."""
    path = tmp_path_factory.mktemp("empty") / "quaestio.db"
    opened = Database(path)
    asyncio.run(opened.migrate())
    opened.close()
    return path


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    opened = Database(Path(shutil.copy(empty_database, tmp_path)))
    yield opened
    opened.close()


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    made = House(database, tmp_path)
    yield made
    await made.close()
