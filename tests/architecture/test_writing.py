"""What is written about the product is true of it."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backend.commands.parser import _parser
from backend.main import create_app
from tools.write_openapi import openapi
from tools.write_proxy_reference import reference

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


@asynccontextmanager
async def _closed():  # type: ignore[no-untyped-def]  # noqa: ANN202 - never entered
    yield


def test_the_reference_of_the_faiss_client_is_the_committed_one() -> None:
    committed = (ROOT / "docs/faiss-proxy-reference.md").read_text()
    assert reference() == committed, "run: python -m tools.write_proxy_reference"


def test_the_openapi_document_is_the_committed_one() -> None:
    committed = json.loads((ROOT / "docs/openapi.json").read_text())
    assert openapi() == committed, "run: python -m tools.write_openapi, and look at the difference"


def test_every_route_is_in_the_http_guide() -> None:
    guide = (ROOT / "docs/http.md").read_text()
    paths = openapi()["paths"]
    missing = [
        f"{verb.upper()} {path}"
        for path in paths
        for verb in paths[path]
        if f"`{verb.upper()} {path}`" not in guide
    ]
    assert missing == []


def test_every_body_and_parameter_of_the_api_is_described() -> None:
    app = create_app(_closed, max_upload_bytes=1)
    for path, verbs in app.openapi()["paths"].items():
        for verb, operation in verbs.items():
            assert operation.get("description"), f"{verb} {path} says nothing"


def commands() -> list[str]:
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", README, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split("#")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def test_the_readme_names_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(commands())


@pytest.mark.parametrize("command", [c for c in commands() if "quaestio" in c.split()[0]])
def test_commands_of_the_readme_are_understood(command: str) -> None:
    _, *arguments = shlex.split(command)
    _parser().parse_args(arguments)


@pytest.mark.parametrize("target", sorted({c.split()[1] for c in commands() if c.startswith("make ")}))
def test_targets_of_the_readme_exist(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
