"""The documentation runs, and the package is one of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import faiss_proxy
import pytest

from tests.support.processes import Server

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/faiss-proxy.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.splitlines()[-1][:30])
def test_examples_of_the_guide_run(example: str, server: Server, tmp_path: Path) -> None:
    try:
        exec(compile(example, "docs/faiss-proxy.md", "exec"), {"SERVER": server.url, "FOLDER": str(tmp_path)})  # noqa: S102 - our own text
    finally:
        faiss_proxy.configure(None)


def test_it_is_configured_by_the_environment(server: Server) -> None:
    program = "import faiss_proxy as f; i = f.IndexFlatL2(4); print(type(i).__module__, f.usage()['operations'] > 0)"
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "clients/python"),
        "FAISS_PROXY_API_URL": server.url,
        "FAISS_PROXY_API_KEY": "secret",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "faiss_proxy True\n", done.stderr


def test_not_configured_it_is_faiss() -> None:
    import faiss  # noqa: PLC0415 - the real one

    assert faiss_proxy.IndexFlatL2 is faiss.IndexFlatL2
    assert faiss_proxy.index_factory is faiss.index_factory
    assert faiss_proxy.usage() == {}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: building leaves files behind.
    source = shutil.copytree(
        ROOT / "clients/python", folder / "source", ignore=shutil.ignore_patterns("__pycache__")
    )
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-cache-dir", "-w", str(folder)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the build tools cannot be fetched: {done.stderr[-200:]}")
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    modules = {path.name for path in (ROOT / "clients/python/faiss_proxy").glob("*.py")}
    assert {name.split("/")[1] for name in names if name.startswith("faiss_proxy/")} == modules | {"py.typed"}
    assert all(name.startswith(("faiss_proxy/", "faiss_proxy-")) for name in names)


@pytest.mark.slow
def test_the_wheel_works_alone_in_a_clean_environment(wheel: Path, tmp_path: Path, server: Server) -> None:
    python = tmp_path / "env/bin/python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "env")], check=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "-q", str(wheel)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"faiss-cpu cannot be fetched: {done.stderr[-200:]}")
    program = (
        "import faiss_proxy as f, numpy as np; x = np.eye(4, dtype='f4');"
        f"f.configure('{server.url}'); i = f.IndexFlatL2(4); i.add(x); print(i.search(x, 1)[1].ravel().tolist())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = subprocess.run(
        [python, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert said.stdout == "[0, 1, 2, 3]\n", said.stderr
