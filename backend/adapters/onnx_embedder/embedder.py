"""The Embedder port on the bundled model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import numpy as np

from backend.adapters.lanes import Lanes
from backend.adapters.onnx_embedder.encoder import Encoder, Tokens
from backend.adapters.onnx_embedder.gathering import Gathering
from backend.adapters.onnx_embedder.model_files import ModelFiles, find_model_files
from backend.errors import ConfigurationError
from backend.ports.embedder import Vectors

DIMENSION = 384
MODEL_TOKENS = 256
"""``max_seq_length`` that the model was published with (``sentence_bert_config.json``)."""
POSITIONS = 512
"""Rows of the position table: more tokens than that do not exist for this model."""
CHUNK_TOKENS = 80
"""What a chunk of 256 characters rarely exceeds. Batches of longer texts are smaller: a query that
arrives waits for what runs, so no batch may run for long."""
TOKENISED_TOGETHER = 64
"""Texts; 4 ms of one thread for chunks of 256 characters."""

GATHERED = 16
"""Texts of small calls that are computed together: questions have a dozen tokens each."""


class OnnxEmbedder:
    """all-MiniLM-L6-v2 in float32, mean pooling, unit length; loads in about 0.1 s when made.

    ``threads``: CPU threads at most, each computing a small batch of its own. ``batch_size``: texts
    computed together; a call of up to that many passes the batches of longer calls that wait, and
    is computed together with others that wait as it does.
    ``max_tokens``: a text counts up to there (about 1,100 characters of English at 256).
    Raises ConfigurationError when made where the model package is missing or is another version.
    """

    def __init__(
        self,
        *,
        threads: int = 2,
        batch_size: int = 4,
        max_tokens: int = MODEL_TOKENS,
        files: ModelFiles | None = None,
    ) -> None:
        if not 3 <= max_tokens <= POSITIONS:  # noqa: PLR2004 - two marks and a token
            raise ConfigurationError(f"The bundled embedding model takes 3 to {POSITIONS} tokens a text.")
        files = files or find_model_files()
        self._encoder = Encoder(files, max_tokens)
        self._fingerprint = f"all-MiniLM-L6-v2/fp32/mean/{max_tokens}/{files.digest()}"
        self._batch_size = batch_size
        self._batch_tokens = batch_size * CHUNK_TOKENS
        self._lanes = Lanes(threads, "embedder")
        self._gathering = Gathering(self._lanes, threads, GATHERED, self._embed_now)

    @property
    def fingerprint(self) -> str:
        """Model, precision, pooling, tokens a text and a digest of the weights and the vocabulary."""
        return self._fingerprint

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of ``texts``; see the port.

        Cancelling stops before the next small batch. Raises Unavailable after ``close``.
        """
        if not texts:
            return np.empty((0, DIMENSION), np.float32)
        if len(texts) <= self._batch_size:
            return await self._gathering.embed(texts)
        return await self._embed_in_batches(texts)

    async def close(self) -> None:
        """Waits for the batches that run; calls that wait end with Unavailable."""
        await self._lanes.close()

    def _embed_now(self, texts: Sequence[str]) -> Vectors:
        tokens = self._encoder.tokenise(texts)
        return self._in_order(
            (batch, self._encoder.vectors([tokens[index] for index in batch]))
            for batch in self._batches(tokens, GATHERED)
        )

    async def _embed_in_batches(self, texts: Sequence[str]) -> Vectors:
        slices = [
            texts[start : start + TOKENISED_TOGETHER] for start in range(0, len(texts), TOKENISED_TOGETHER)
        ]
        tokenised = await self._lanes.run(
            [partial(self._encoder.tokenise, part) for part in slices], urgent=False
        )
        tokens = [row for part in tokenised for row in part]
        batches = list(self._batches(tokens, self._batch_size))
        computed = await self._lanes.run(
            [partial(self._encoder.vectors, [tokens[index] for index in batch]) for batch in batches],
            urgent=False,
        )
        return self._in_order(zip(batches, computed, strict=True))

    @staticmethod
    def _in_order(computed: Iterable[tuple[list[int], Vectors]]) -> Vectors:
        """The rows of batches, each at its position."""
        made = list(computed)
        vectors = np.empty((sum(len(batch) for batch, _ in made), DIMENSION), np.float32)
        for batch, rows in made:
            vectors[batch] = rows
        return vectors

    def _batches(self, tokens: Sequence[Tokens], most: int) -> Iterator[list[int]]:
        """Positions in ``tokens`` by length, so that a batch carries little padding and none is long."""
        batch: list[int] = []
        for index in sorted(range(len(tokens)), key=lambda index: len(tokens[index])):
            full = len(batch) == most
            if batch and (full or (len(batch) + 1) * len(tokens[index]) > self._batch_tokens):
                yield batch
                batch = []
            batch.append(index)
        yield batch
