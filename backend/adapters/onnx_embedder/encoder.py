"""Texts to token numbers to vectors, synchronously: one tokenizer and one onnxruntime session."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from backend.adapters.onnx_embedder.model_files import ModelFiles, read_graph
from backend.ports.embedder import Vectors
from backend.utils.unicode_text import without_surrogates

Tokens = list[int]

GENEROUS_TOKEN = 32
"""Characters: ``max_tokens`` tokens of this length make a prefix that nearly always fills the model."""


class Encoder:
    """The bundled model. Every method may be called from many threads at once.

    One call computes on one thread: several at once use several cores better than several threads do
    on one small batch. The weights that are looked up by row (half of the file) stay memory-mapped.
    """

    def __init__(self, files: ModelFiles, max_tokens: int) -> None:
        self._max_tokens = max_tokens
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        # The file asks for 128 tokens, always padded: not what the model was published with.
        self._tokenizer.enable_truncation(max_tokens)
        self._tokenizer.no_padding()
        self._session = _open_session(files)

    def tokenise(self, texts: Sequence[str]) -> list[Tokens]:
        """Token numbers of each text, start and end marks included, at most ``max_tokens``."""
        cleaned = [without_surrogates(text) for text in texts]
        limit = GENEROUS_TOKEN * self._max_tokens
        tokens = self._encode([_whole_words(text, limit) for text in cleaned])
        return [
            found if len(found) == self._max_tokens or len(text) <= limit else self._encode([text])[0]
            for text, found in zip(cleaned, tokens, strict=True)
        ]

    def vectors(self, tokens: Sequence[Tokens]) -> Vectors:
        """Unit vectors, shape (len(tokens), dimension). Costs as many tokens as the longest for each."""
        shape = len(tokens), max(len(row) for row in tokens)
        numbers = np.zeros(shape, np.int64)
        mask = np.zeros(shape, np.int64)
        for index, row in enumerate(tokens):
            numbers[index, : len(row)] = row
            mask[index, : len(row)] = 1
        vectors: Vectors = self._session.run(None, {"input_ids": numbers, "attention_mask": mask})[0]
        return vectors

    def _encode(self, texts: list[str]) -> list[Tokens]:
        # Only the batch call gives up the interpreter lock.
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(texts)]


def _whole_words(text: str, limit: int) -> str:
    """The words of ``text`` that end within ``limit`` characters; the tokens of a word stay the same."""
    return text if len(text) <= limit else text[:limit].rpartition(" ")[0]


def _open_session(files: ModelFiles) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; warnings are about the machine, not about our call
    options.add_session_config_entry(
        "session.model_external_initializers_file_folder_path", str(files.weights.parent)
    )
    return onnxruntime.InferenceSession(read_graph(files), options, providers=["CPUExecutionProvider"])
