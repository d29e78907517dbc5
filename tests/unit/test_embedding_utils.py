from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.adapters.sentence_transformers_embedder import SentenceTransformersEmbedder
from backend.errors import ConfigurationError
from backend.utils.digests import BLOCK, SAMPLES, sampled_digest
from backend.utils.unicode_text import without_surrogates

any_text = st.text(st.characters(exclude_categories=[]))


@given(any_text)
def test_text_without_surrogates_can_be_written_and_keeps_the_rest(text: str) -> None:
    clean = without_surrogates(text)
    clean.encode("utf-8")
    assert len(clean) == len(text)
    assert all(
        new == old or (new == "?" and "\ud800" <= old <= "\udfff")
        for new, old in zip(clean, text, strict=True)
    )


def test_every_byte_of_a_small_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "small"
    content = bytearray(BLOCK * 5 + 17)
    digests = set()
    for position in (0, BLOCK, 3 * BLOCK - 1, len(content) - 1):
        changed = bytearray(content)
        changed[position] = 1
        path.write_bytes(changed)
        digests.add(sampled_digest(path))
    path.write_bytes(content)
    assert len(digests | {sampled_digest(path)}) == 5
    assert sampled_digest(path) == sampled_digest(path)


@pytest.mark.parametrize("position", [0, BLOCK - 1, -1], ids=["first", "first block", "last"])
def test_ends_and_size_of_a_large_file_count(tmp_path: Path, position: int) -> None:
    size = BLOCK * SAMPLES * 40 + 123
    plain, changed, longer = (tmp_path / name for name in ("plain", "changed", "longer"))
    content = bytearray(size)
    plain.write_bytes(content)
    longer.write_bytes(content + b"\0")
    content[position] = 1
    changed.write_bytes(content)
    assert len({sampled_digest(path) for path in (plain, changed, longer)}) == 3


def test_an_empty_file_has_a_digest(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert len(sampled_digest(tmp_path / "empty")) == 64


@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is not None, reason="the extra is installed here"
)
def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"torch==2\.13\.0.*quaestio\[sentence-transformers\]"):
        SentenceTransformersEmbedder(str(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None,
    reason="the extra sentence-transformers is not installed",
)
@pytest.mark.parametrize("model", ["no-such-owner/no-such-model", "/no/such/folder", "empty folder"])
def test_a_model_that_is_not_here_is_a_configuration_error(tmp_path: Path, model: str) -> None:
    with pytest.raises(ConfigurationError):
        SentenceTransformersEmbedder(str(tmp_path) if model == "empty folder" else model)
