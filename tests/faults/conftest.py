"""The product with a document in its library, its model server one that others wrote and that fails (aimock)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_for, mined, settings_for, upload_and_wait
from tests.support.aimock import Aimock
from tests.support.files import SAMPLE

DEADLINE_S = 6.0
MODEL = "openai:gpt-test"
KEY = "sk-test-of-the-chaos"


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample text in it, its questions mined; to be copied, not to be written."""
    folder = tmp_path_factory.mktemp("sample") / "library"
    with client_for(settings_for(folder)) as client:
        upload_and_wait(client, "plants.txt", SAMPLE)
        mined(client)
    return folder


@pytest.fixture
def client(aimock: Aimock, sample_library: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A product of its own for each test, so that no breaker is open from the one before.

    ``aimock`` is the model server of the module.
    """
    aimock.chaos()
    settings = settings_for(
        shutil.copytree(sample_library, tmp_path / "library"),
        llm_providers="openai",
        openai_api_key=KEY,
        openai_base_url=aimock.base_url,
        openai_model="gpt-test",
        openai_timeout_s=2.0,
        llm_deadline_s=DEADLINE_S,
    )
    with client_for(settings) as opened:
        yield opened
