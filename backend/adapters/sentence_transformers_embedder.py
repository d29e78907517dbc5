"""The Embedder port on any sentence-transformers model that is already on this machine."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from backend.adapters.lanes import Lanes
from backend.errors import ConfigurationError
from backend.ports.embedder import Vectors
from backend.utils.digests import sampled_digest
from backend.utils.unicode_text import without_surrogates

INSTALL = (
    "pip install torch==2.13.0 (a CPU build, where your package index has one; others bring gigabytes of "
    "CUDA), then pip install 'quaestio[sentence-transformers]'"
)
CONFIGURATION = (
    "modules.json",
    "config.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "*_*/config.json",
)
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Patterns, the preferred one first: a folder may hold the same weights twice."""


class SentenceTransformersEmbedder:
    """A sentence-transformers model in float32, rows at unit length.

    ``model``: a folder, or a name such as ``BAAI/bge-large-en-v1.5`` that is in the local Hugging Face
    cache; nothing is downloaded. Making it takes seconds (it imports torch and reads the weights), so do
    it before the event loop serves, or in a thread. Texts are embedded as they are, whether document or
    question: the query instruction of the bge models is optional from v1.5 on and is not added.
    ``threads``: CPU threads of torch, for the whole process. ``batch_size``: texts computed together; a
    call of up to that many passes the batches of longer calls that wait.
    Raises ConfigurationError where the libraries or the model are missing.
    """

    def __init__(self, model: str, *, threads: int = 2, batch_size: int = 8, device: str = "cpu") -> None:
        library = _import_library()
        folder = _find_folder(model)
        importlib.import_module("torch").set_num_threads(threads)
        self._model = _load(library, folder, device)
        self._batch_size = batch_size
        # One thread: the tokenizer keeps state during a call, and torch brings its own threads.
        self._lanes = Lanes(1, "embedder")
        self._dimension = int(self._encode([""]).shape[1])
        name = folder.name if Path(model).is_dir() else model
        self._fingerprint = f"{name}/fp32/{self._dimension}/{_digest(folder)}"

    @property
    def fingerprint(self) -> str:
        """Model, precision, dimension and a digest of the weights, vocabulary, pooling and token limit."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of ``texts``; see the port.

        Cancelling stops before the next batch. Raises Unavailable after ``close``.
        """
        vectors = np.empty((len(texts), self._dimension), np.float32)
        # Similar lengths together carry little padding.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        batches = [
            order[start : start + self._batch_size] for start in range(0, len(order), self._batch_size)
        ]
        work = [partial(self._encode, [texts[index] for index in batch]) for batch in batches]
        computed = await self._lanes.run(work, urgent=len(batches) <= 1)
        for batch, rows in zip(batches, computed, strict=True):
            vectors[batch] = rows
        return vectors

    async def close(self) -> None:
        """Waits for the batch that runs; calls that wait end with Unavailable."""
        await self._lanes.close()

    def _encode(self, texts: list[str]) -> Vectors:
        vectors: Vectors = self._model.encode(
            [without_surrogates(text) for text in texts],
            batch_size=len(texts),
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return vectors


def _import_library() -> Any:  # noqa: ANN401 - an optional library without types here
    try:
        return importlib.import_module("sentence_transformers")
    except ImportError as error:
        raise ConfigurationError(f"sentence-transformers is not installed ({error}). {INSTALL}") from error


def _find_folder(model: str) -> Path:
    if Path(model).is_dir():
        return Path(model).resolve()
    hub = importlib.import_module("huggingface_hub")
    try:
        return Path(hub.snapshot_download(model, local_files_only=True))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The embedding model {model} is neither a folder nor in the local Hugging Face cache. "
            f"Fetch it once with: hf download {model}"
        ) from error


def _load(library: Any, folder: Path, device: str) -> Any:  # noqa: ANN401 - see _import_library
    try:
        return library.SentenceTransformer(
            str(folder), device=device, local_files_only=True, model_kwargs={"dtype": "float32"}
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{folder.name} is no sentence-transformers model: {error}") from error


def _digest(folder: Path) -> str:
    files = [path for pattern in CONFIGURATION for path in sorted(folder.glob(pattern))]
    for pattern in WEIGHTS:
        weights = sorted(folder.glob(pattern))
        if weights:
            return sampled_digest(*files, *weights)[:12]
    raise ConfigurationError(f"{folder.name} holds no model weights ({' or '.join(WEIGHTS)}).")
