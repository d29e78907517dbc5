"""Whether vectors of a foreign store come from the model in use: some are made again and compared."""

from __future__ import annotations

import asyncio

import numpy as np

from backend.models.migration import ModelMatch
from backend.models.vectors import unit_vectors
from backend.ports.embedder import Embedder
from backend.ports.foreign_store import ForeignStore

SAMPLED = 16
SAME = 0.99
"""Cosine from which on two vectors of one text come from one model; half precision stays above 0.999."""

_ENOUGH = 0.8
"""Share of the samples that must be the same: texts that a model cuts off, or edited ones, may differ."""


async def model_match(store: ForeignStore, embedder: Embedder) -> ModelMatch:
    """Compare lengths, then a sample; LlamaIndex embeds a text with or without its metadata above it."""
    if store.dimension is None or store.vectors == 0:
        return ModelMatch(same=False, reason="The store holds no vectors of its text.")
    if store.dimension != embedder.dimension:
        return ModelMatch(
            same=False,
            reason=f"The vectors come from another embedding model: they have {store.dimension} dimensions, "
            f"the model in use has {embedder.dimension}.",
        )
    samples = await asyncio.to_thread(store.samples, SAMPLED)
    cosines = []
    for place, forms in samples:
        kept = unit_vectors(await asyncio.to_thread(store.matrix, place, place))[0]
        made = await embedder.embed(forms)
        cosines.append(float(np.max(made @ kept)))
    median = round(float(np.median(cosines)), 4)
    if np.mean(np.array(cosines) >= SAME) >= _ENOUGH:
        return ModelMatch(
            same=True, reason="The vectors come from the model in use.", sampled=len(cosines), cosine=median
        )
    return ModelMatch(
        same=False,
        reason=f"The vectors come from another embedding model: embedding {len(cosines)} of the texts anew "
        f"gives vectors at a cosine of {median:g} to them, not 1.",
        sampled=len(cosines),
        cosine=median,
    )
