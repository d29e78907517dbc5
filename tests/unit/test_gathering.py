"""Small calls to the embedder that arrive together."""

from __future__ import annotations

import asyncio
from threading import Event

import numpy as np
import pytest

from backend.adapters.lanes import Lanes
from backend.adapters.onnx_embedder import OnnxEmbedder
from backend.adapters.onnx_embedder.gathering import Gathering
from backend.errors import Unavailable
from backend.ports.embedder import Vectors


class Model:
    """A vector is the length of its text; nothing is computed while it is held."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.free = Event()
        self.free.set()

    def __call__(self, texts: list[str]) -> Vectors:
        self.batches.append(texts)
        if not self.free.wait(10):
            raise TimeoutError
        if "bad" in texts:
            raise ValueError("bad")
        return np.array([[len(text)] for text in texts], np.float32)


async def begun(model: Model, gathering: Gathering, texts: list[str]) -> list[asyncio.Task[Vectors]]:
    """Calls of one text each, all of them waiting behind a first one."""
    model.free.clear()
    tasks = [asyncio.create_task(gathering.embed([text])) for text in ["first", *texts]]
    async with asyncio.timeout(5):
        while not model.batches:  # noqa: ASYNC110 - a thread begins it
            await asyncio.sleep(0.01)
    return tasks


async def test_calls_that_wait_are_one_batch_of_limited_size_and_each_gets_its_own() -> None:
    model, lanes = Model(), Lanes(1, "test")
    gathering = Gathering(lanes, 1, 4, model)
    texts = ["x" * n for n in range(1, 10)]
    tasks = await begun(model, gathering, texts)
    model.free.set()
    found = await asyncio.gather(*tasks)
    assert [float(vectors[0, 0]) for vectors in found] == [5.0, *range(1, 10)]
    # The first ran alone, or with those that had come before a thread was free.
    assert sum(map(len, model.batches)) == 10
    assert max(map(len, model.batches)) == 4
    assert len(model.batches) <= 4
    await lanes.close()


async def test_a_lone_call_is_computed_at_once_and_again() -> None:
    model, lanes = Model(), Lanes(2, "test")
    gathering = Gathering(lanes, 2, 4, model)
    for text in ("one", "three", ""):
        assert (await gathering.embed([text, "ab"])).tolist() == [[len(text)], [2]]
    assert model.batches == [["one", "ab"], ["three", "ab"], ["", "ab"]]
    await lanes.close()


async def test_who_leaves_or_fails_disturbs_only_those_computed_with_it() -> None:
    model, lanes = Model(), Lanes(1, "test")
    gathering = Gathering(lanes, 1, 2, model)
    left, good, bad = (await begun(model, gathering, ["left", "good", "bad"]))[1:]
    with_bad = asyncio.create_task(gathering.embed(["with bad"]))
    last = asyncio.create_task(gathering.embed(["last"]))
    await asyncio.sleep(0.05)
    left.cancel()
    await asyncio.sleep(0.05)
    model.free.set()
    found = await asyncio.gather(left, good, bad, with_bad, last, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert not [batch for batch in model.batches if "left" in batch and "first" not in batch]
    assert [float(one[0, 0]) if isinstance(one, np.ndarray) else type(one) for one in found[4:]] == [4.0]
    together = next(batch for batch in model.batches if "bad" in batch)
    for text, one in zip(["good", "bad", "with bad"], found[1:4], strict=True):
        assert isinstance(one, ValueError) == (text in together)
    await lanes.close()


async def test_calls_that_wait_when_it_ends_are_refused_and_later_ones_too() -> None:
    model, lanes = Model(), Lanes(1, "test")
    gathering = Gathering(lanes, 1, 1, model)
    tasks = await begun(model, gathering, ["two", "three"])
    closing = asyncio.create_task(lanes.close())
    await asyncio.sleep(0.05)
    model.free.set()
    await closing
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[0], np.ndarray)
    assert [type(one) for one in found[1:]] == [Unavailable, Unavailable]
    with pytest.raises(Unavailable):
        await gathering.embed(["late"])


@pytest.mark.slow
async def test_many_questions_at_once_have_the_vectors_that_each_has_alone() -> None:
    embedder = OnnxEmbedder()
    texts = [f"What is {'very ' * (n % 9)}number {n}?" for n in range(60)]
    alone = [await embedder.embed([text]) for text in texts]
    together = await asyncio.gather(*(embedder.embed([text]) for text in texts))
    np.testing.assert_allclose(np.concatenate(together), np.concatenate(alone), rtol=0, atol=1e-5)
    assert all(vectors.base is None or len(vectors.base) == 1 for vectors in together)
    await embedder.close()
