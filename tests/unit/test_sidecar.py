"""What metadata.csv says of the files beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.commands.library import _files
from backend.commands.sidecar import read_sidecar
from backend.models.documents import DocumentMetadata

TABLE = '\ufefffile,title,url\nen/a.srt,"Roots, and leaves",https://example.org/v\nb.srt,,\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en").mkdir()
    for name in ("en/a.srt", "b.srt", "c.srt", ".hidden.srt"):
        (tmp_path / name).write_text("words")
    (tmp_path / "metadata.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def test_files_of_a_folder_get_what_is_said_of_them(folder: Path) -> None:
    taken = {str(c.path.relative_to(folder)): c.metadata for c in _files([folder])}
    assert taken == {
        "en/a.srt": DocumentMetadata(title="Roots, and leaves", url="https://example.org/v"),
        "b.srt": DocumentMetadata(),
        "c.srt": None,
    }


@pytest.mark.parametrize(
    "content",
    [b"name,title\na,b\n", b"file,size\na,1\n", b"", b"\xff\xfe\x00", b'file,title\n"' + b"x" * 300_000],
)
def test_another_table_of_that_name_is_a_document(folder: Path, content: bytes) -> None:
    path = folder / "metadata.csv"
    path.write_bytes(content)
    assert read_sidecar(path) is None
    assert path in {c.path for c in _files([folder])}


def test_a_table_named_itself_is_a_document(folder: Path) -> None:
    [chosen] = _files([folder / "metadata.csv"])
    assert chosen.named
