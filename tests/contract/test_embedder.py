"""What every Embedder promises, on every adapter."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Iterator

import numpy as np
import pytest

from backend.adapters.onnx_embedder import OnnxEmbedder
from backend.adapters.onnx_embedder.model_files import find_model_files
from backend.adapters.sentence_transformers_embedder import SentenceTransformersEmbedder
from backend.errors import Unavailable

Adapter = OnnxEmbedder | SentenceTransformersEmbedder

TEXTS = [
    "The mitochondrion makes most of the cell's supply of ATP.",
    "Plato",
    "Das Herz pumpt das Blut durch den Körper — auch nachts.",
    "光合作用把光能转化为化学能。",
    "",
    "نص عربي قصير",
    "Why does the small intestine have villi?",
    "emoji 🧠🫀 and e\u0301 combining",
    "\x00 control \x07 characters \ufeff",
    "a lone surrogate \ud800 from a JSON body",
    "word " * 60,
    "1234567890" * 12,
]


def make(adapter: str) -> Adapter:
    if adapter == "onnx":
        return OnnxEmbedder()
    if importlib.util.find_spec("sentence_transformers") is None:
        if os.environ.get("CI") and os.environ.get("QUAESTIO_EXPECT_EXTRAS") == "1":
            pytest.fail("sentence-transformers is missing here, where the extras must be tested")
        pytest.skip("the extra sentence-transformers is not installed")
    return SentenceTransformersEmbedder(str(find_model_files().weights.parent))


@pytest.fixture(scope="module", params=["onnx", "sentence_transformers"])
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def embedder(adapter: str) -> Iterator[Adapter]:
    made = make(adapter)
    yield made
    asyncio.run(made.close())


def assert_same(left: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(left, right, rtol=0, atol=1e-5)


async def test_vectors_are_float32_rows_of_unit_length(embedder: Adapter) -> None:
    vectors = await embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


async def test_no_texts_give_no_rows(embedder: Adapter) -> None:
    vectors = await embedder.embed([])
    assert vectors.shape == (0, embedder.dimension)
    assert vectors.dtype == np.float32


async def test_a_text_has_the_same_vector_alone_and_in_a_batch_in_the_order_given(embedder: Adapter) -> None:
    together = await embedder.embed(TEXTS)
    reverse = await embedder.embed(TEXTS[::-1])
    alone = [(await embedder.embed([text]))[0] for text in TEXTS]
    assert_same(together, np.stack(alone))
    assert_same(together, reverse[::-1])


async def test_different_texts_have_different_vectors(embedder: Adapter) -> None:
    # Marks and control characters aside, which the tokenizer drops.
    vectors = await embedder.embed(TEXTS)
    similarity = vectors @ vectors.T - np.eye(len(TEXTS))
    assert similarity.max() < 0.99


async def test_meaning_decides_nearness(embedder: Adapter) -> None:
    question, answer, other = await embedder.embed(
        [
            "What organ pumps blood?",
            "The heart moves blood through the vessels.",
            "Kant wrote about duty and reason.",
        ]
    )
    assert question @ answer > question @ other + 0.2


async def test_a_tuple_and_repeated_texts_are_taken(embedder: Adapter) -> None:
    vectors = await embedder.embed(("same", "other", "same"))
    assert_same(vectors[0], vectors[2])


async def test_a_text_past_the_models_limit_counts_up_to_the_limit(embedder: Adapter) -> None:
    start = "The cell membrane separates the inside of the cell from the outside. " * 40
    first, second = await embedder.embed([start + "Plato. " * 30_000, start + "x" * 100_000])
    assert_same(first, second)
    assert not np.allclose(first, (await embedder.embed(["Plato. " * 3000]))[0], atol=0.1)


@pytest.mark.slow
async def test_many_callers_at_once_each_get_their_own(embedder: Adapter) -> None:
    expected = await embedder.embed(TEXTS)
    single = [embedder.embed([text]) for text in TEXTS]
    several = [embedder.embed(TEXTS[start:]) for start in range(4)]
    singles = await asyncio.gather(*single)
    assert_same(np.concatenate(singles), expected)
    for start, vectors in enumerate(await asyncio.gather(*several)):
        assert_same(vectors, expected[start:])


async def test_the_event_loop_keeps_turning_while_vectors_are_made(embedder: Adapter) -> None:
    task = asyncio.create_task(embedder.embed(TEXTS * 4))
    turns = 0
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 100
    assert (await task).shape[0] == 4 * len(TEXTS)


async def test_a_cancelled_call_leaves_the_embedder_usable(embedder: Adapter) -> None:
    expected = await embedder.embed(TEXTS[:1])
    task = asyncio.create_task(embedder.embed(TEXTS * 50))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert_same(await embedder.embed(TEXTS[:1]), expected)


async def test_the_fingerprint_is_the_same_for_the_same_model_and_settings(
    embedder: Adapter, adapter: str
) -> None:
    other = make(adapter)
    assert other.fingerprint == embedder.fingerprint
    assert other.dimension == embedder.dimension
    assert "fp32" in embedder.fingerprint
    await other.close()


async def test_after_close_a_call_is_refused(adapter: str) -> None:
    closed = make(adapter)
    await closed.close()
    await closed.close()
    with pytest.raises(Unavailable):
        await closed.embed(["too late"])


def test_one_embedder_serves_several_event_loops(embedder: Adapter) -> None:
    first = asyncio.run(embedder.embed(TEXTS[:2]))
    second = asyncio.run(embedder.embed(TEXTS[:2]))
    assert_same(first, second)
