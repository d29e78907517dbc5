"""Indexes as files of FAISS and of numpy, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest

from backend.adapters.faiss_engine import Engine, IndexSpec
from backend.adapters.faiss_engine.transfer import export_faiss, export_numpy, import_faiss, import_numpy
from backend.commands.parser import run
from backend.errors import DamagedFile

ROWS = np.random.default_rng(1).standard_normal((400, 16), dtype=np.float32)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Engine(tmp_path / "indexes") as made:
        yield made


def fill(engine: Engine, kind: str) -> None:
    engine.create("default", "it", IndexSpec(16, kind))
    with engine.open("default", "it", writable=True) as index:
        if not index.stats().trained:
            index.train(ROWS)
        index.add(np.arange(400) * 3 + 5, ROWS, [{"n": n} if n % 2 else None for n in range(400)])
        index.remove([5, 8])


@pytest.mark.parametrize("kind", ["Flat", "IVF4,Flat", "HNSW8", "SQ8", "PCA8,Flat"])
def test_a_faiss_file_goes_out_and_comes_back(engine: Engine, tmp_path: Path, kind: str) -> None:
    fill(engine, kind)
    path = tmp_path / "it.faiss"
    with engine.open("default", "it") as index:
        assert export_faiss(index, path) == 398
        wanted = index.search(ROWS[:20], 5)
    plain = faiss.read_index(str(path))
    assert plain.ntotal == 398
    if kind != "HNSW8":
        np.testing.assert_array_equal(plain.search(ROWS[:20], 5)[1], wanted[1])
    assert import_faiss(engine, "default", "back", path, index_type=kind) == 398
    with engine.open("default", "back", writable=True) as back:
        np.testing.assert_array_equal(back.search(ROWS[:20], 5)[1], plain.search(ROWS[:20], 5)[1])
        back.add([1], ROWS[:1])
        assert back.search(ROWS[:1], 1)[1][0, 0] == 1
    with engine.open("default", "back") as back:
        assert len(back) == 399


@pytest.mark.parametrize(
    "kind", ["Flat", "SQ4", "SQ8", "SQfp16", "HNSW16", "IVF8,Flat", "PQ2x4", "IVF8,SQ8", "PCA8,Flat", "LSH"]
)
def test_a_file_tells_its_type(engine: Engine, tmp_path: Path, kind: str) -> None:
    raw = faiss.index_factory(ROWS.shape[1], kind)
    raw.train(ROWS)
    raw.add(ROWS)
    faiss.write_index(raw, str(tmp_path / "it.faiss"))
    assert import_faiss(engine, "default", "it", tmp_path / "it.faiss") == len(ROWS)
    with engine.open("default", "it") as index:
        assert index.spec.index_type == kind
        np.testing.assert_array_equal(index.search(ROWS[:9], 3)[1], raw.search(ROWS[:9], 3)[1])


def test_a_folder_of_numpy_goes_out_and_comes_back(engine: Engine, tmp_path: Path) -> None:
    fill(engine, "IVF4,Flat")
    with engine.open("default", "it") as index:
        assert export_numpy(index, tmp_path / "out") == 398
    np.testing.assert_array_equal(np.load(tmp_path / "out/vectors.npy"), ROWS[2:])
    assert (tmp_path / "out/metadata.jsonl").read_text().splitlines()[:2] == ["null", '{"n":3}']
    assert import_numpy(engine, "default", "back", tmp_path / "out") == 398
    with engine.open("default", "back") as back:
        assert back.spec.index_type == "IVF4,Flat"
        assert back.metadata(14) == {"n": 3}
        np.testing.assert_array_equal(back.reconstruct(14), ROWS[3])


def test_files_that_do_not_fit_leave_no_index(engine: Engine, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    np.save(out / "ids.npy", np.arange(3))
    np.save(out / "vectors.npy", ROWS[:4])
    with pytest.raises(DamagedFile, match="ids"):
        import_numpy(engine, "default", "back", out)
    np.save(out / "ids.npy", np.arange(4))
    for lines in ("null\n", "null\n" * 4 + "{}\n", "null\n{\nnull\nnull\n"):
        (out / "metadata.jsonl").write_text(lines)
        if lines.count("\n") == 5:
            continue  # read only as far as there are vectors
        with pytest.raises(DamagedFile):
            import_numpy(engine, "default", "back", out)
    (tmp_path / "no.faiss").write_bytes(b"nothing of the kind")
    with pytest.raises(DamagedFile, match="no FAISS index"):
        import_faiss(engine, "default", "back", tmp_path / "no.faiss")
    assert engine.names("default") == []


def test_the_command_line(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(engine, "Flat")
    data = ["--data-dir", str(tmp_path)]
    assert run(["index", "export", "it", str(tmp_path / "it.faiss"), *data]) == 0
    assert run(["index", "export", "it", str(tmp_path / "folder"), *data]) == 0
    assert run(["index", "import", "one", str(tmp_path / "it.faiss"), *data]) == 0
    assert run(["index", "import", "two", str(tmp_path / "folder"), *data]) == 0
    assert run(["index", "list", *data]) == 0
    said = capsys.readouterr().out
    assert "two" in said
    assert "398" in said
    assert run(["index", "export", "nothing", str(tmp_path / "x.faiss"), *data]) == 1
    assert "no index 'nothing'" in capsys.readouterr().err
