"""Rules that matter, as checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic_core import PydanticUndefined
from sqlalchemy import Connection

from backend.adapters.sql import database as sql
from backend.adapters.sql.database import Database
from backend.adapters.sql.tables import metadata
from backend.config.settings import Settings
from backend.errors import QuaestioError
from backend.models.failures import error_classes
from backend.routes.errors import status_of

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.split("\n")


def sources(pattern: str) -> list[Path]:
    return [ROOT / name for name in TRACKED if re.fullmatch(pattern, name) and (ROOT / name).exists()]


def test_imports_point_downward() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    path = os.pathsep.join([str(ROOT), str(ROOT / "clients/python")])
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(
        [str(program), "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_error_has_a_status_a_code_of_its_own_and_a_place_in_the_tree() -> None:
    kinds = error_classes()
    assert all(400 <= status_of(kind) <= 507 for kind in kinds)
    assert [code for code, n in Counter(kind.code for kind in kinds).items() if n > 1] == []
    drawn = (ROOT / "backend/errors.py").read_text().split('"""')[1]
    assert [kind.__name__ for kind in kinds if kind.__name__ not in drawn] == []
    assert QuaestioError.code == "internal_error"


def test_every_setting_is_in_the_example_with_its_default() -> None:
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text().splitlines()
        if re.match(r"[A-Z0-9_]+=", line)
    )
    fields = Settings.model_fields
    assert set(example) == {name.upper() for name in fields}
    for name, field in fields.items():
        assert field.default is not PydanticUndefined
        written = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert example[name.upper()] == written
        assert field.description


async def test_migrations_make_the_tables_that_the_code_uses(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        ours = lambda _object, name, kind, *_: not (kind == "table" and name.startswith("chunk_terms"))  # noqa: E731
        return compare_metadata(
            MigrationContext.configure(connection, opts={"include_object": ours}), metadata
        )

    assert await database.read(differences) == []


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    scripts = ScriptDirectory(str(Path(sql.__file__).parent / "migrations"))
    assert scripts.get_heads() == [sql.HEAD]


@pytest.mark.parametrize(
    "path", sources(r"(backend|benchmarks|clients|tools|frontend)/.*\.(py|js|css|html)"), ids=str
)
def test_no_source_file_outgrows_its_reason(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


def test_nothing_in_the_repository_names_this_machine() -> None:
    said = re.compile(r"/(?:root|work|home)/[a-z]|download\.pytorch")
    here = Path(__file__).resolve()
    named = [
        p
        for p in sources(r".*\.(py|md|toml|txt|js|css|html|json|yml|example)|Makefile|\.ci/run")
        if p != here
    ]
    assert [str(p.relative_to(ROOT)) for p in named if said.search(p.read_text(errors="replace"))] == []
